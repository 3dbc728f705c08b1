"""`shanhuo train`, `shanhuo train --roll-back`: the learned ranker."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from shanhuo.kernel import clock
from shanhuo.traffic import teaching
from shanhuo.traffic.learning.shelf import Unreadable


class Command(BaseCommand):
    help = "Train the ranker from the signal log now, or return to the model before."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--roll-back", action="store_true")

    def handle(self, *_args: Any, roll_back: bool, **_: Any) -> None:
        if roll_back:
            self._roll_back()
        else:
            self._train()

    def _roll_back(self) -> None:
        try:
            model = teaching.shelf().roll_back()
        except Unreadable as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"version {model.version} ranks again")

    def _train(self) -> None:
        trained = teaching.train(now=clock.now())
        compared = trained.comparison
        if compared is None:
            self.stdout.write(f"{trained.exposures:,} exposures are too few to learn from")
            return
        current = "none" if compared.current is None else f"{compared.current:.4f}"
        self.stdout.write(
            f"log-loss on the last {compared.exposures:,} of {trained.exposures:,} exposures: new "
            f"{compared.candidate:.4f}, current {current}, average {compared.average:.4f}"
        )
        verdict = "stays as it was: the new one is no better"
        if trained.model:
            verdict = f"is now version {trained.model.version}"
        self.stdout.write(f"the ranker {verdict}")
