"""`shanhuo recount METRIC --county 500237 --product … --from 2026-07-01 --to 2026-07-31`, or
`shanhuo recount grant PUBLIC_ID`, or `shanhuo recount trial PUBLIC_ID` (of the grant)."""

from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from shanhuo.impact.fairness.metrics import FAIR_BY_ID
from shanhuo.impact.fairness.recount import recount_fairness
from shanhuo.impact.metrics import BY_ID, Metric, Unit
from shanhuo.impact.publishing import published_value
from shanhuo.impact.recount import Product, product_of, recount
from shanhuo.impact.survival.metrics import SURVIVAL_BY_ID
from shanhuo.impact.survival.queries import value_of
from shanhuo.impact.survival.recount import recount_survival
from shanhuo.impact.windows import Window
from shanhuo.kernel import clock, money
from shanhuo.traffic import queries as traffic
from shanhuo.traffic.grants import queries as grants
from shanhuo.traffic.grants.recount import GrantRecount, book_and_recount
from shanhuo.traffic.grants.recount import recount as recount_grant
from shanhuo.traffic.trials.queries import recounted

GRANT, TRIAL = "grant", "trial"


class Command(BaseCommand):
    help = "Count a published figure, or a grant, again from the raw logs."

    def add_arguments(self, parser: CommandParser) -> None:
        declared = sorted([*BY_ID, *FAIR_BY_ID, *SURVIVAL_BY_ID])
        parser.add_argument("metric", choices=[*declared, GRANT, TRIAL])
        parser.add_argument("public_id", nargs="?", default="", help="of the grant")
        parser.add_argument("--county", default="", help="adcode; without it the whole country")
        parser.add_argument("--product", default="", help="id as in the address of its page")
        parser.add_argument("--from", dest="since_day", type=date.fromisoformat)
        parser.add_argument("--to", dest="until_day", type=date.fromisoformat)
        parser.add_argument(
            "--read-only",
            action="store_true",
            help="of a grant: do not book the newest signals before",
        )

    def handle(self, *_args: Any, metric: str, public_id: str, **options: Any) -> None:
        if metric == GRANT:
            self._grant(public_id, read_only=options["read_only"])
        elif metric == TRIAL:
            self._trial(public_id)
        else:
            self._metric(metric, **options)

    def _metric(
        self,
        metric: str,
        *,
        county: str,
        product: str,
        since_day: date | None,
        until_day: date | None,
        **_: Any,
    ) -> None:
        if since_day is None or until_day is None:
            raise CommandError("a metric needs --from and --to")
        if until_day < since_day:
            raise CommandError("--to is before --from")
        if county and not county.isdigit():
            raise CommandError("--county is an adcode of six digits")
        window = Window(since_day, until_day)
        try:
            if metric in SURVIVAL_BY_ID:
                self._survival(metric, until_day, place=county or product)
            elif metric in FAIR_BY_ID:
                self._fairness(metric, window, place=county or product)
            else:
                self._place(BY_ID[metric], window, county=county, product=product)
        except traffic.LogDamaged as damaged:
            raise CommandError(f"{damaged}: no number rather than a wrong one") from damaged

    def _fairness(self, metric: str, window: Window, *, place: str) -> None:
        if place:
            raise CommandError("fairness is counted for the whole platform only")
        value = recount_fairness(FAIR_BY_ID[metric], window)
        self.stdout.write(f"{value / 10_000:.4f}")

    def _survival(self, metric: str, day: date, *, place: str) -> None:
        """As of the end of a day, with the numbers of people behind it."""
        if place:
            raise CommandError("survival is counted for the whole platform only")
        declared, found = SURVIVAL_BY_ID[metric], recount_survival(day)[""]
        (span,) = (one for one in found.spans if one.days == declared.days)
        self.stdout.write(f"{value_of(declared, found) / 10_000:.4f}")
        self.stdout.write(
            f"{span.there} of {span.creators} creators; {span.others} comparable ones"
        )

    def _place(self, declared: Metric, window: Window, *, county: str, product: str) -> None:
        value = recount(declared, window, county=county, product=_product(product))
        self.stdout.write(_shown(declared, value))
        public = published_value(declared, value)
        if public != value:
            self.stdout.write(f"published in steps of 100 yuan: {_shown(declared, public)}")

    def _grant(self, public_id: str, *, read_only: bool) -> None:
        """Print every figure twice, as the log and as the ledger have it. Exit 1 where they
        differ."""
        grant = grants.grants_in_public().filter(public_id=public_id).first()
        if grant is None:
            raise CommandError("there is no such grant")
        now, log = clock.now(), traffic.signal_log()
        count = recount_grant if read_only else book_and_recount
        found = count(log, grant, now=now)
        self._print(found)
        if not found.agrees:
            raise CommandError("log and ledger differ")

    def _trial(self, public_id: str) -> None:
        """Read every kept look of a grant's trial again. Exit 1 where the logs say otherwise."""
        looks = recounted(traffic.signal_log(), public_id)
        for look, is_equal in looks:
            verdict = "equal" if is_equal else "DIFFERENT"
            self.stdout.write(f"look {look.number + 1} until {look.until:%F %H:%M}: {verdict}")
        if not looks:
            self.stdout.write("no look was read yet")
        if not all(is_equal for _look, is_equal in looks):
            raise CommandError("the logs do not say what was published")

    def _print(self, found: GrantRecount) -> None:
        line = "{:<24}{:>14}{:>14}".format
        self.stdout.write(line("", "signals", "ledger"))
        for one in found.contracts:
            pooled = f", {one.pooled:+} pooled in it" if one.pooled else ""
            self.stdout.write(
                f"{one.kind} {one.name} (contract {one.contract}), {one.quota}{pooled}"
            )
            self.stdout.write(line("  shown", one.shown, one.ledger_shown))
            self.stdout.write(line("  excluded", one.excluded, one.ledger_excluded))
            self.stdout.write(line("  delivered", one.delivered, one.ledger_delivered))
            self.stdout.write(line("  left or given back", one.left, one.ledger_left))
        for day in found.days:
            log, ledger = day.log, day.ledger
            shown = (log.shown - log.excluded, ledger.shown - ledger.excluded)
            self.stdout.write(line(f"{day.day} delivered", *shown))
        chain = "whole" if found.broken_at is None else f"broken at entry {found.broken_at}"
        self.stdout.write(f"chain {chain}, head {found.head}")
        self.stdout.write("equal" if found.agrees else "DIFFERENT")


def _product(public_id: str) -> Product | None:
    if not public_id:
        return None
    found = product_of(public_id)
    if found is None:
        raise CommandError(f"no product has the id {public_id}")
    return found


def _shown(metric: Metric, value: int) -> str:
    return f"{money.yuan(value)} yuan" if metric.unit is Unit.FEN else str(value)
