"""`shanhuo simulate`: what grants do to a city that does not exist, through the feed that does."""

import time
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from shanhuo.console.simulation import report
from shanhuo.console.simulation.city import found
from shanhuo.console.simulation.figures import Result, spreads
from shanhuo.console.simulation.options import NotMeant, Options, checked
from shanhuo.console.simulation.runs import Pair, run_all
from shanhuo.console.simulation.words import text

SAID = (
    "income_supported_percent",
    "income_others_percent",
    "income_all_percent",
    "delivered_percent",
    "lost_long_views_percent",
    "gini_without",
    "gini_with",
)


class Command(BaseCommand):
    help = "Play a season of an invented city with and without grants; a model, not evidence."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        for name in ("people", "posts", "counties", "days", "panel", "seeds", "seed"):
            parser.add_argument(f"--{name}", type=int)
        parser.add_argument("--support-percent", type=float)
        parser.add_argument("--quick", action="store_true", help="a small town: a few seconds")
        parser.add_argument("--out", type=Path, default=Path("simulation"))

    def handle(self, *_args: Any, quick: bool, out: Path, **given: Any) -> None:
        begun = time.monotonic()
        try:
            options = checked(given, quick=quick)
        except NotMeant as refusal:
            raise CommandError(str(refusal)) from refusal
        if out.exists() and not out.is_dir():
            raise CommandError(f"{out} is a file; name a folder with --out")
        try:
            pairs = self._play(options)
        except KeyboardInterrupt:
            raise CommandError("stopped; nothing was written", returncode=130) from None
        results = [
            Result(found(options, pair.seed), pair.without, pair.with_grants) for pair in pairs
        ]
        digest = report.write(out, options, results)
        self._say(results)
        self.stdout.write(f"counties.csv sha256 {digest}")
        self.stdout.write(f"{time.monotonic() - begun:.0f} s: {out / 'report.html'}")

    def _play(self, options: Options) -> list[Pair]:
        columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
        days = options.days * options.seeds * 2
        with Progress(*columns, TimeRemainingColumn(), console=Console(stderr=True)) as progress:
            bar = progress.add_task(f"{options.seeds} x 2 seasons", total=days)
            return run_all(options, lambda done: progress.update(bar, completed=done))

    def _say(self, results: list[Result]) -> None:
        measures = spreads(results)
        for name in SAID:
            one = measures[name]
            self.stdout.write(
                f"{text(name, 1):55} {one.mean:9.3f}  ({one.least:.3f} to {one.most:.3f})"
            )
