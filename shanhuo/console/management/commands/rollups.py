"""`shanhuo rollups fill`, `shanhuo rollups check`, `shanhuo rollups release`."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from shanhuo.impact import services
from shanhuo.kernel import clock


class Command(BaseCommand):
    help = "Count days of the logs that changed, compare with the raw logs, publish households."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("verb", choices=["fill", "check", "release"])

    def handle(self, *_args: Any, verb: str, **_: Any) -> None:
        {"fill": self._fill, "check": self._check, "release": self._release}[verb]()

    def _fill(self) -> None:
        count = services.fill_everything(now=clock.now())
        self.stdout.write(f"{count} days of a log counted anew")

    def _check(self) -> None:
        checks = services.check_figures(now=clock.now())
        wrong = [check for check in checks if not check.is_equal]
        self.stdout.write(f"{len(checks) - len(wrong)} of {len(checks)} figures are equal")
        for check in wrong:
            place = check.county or "country"
            self.stdout.write(f"{check.metric} {place}: {check.rolled_up} ≠ {check.recounted}")
        if wrong:
            raise CommandError("the roll-ups differ from the logs")

    def _release(self) -> None:
        count = services.release_households(now=clock.now())
        self.stdout.write(f"household figures of {count} counties published")
