"""Attack 36 over time: what is published about households, and when it may change."""

from datetime import date, datetime, timedelta
from itertools import combinations
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from shanhuo.impact import queries, services
from shanhuo.impact.models import HouseholdDay, Release
from shanhuo.impact.releasing import release
from shanhuo.impact.suppression import is_sensitive
from shanhuo.kernel import clock
from tests.impact.conftest import PLUM, TEA, WUSHAN, Tell, slip

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def pay(tell: Tell, at: datetime, households: range, *, product: str = PLUM) -> None:
    for number in households:
        tell(slip(f"household{number}", 10_000, 8_000, product), at)


def publish(day: date, now: datetime) -> Release | None:
    services.fill_everything(now=now)
    return release(WUSHAN, through_day=day, now=now)


def test_nine_households_are_not_published_and_ten_are(tell: Tell, noon: datetime) -> None:
    pay(tell, noon - 2 * DAY, range(9))
    assert publish(date(2026, 6, 30), noon) is None
    pay(tell, noon - DAY, range(9, 10))
    published = publish(date(2026, 6, 30), noon)
    assert published is not None
    whole = {"farm_gate": 100_000, "households": 10, "income_gain": 20_000}
    assert published.figures == {"": whole, PLUM: whole}
    assert queries.latest_release(WUSHAN) == published


def test_attack_36_the_next_release_waits_until_ten_households_changed(
    tell: Tell, noon: datetime
) -> None:
    pay(tell, noon - 3 * DAY, range(20))
    assert publish(date(2026, 6, 28), noon) is not None
    pay(tell, noon - 2 * DAY, range(20, 23))
    assert publish(date(2026, 6, 29), noon) is None
    pay(tell, noon - DAY, range(23, 30))
    published = publish(date(2026, 6, 30), noon)
    assert published is not None
    assert published.figures[""]["households"] == 30


def test_attack_36_a_product_of_few_households_is_hidden_with_a_second_one(
    tell: Tell, noon: datetime
) -> None:
    pay(tell, noon - DAY, range(4), product=TEA)
    pay(tell, noon - DAY, range(4, 30), product=PLUM)
    pay(tell, noon - DAY, range(30, 90), product="rice")
    published = publish(date(2026, 6, 30), noon)
    assert published is not None
    assert published.figures[TEA] is published.figures[PLUM] is None
    assert published.figures["rice"]["households"] == 60


def test_attack_36_one_household_that_dominates_is_not_published(
    tell: Tell, noon: datetime
) -> None:
    pay(tell, noon - DAY, range(10))
    tell(slip("large farm", 1_000_000), noon - DAY)
    assert publish(date(2026, 6, 30), noon) is None


def test_nothing_new_is_no_release_and_a_release_is_never_overwritten(
    tell: Tell, noon: datetime
) -> None:
    pay(tell, noon - 2 * DAY, range(12))
    first = publish(date(2026, 6, 29), noon)
    assert publish(date(2026, 6, 29), noon) is None
    assert publish(date(2026, 6, 30), noon) is None
    assert list(Release.objects.filter(county=WUSHAN)) == [first]


def test_the_night_publishes_every_county_through_yesterday(tell: Tell, noon: datetime) -> None:
    pay(tell, noon - DAY, range(10))
    pay(tell, noon, range(10, 20))
    services.fill_everything(now=noon)
    assert services.release_households(now=noon) == 1
    published = queries.latest_release(WUSHAN)
    assert published is not None
    assert published.through_day == date(2026, 6, 30)
    assert published.figures[""]["households"] == 10


def test_attack_36_a_product_hidden_for_a_while_does_not_come_back_too_early(
    tell: Tell, noon: datetime
) -> None:
    """Three tea households changed, then two more: five in all since tea was last published."""
    pay(tell, noon - 5 * DAY, range(20), product=TEA)
    pay(tell, noon - 5 * DAY, range(20, 60), product=PLUM)
    assert publish(date(2026, 6, 26), noon) is not None
    pay(tell, noon - 4 * DAY, range(100, 103), product=TEA)
    pay(tell, noon - 4 * DAY, range(60, 90), product=PLUM)
    second = publish(date(2026, 6, 27), noon)
    assert second is not None
    assert second.figures[TEA] is None
    pay(tell, noon - 3 * DAY, range(103, 105), product=TEA)
    pay(tell, noon - 3 * DAY, range(150, 190), product=PLUM)
    third = publish(date(2026, 6, 28), noon)
    assert third is not None
    assert third.figures[TEA] is None


PRODUCTS = ["honey", "plum", "tea"]
DAYS = [date(2026, 6, 1) + timedelta(days=number) for number in range(4)]
# Per day and product: how many households are paid, counted from a first one.
seasons = st.lists(
    st.lists(st.tuples(st.integers(0, 40), st.integers(0, 16)), min_size=3, max_size=3),
    min_size=len(DAYS),
    max_size=len(DAYS),
)


class Seasons(TestCase):
    @given(seasons)
    @settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
    def test_attack_36_no_small_change_can_be_computed_from_all_releases(self, season: Any) -> None:
        paid: dict[tuple[int, str], dict[str, int]] = {}
        for step, day in enumerate(DAYS):
            for product, (first, count) in zip(PRODUCTS, season[step], strict=True):
                names = [f"household{number}" for number in range(first, first + count)]
                paid[step, product] = dict.fromkeys(names, 100)
                HouseholdDay.objects.bulk_create(
                    HouseholdDay(
                        county=WUSHAN,
                        product=product,
                        household=name,
                        day=day,
                        paid_fen=100,
                        gain_fen=20,
                    )
                    for name in names
                )
            release(WUSHAN, through_day=day, now=datetime(2026, 7, 1, tzinfo=clock.SHANGHAI))
        known = known_sums()
        for product in PRODUCTS:
            for start, end in combinations(range(len(DAYS) + 1), 2):
                steps = range(start, end)
                changed = {name for step in steps for name in paid[step, product]}
                if changed and is_sensitive(dict.fromkeys(changed, 1)):
                    target = vector({(step, product) for step in steps if paid[step, product]})
                    live = np.array([bool(some) for some in paid.values()])
                    assert not follows(target, known * live), (product, start, end)


def vector(atoms: set[tuple[int, str]]) -> Any:
    everything = [(step, product) for step in range(len(DAYS)) for product in PRODUCTS]
    return np.array([float(atom in atoms) for atom in everything])


def known_sums() -> Any:
    """Every published number, as the sum of days and products that it is."""
    rows = [
        vector({(step, one) for step in range(DAYS.index(out.through_day) + 1) for one in of})
        for out in Release.objects.all()
        for place, figures in out.figures.items()
        if figures is not None
        for of in [PRODUCTS if place == "" else [place]]
    ]
    return np.array(rows) if rows else np.zeros((1, len(DAYS) * len(PRODUCTS)))


def follows(target: Any, known: Any) -> bool:
    """Whether somebody who knows these sums can compute the target."""
    return np.linalg.matrix_rank(known) == np.linalg.matrix_rank(np.vstack([known, target]))
