"""Publishes the household figures of a county, at most once a day and never a little at a time.

A release holds the county and each of its products, from the beginning through a closed day. Cells
are left out by `suppression`, which sees three tables at once: what was published last, what is to
be published now, and the change between them, which nobody publishes but everybody can compute.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime

from django.db import transaction

from shanhuo.impact.models import HouseholdDay, Release
from shanhuo.impact.suppression import Cell, Relation, suppressed

WHOLE = ""
Amounts = dict[str, dict[str, tuple[int, int]]]
"""Product ("" is the county) -> household -> paid and gain, in fen."""
Figures = dict[str, dict[str, int] | None]


@transaction.atomic
def release(county: str, *, through_day: date, now: datetime) -> Release | None:
    """Publish what may be published; None when nothing may, or nothing has changed.

    `through_day` must be over: its figures no longer grow with every slip.
    """
    last = Release.objects.filter(county=county).order_by("-through_day").first()
    if last is not None and last.through_day >= through_day:
        return None
    before = _amounts(county, until=last.through_day) if last else {}
    after = _amounts(county, until=through_day)
    if before == after:
        return None
    hidden = _hidden(before, after, last.figures if last else {})
    if WHOLE in hidden:
        return None
    figures = {
        product: None if product in hidden else _figures(households.values())
        for product, households in after.items()
    }
    first = HouseholdDay.objects.filter(county=county).earliest("day")
    return Release.objects.create(
        county=county,
        since_day=first.day,
        through_day=through_day,
        released_at=now,
        figures=figures,
    )


def counties_with_households() -> list[str]:
    """Adcodes of counties in which a household was ever paid."""
    return list(HouseholdDay.objects.order_by("county").values_list("county", flat=True).distinct())


def _amounts(county: str, *, until: date) -> Amounts:
    amounts: Amounts = defaultdict(lambda: defaultdict(lambda: (0, 0)))
    rows = HouseholdDay.objects.filter(county=county, day__lte=until)
    for product, household, paid_fen, gain_fen in rows.values_list(
        "product", "household", "paid_fen", "gain_fen"
    ):
        for place in (WHOLE, product):
            paid, gain = amounts[place][household]
            amounts[place][household] = (paid + paid_fen, gain + gain_fen)
    return {place: dict(households) for place, households in amounts.items()}


def _hidden(before: Amounts, after: Amounts, published: Figures) -> set[str]:
    """Places to leave out, for either of the two amounts."""
    return {
        place
        for column in (0, 1)
        for place in _hidden_for(_column(before, column), _column(after, column), published)
    }


def _hidden_for(
    before: dict[str, dict[str, int]], after: dict[str, dict[str, int]], published: Figures
) -> set[str]:
    cells: dict[tuple[str, str], Cell] = {}
    relations = [_sum_over(table, after) for table in ("before", "change", "after")]
    for place, households in after.items():
        old = before.get(place, {})
        is_out = published.get(place) is not None or not old
        cells["before", place] = Cell(old, publishable=False, published=is_out)
        cells["change", place] = Cell(_change(old, households), publishable=False)
        cells["after", place] = Cell(households)
        relations.append(Relation(("after", place), [("before", place), ("change", place)]))
    return {place for table, place in suppressed(cells, relations) if table == "after"}


def _sum_over(table: str, places: Iterable[str]) -> Relation[tuple[str, str]]:
    return Relation((table, WHOLE), [(table, place) for place in places if place != WHOLE])


def _change(before: dict[str, int], after: dict[str, int]) -> dict[str, int]:
    changes = {household: amount - before.get(household, 0) for household, amount in after.items()}
    return {household: amount for household, amount in changes.items() if amount}


def _column(amounts: Amounts, column: int) -> dict[str, dict[str, int]]:
    return {
        place: {household: pair[column] for household, pair in households.items()}
        for place, households in amounts.items()
    }


def _figures(households: Iterable[tuple[int, int]]) -> dict[str, int]:
    pairs = list(households)
    return {
        "farm_gate": sum(paid for paid, _gain in pairs),
        "households": sum(1 for paid, _gain in pairs if paid > 0),
        "income_gain": sum(gain for _paid, gain in pairs),
    }
