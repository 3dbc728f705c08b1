"""`shanhuo regions load` and `shanhuo regions find`."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from shanhuo.regions import loading, queries
from shanhuo.regions.pack import BUNDLED, DataPack

MOST_DIFFERENCES_SHOWN = 20


class Command(BaseCommand):
    help = "Load divisions, designations and boundaries from a data pack; find a place."

    def add_arguments(self, parser: CommandParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        load = verbs.add_parser("load", help="bring the tables in line with a data pack")
        load.add_argument("--pack", type=Path, default=BUNDLED, help="a folder like regions/data")
        find = verbs.add_parser("find", help="find a place by name, former name, code or pinyin")
        find.add_argument("text")

    def handle(self, *_args: Any, verb: str, **options: Any) -> None:
        if verb == "load":
            self._load(options["pack"])
        else:
            self._find(options["text"])

    def _load(self, folder: Path) -> None:
        for report in loading.load_regions(pack=DataPack(folder)):
            self.stdout.write(
                f"{report.table:<16} added {len(report.added):>5}  changed {len(report.changed):>5}"
                f"  missing {len(report.missing):>5}  unchanged {report.unchanged_count:>5}"
            )
            for difference in report.changed[:MOST_DIFFERENCES_SHOWN]:
                self.stdout.write(
                    f"  {difference.key} {difference.field}: "
                    f"{difference.before!r} -> {difference.after!r}"
                )
            for key in report.missing[:MOST_DIFFERENCES_SHOWN]:
                self.stdout.write(f"  {key} is in the database and not in the pack")

    def _find(self, text: str) -> None:
        for place in queries.search_places(text):
            self.stdout.write(f"{place.adcode} {place.path_name}")
