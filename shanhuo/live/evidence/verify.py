"""Compare a sealed folder of evidence with its manifest. Needs nothing but Python 3.9 or later.

    python verify.py [FOLDER]

This very file is what the platform itself verifies with, and it goes out with every export: who
holds the folder checks it without us. It names every file that was changed, added, removed or
moved, and where its first changed byte lies. Exit code 0: everything is as it was sealed.

A folder holds `manifest.json` and the files it lists, each with its size, its SHA-256 and a link of
a chain. The first link covers the head of the manifest (format, session, part, what it follows,
when it was sealed); every other one the link before it, and name, size and SHA-256 of its file. The
last link is `head`. `marks` are the SHA-256 of everything up to each full MiB of a file.
"""

import json
import sys
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

FORMAT = "shanhuo-evidence/1"
MANIFEST = "manifest.json"
MARK_BYTES = 1024 * 1024
BUNDLE, SUPPLEMENT = "bundle", "supplement-"
_HEADING = ("format", "session", "part", "follows", "sealed_at")


class Finding(NamedTuple):
    """What is not as it was sealed: a file's name, and what about it."""

    name: str
    what: str

    def __str__(self) -> str:
        return f"{self.name}: {self.what}"


def canonical(value: Any) -> bytes:
    """The one way to write a value: keys sorted, no spaces, UTF-8."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return text.encode()


def first_link(manifest: dict[str, Any]) -> str:
    """The link that the head of a manifest gives."""
    return sha256(canonical([manifest[name] for name in _HEADING])).hexdigest()


def next_link(before: str, entry: dict[str, Any]) -> str:
    """The link of a file behind the link `before`."""
    parts = [before, entry["name"], entry["bytes"], entry["sha256"]]
    return sha256(canonical(parts)).hexdigest()


def digest_of(path: Path) -> str:
    """SHA-256 of a small file."""
    return sha256(path.read_bytes()).hexdigest()


def check_all(folder: Path) -> Iterator[Finding]:
    """The bundle and every supplement of an export, and that each follows the one before."""
    parts = [folder / BUNDLE, *sorted(folder.glob(f"{SUPPLEMENT}*"))]
    before = ""
    for number, part in enumerate(parts):
        for finding in check(part, part=number, follows=before):
            yield Finding(f"{part.name}/{finding.name}", finding.what)
        before = digest_of(part / MANIFEST) if (part / MANIFEST).is_file() else ""


def check(
    folder: Path,
    *,
    part: int = 0,
    follows: str = "",
    told: Callable[[int], None] = lambda _bytes: None,
) -> Iterator[Finding]:
    """Everything in one sealed folder that is not as it was sealed.

    told: called with the number of bytes compared since the last call.
    """
    try:
        manifest = json.loads((folder / MANIFEST).read_bytes())
        entries = manifest["files"]
        faults = list(_faults_of_chain(manifest, entries, part=part, follows=follows))
    except FileNotFoundError:
        yield Finding(MANIFEST, "missing")
        return
    except (ValueError, KeyError, TypeError):
        yield Finding(MANIFEST, "changed: it is no manifest")
        return
    yield from faults
    here = _names_in(folder)
    for name in sorted(here - {entry["name"] for entry in entries} - {MANIFEST}):
        yield Finding(name, "added: the manifest does not list it")
    for entry in entries:
        name = entry["name"]
        fault = _fault_of_file(folder / name, entry, told) if name in here else "missing"
        if fault:
            yield Finding(name, fault)


def _faults_of_chain(
    manifest: dict[str, Any], entries: list[dict[str, Any]], *, part: int, follows: str
) -> Iterator[Finding]:
    if manifest["format"] != FORMAT or manifest["part"] != part or manifest["follows"] != follows:
        yield Finding(MANIFEST, "changed: it is not the part that belongs here")
    link = first_link(manifest)
    for entry in entries:
        link = next_link(link, entry)
        if entry["chain"] != link:
            yield Finding(entry["name"], "its link of the chain does not hold: changed or moved")
            return
    if manifest["head"] != link:
        yield Finding(MANIFEST, "changed: the head is not the end of the chain")


def _names_in(folder: Path) -> set[str]:
    found = (path for path in folder.rglob("*") if path.is_symlink() or not path.is_dir())
    return {path.relative_to(folder).as_posix() for path in found}


def _fault_of_file(path: Path, entry: dict[str, Any], told: Callable[[int], None]) -> str:
    if path.is_symlink() or not path.is_file():
        return "changed: it is no file"
    hasher, place = sha256(), 0
    marks = iter(entry["marks"])
    with path.open("rb") as file:
        while piece := file.read(MARK_BYTES):
            hasher.update(piece)
            told(len(piece))
            is_whole = len(piece) == MARK_BYTES
            if is_whole and next(marks, hasher.hexdigest()) != hasher.hexdigest():
                return f"changed: first between byte {place} and byte {place + len(piece) - 1}"
            place += len(piece)
    if place != entry["bytes"]:
        return f"changed: {place} bytes instead of {entry['bytes']}"
    if hasher.hexdigest() != entry["sha256"]:
        start = place // MARK_BYTES * MARK_BYTES
        return f"changed: first between byte {start} and byte {place - 1}"
    return ""


def main() -> int:
    """Check the folder that the command line names, or the one this file lies in."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parent
    findings = list(check_all(folder))
    for finding in findings:
        print(f"DAMAGED  {finding}")
    if findings:
        return 1
    print(f"OK  {folder}: every byte is as it was sealed.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
