"""`shanhuo train`, `shanhuo train --roll-back [neighbours]`: the ranker and the neighbours."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from shanhuo.kernel import clock
from shanhuo.traffic import teaching
from shanhuo.traffic.learning.shelf import Unreadable


class Command(BaseCommand):
    help = "Train ranker and neighbours from the signal log now, or return to the model before."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--roll-back", nargs="?", const="ranker", choices=["ranker", "neighbours"]
        )

    def handle(self, *_args: Any, roll_back: str | None, **_: Any) -> None:
        if roll_back:
            self._roll_back(roll_back)
        else:
            self._train()
            self._train_neighbours()

    def _roll_back(self, kind: str) -> None:
        models = teaching.shelf() if kind == "ranker" else teaching.neighbour_shelf()
        try:
            model = models.roll_back()
        except Unreadable as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"version {model.version} of the {kind} counts again")

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

    def _train_neighbours(self) -> None:
        found = teaching.train_neighbours(now=clock.now())
        if found.recall is None:
            self.stdout.write(f"{found.watches:,} watches are too few to learn neighbours from")
            return
        self.stdout.write(
            f"neighbours foretell {found.recall.neighbours:.1%} of the next long views of "
            f"{found.recall.viewers:,} viewers, popularity {found.recall.popularity:.1%}"
        )
        verdict = "stay as they were: the new ones are no better"
        if found.model:
            verdict = f"are now version {found.model.version}"
        self.stdout.write(f"the neighbours {verdict}")
