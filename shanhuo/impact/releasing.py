"""Publishes the household figures of a county, at most once a day and never a little at a time.

A release holds the county and each of its products, from the beginning through a closed day. Cells
are left out by `suppression`, which sees at once what is to be published now, what was published
before, and the changes in between, which nobody publishes but everybody can compute.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime
from itertools import combinations

from django.db import transaction

from shanhuo.impact.models import HouseholdDay, Release
from shanhuo.impact.suppression import Cell, Relation, suppressed

WHOLE = ""
MOST_RELEASES_REMEMBERED = 12
Amounts = dict[str, dict[str, tuple[int, int]]]
"""Product ("" is the county) -> household -> paid and gain, in fen."""
Figures = dict[str, dict[str, int] | None]


@transaction.atomic
def release(county: str, *, through_day: date, now: datetime) -> Release | None:
    """Publish what may be published; None when nothing may, or nothing has changed.

    `through_day` must be over: its figures no longer grow with every slip.
    """
    history = _history(county)
    if history and history[-1].through_day >= through_day:
        return None
    tables = [_amounts(county, until=release.through_day) for release in history]
    after = _amounts(county, until=through_day)
    if not after or (tables and tables[-1] == after):
        return None
    hidden = _hidden([*tables, after], [release.figures for release in history])
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


def _history(county: str) -> list[Release]:
    """The releases that a new one may be compared with, oldest first.

    One that left nothing out tells all there was to know until then: none before it matters.
    """
    newest = Release.objects.filter(county=county).order_by("-through_day")
    history: list[Release] = []
    for release in newest[:MOST_RELEASES_REMEMBERED]:
        history.insert(0, release)
        if None not in release.figures.values():
            break
    return history


def _hidden(tables: list[Amounts], published: list[Figures]) -> set[str]:
    """Places to leave out of the last table, for either of the two amounts."""
    return {
        place
        for column in (0, 1)
        for place in _hidden_for([_column(table, column) for table in tables], published)
    }


def _hidden_for(tables: list[dict[str, dict[str, int]]], published: list[Figures]) -> set[str]:
    places, last = list(tables[-1]), len(tables) - 1
    cells = {
        (step, place): Cell(
            table.get(place, {}),
            is_open=step == last,
            published=step < last and _is_out(table, published[step], place),
        )
        for step, table in enumerate(tables)
        for place in places
    }
    relations = [
        Relation((step, WHOLE), [(step, place) for place in places if place != WHOLE])
        for step in range(len(tables))
    ]
    # Nothing was bought since: the whole village knows that the number stayed the same.
    relations += [
        Relation((step, place), [(step - 1, place)])
        for step in range(1, len(tables))
        for place in places
        if tables[step].get(place) == tables[step - 1].get(place)
    ]
    changes = [
        ((later, place), (earlier, place))
        for earlier, later in combinations(range(len(tables)), 2)
        for place in places
    ]
    return {place for _step, place in suppressed(cells, relations, changes)}


def _is_out(table: dict[str, dict[str, int]], figures: Figures, place: str) -> bool:
    """Whether everybody knows the number: it was published, or it was zero."""
    return figures.get(place) is not None or not table.get(place)


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
