"""`shanhuo recount METRIC --county 500237 --from 2026-07-01 --to 2026-07-31`."""

from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from shanhuo.impact.metrics import BY_ID, Unit
from shanhuo.impact.recount import recount
from shanhuo.impact.windows import Window
from shanhuo.kernel import money


class Command(BaseCommand):
    help = "Count a published figure again from the raw logs, without the roll-ups."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("metric", choices=sorted(BY_ID))
        parser.add_argument("--county", default="", help="adcode; without it the whole country")
        parser.add_argument("--from", dest="since_day", type=date.fromisoformat, required=True)
        parser.add_argument("--to", dest="until_day", type=date.fromisoformat, required=True)

    def handle(
        self, *_args: Any, metric: str, county: str, since_day: date, until_day: date, **_: Any
    ) -> None:
        if until_day < since_day:
            raise CommandError("--to is before --from")
        if county and not county.isdigit():
            raise CommandError("--county is an adcode of six digits")
        declared = BY_ID[metric]
        value = recount(declared, Window(since_day, until_day), county=county)
        shown = f"{money.yuan(value)} yuan" if declared.unit is Unit.FEN else str(value)
        self.stdout.write(shown)
