"""Creators after their support has ended (创作者留存), on the fairness page and of a programme."""

from dataclasses import dataclass
from datetime import date, timedelta

from shanhuo.impact.survival import queries
from shanhuo.impact.survival.outliving import AFTER_DAYS
from shanhuo.impact.survival.queries import SurvivalReport
from shanhuo.traffic.grants import queries as grants

OVER_AFTER = timedelta(days=1)
"""A grant is over on the day after its last."""


@dataclass(frozen=True, slots=True)
class SurvivalPart:
    """`report` None: not counted yet. `first_on`: while no support has ended, the day for which the
    first figure can exist, by the grant that ends first."""

    report: SurvivalReport | None
    first_on: date | None


def survival_of(*, until_day: date, programme: str = "") -> SurvivalPart:
    """Of everybody, or of those whom a programme supported."""
    found = queries.report(until_day=until_day, programme=programme)
    next_end = None if found and found.over else grants.next_end(programme)
    wait = OVER_AFTER + timedelta(days=AFTER_DAYS[0])
    return SurvivalPart(found, None if next_end is None else next_end + wait)
