"""Attack 36 over time: what is published about households, and when it may change."""

from datetime import date, datetime, timedelta

import pytest

from shanhuo.impact import queries, services
from shanhuo.impact.models import Release
from shanhuo.impact.releasing import release
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
    assert list(queries.releases(WUSHAN)) == [first]


def test_the_night_publishes_every_county_through_yesterday(tell: Tell, noon: datetime) -> None:
    pay(tell, noon - DAY, range(10))
    pay(tell, noon, range(10, 20))
    services.fill_everything(now=noon)
    assert services.release_households(now=noon) == 1
    published = queries.latest_release(WUSHAN)
    assert published is not None
    assert published.through_day == date(2026, 6, 30)
    assert published.figures[""]["households"] == 10
