"""`python -m bench [--quick] [track …]`: run the tracks, print the tables, keep the figures."""

import argparse
import importlib
import pkgutil
import re
import sys

import bench
from bench.lib import Figure, report

_TRACK = re.compile(r"[a-z]\d+")


def tracks() -> list[str]:
    """One file, one track: a letter and a number. The other modules here help them."""
    names = (module.name for module in pkgutil.iter_modules(bench.__path__))
    return [name for name in names if _TRACK.fullmatch(name)]


def main(arguments: list[str]) -> int:
    """Exit 1 when a figure misses its "must" in a full run; quick figures are only shown."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("tracks", nargs="*", type=str.lower, help="default: all of them")
    parser.add_argument("--quick", action="store_true", help="a minute in all; figures are rough")
    options = parser.parse_args(arguments)
    figures: list[Figure] = []
    for name in options.tracks or tracks():
        found = importlib.import_module(f"bench.{name}").run(options.quick)
        report(found)
        figures += found
    missed = [figure for figure in figures if figure.verdict == "missed"]
    return 1 if missed and not options.quick else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
