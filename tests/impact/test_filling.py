from datetime import date, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from shanhuo.impact import queries, services
from shanhuo.impact.metrics import BY_ID
from shanhuo.impact.models import Cell, Fill, HouseholdDay, PostProduct
from shanhuo.impact.windows import Window
from shanhuo.traffic.kinds import Kind
from tests.impact.conftest import (
    FENGJIE,
    PLUM,
    TEA,
    WUSHAN,
    Tell,
    Watch,
    line,
    paid,
    refunded,
    settled,
    slip,
    taken_back,
)

pytestmark = pytest.mark.django_db
TODAY = Window(date(2026, 7, 1), date(2026, 7, 1))
HOUR = timedelta(hours=1)


def values(window: Window = TODAY, **place: str) -> dict[str, int | None]:
    """Figures that are not zero."""
    figures = queries.report(window, **place).figures.values()
    return {figure.metric.id: figure.value for figure in figures if figure.value}


def test_paid_refunded_and_settled_stand_apart(tell: Tell, noon: datetime) -> None:
    tell(paid(line(4_000), line(6_000, product=TEA, discount_fen=500)), noon - HOUR)
    tell(refunded(line(4_000)), noon - HOUR)
    tell(settled(line(6_000, product=TEA)), noon - HOUR)
    services.fill_recent(now=noon)
    assert values(county=WUSHAN) == {
        "orders": 1,
        "paid_gmv": 4_000 + 800 + 6_000 + 800 - 500,
        "refunded": 4_800,
        "settled": 6_800,
    }
    assert values(county=WUSHAN, product=PLUM) == {
        "orders": 1,
        "paid_gmv": 4_800,
        "refunded": 4_800,
    }


def test_an_order_of_two_counties_counts_once_in_each_and_once_in_all(
    tell: Tell, noon: datetime
) -> None:
    tell(paid(line(1_000), line(2_000, product=TEA), line(3_000, county=FENGJIE)), noon)
    services.fill_recent(now=noon)
    assert values(county=WUSHAN) == {"orders": 1, "paid_gmv": 4_600}
    assert values(county=FENGJIE) == {"orders": 1, "paid_gmv": 3_800}
    assert values() == {"orders": 1, "paid_gmv": 8_400}


def test_a_day_ends_at_midnight_in_shanghai(tell: Tell, noon: datetime) -> None:
    midnight = noon + 12 * HOUR
    tell(paid(line(1_000)), midnight - timedelta(microseconds=1))
    tell(paid(line(2_000)), midnight)
    services.fill_recent(now=midnight + HOUR)
    assert values(county=WUSHAN) == {"orders": 1, "paid_gmv": 1_800}
    assert queries.hours_of(BY_ID["orders"], date(2026, 7, 1), county=WUSHAN)[23] == 1
    assert queries.hours_of(BY_ID["orders"], date(2026, 7, 2), county=WUSHAN)[0] == 1


def test_households_are_distinct_and_slips_taken_back_do_not_count(
    tell: Tell, noon: datetime
) -> None:
    tell(slip("zhang", 5_000, 4_000), noon)
    tell(slip("zhang", 7_000, 5_000, product=TEA), noon + HOUR)
    tell(slip("li", 3_000, 2_500), noon)
    tell(taken_back("li", 3_000, 2_500), noon + HOUR)
    services.fill_recent(now=noon + HOUR)
    figures = queries.household_figures(TODAY, county=WUSHAN)
    assert {name: figure.value for name, figure in figures.items()} == {
        "farm_gate": 12_000,
        "households": 1,
        "income_gain": 3_000,
    }
    tea = queries.household_figures(TODAY, county=WUSHAN, product=TEA)
    assert (tea["farm_gate"].value, tea["households"].value) == (7_000, 1)


def test_viewers_are_distinct_over_the_whole_window(watch: Watch, noon: datetime) -> None:
    yesterday = noon - 24 * HOUR
    watch(yesterday, viewers=(1, 2, 3))
    watch(noon, viewers=(3, 4, 4))
    watch(noon, viewers=(9,), county=FENGJIE)
    watch(noon, kind=Kind.EXPOSURE, viewers=(1, 2, 3, 4, 5))
    services.fill_recent(now=noon)
    both = Window(date(2026, 6, 30), date(2026, 7, 1))
    assert values(both, county=WUSHAN) == {"exposures": 5, "plays": 6, "viewers": 4}
    assert values(TODAY, county=WUSHAN) == {"exposures": 5, "plays": 3, "viewers": 2}
    assert values(both) == {"exposures": 5, "plays": 7, "viewers": 5}


def test_plays_of_a_clip_count_for_the_product_it_is_about(
    watch: Watch, make_product: object, noon: datetime
) -> None:
    plums = make_product()
    PostProduct.objects.create(post_id=7, product=plums)
    watch(noon, post=7, viewers=(1, 2))
    watch(noon, post=8, viewers=(2, 3))
    services.fill_recent(now=noon)
    assert values(county=WUSHAN, product=plums.public_id) == {"plays": 2, "viewers": 2}
    assert values(county=WUSHAN) == {"plays": 4, "viewers": 3}


def test_zeros_are_not_stored_and_differ_from_days_never_counted(
    tell: Tell, noon: datetime
) -> None:
    services.fill_recent(now=noon)
    assert (Cell.objects.count(), Fill.objects.count()) == (0, 6)
    report = queries.report(Window(date(2026, 6, 27), date(2026, 7, 1)), county=WUSHAN)
    assert report.missing_days == [date(2026, 6, 27), date(2026, 6, 28)]
    assert report.by_day["orders"] == [(day, 0) for day in report.figures["orders"].window.days]


def test_a_day_is_counted_again_when_something_arrives_late(
    tell: Tell, watch: Watch, noon: datetime
) -> None:
    services.fill_recent(now=noon)
    assert services.fill_recent(now=noon) == 0
    tell(paid(line(1_000)), noon - 26 * HOUR)
    watch(noon - 26 * HOUR)
    assert services.fill_recent(now=noon) == 2
    yesterday = Window(date(2026, 6, 30), date(2026, 6, 30))
    assert values(yesterday, county=WUSHAN) == {
        "orders": 1,
        "paid_gmv": 1_800,
        "plays": 1,
        "viewers": 1,
    }
    assert services.fill_recent(now=noon) == 0


def test_filling_twice_changes_nothing(tell: Tell, watch: Watch, noon: datetime) -> None:
    tell(paid(line(1_000)), noon)
    tell(slip("zhang", 5_000), noon)
    watch(noon)
    services.fill_recent(now=noon)
    before = (values(county=WUSHAN), Cell.objects.count(), HouseholdDay.objects.count())
    Fill.objects.update(entry_count=99)
    assert services.fill_recent(now=noon) == 6
    assert before == (values(county=WUSHAN), Cell.objects.count(), HouseholdDay.objects.count())


def test_the_history_is_counted_from_the_first_entry_of_either_log(
    tell: Tell, watch: Watch, noon: datetime
) -> None:
    watch(noon - 9 * 24 * HOUR)
    tell(paid(line(1_000)), noon - 5 * 24 * HOUR)
    assert services.fill_everything(now=noon) == 2 * 10
    assert values(Window.last_days(10, until_day=date(2026, 7, 1)), county=WUSHAN) == {
        "orders": 1,
        "paid_gmv": 1_800,
        "plays": 1,
        "viewers": 1,
    }


@pytest.mark.parametrize("days", [1, 3])
def test_a_report_asks_the_database_twice_however_long_it_is(
    tell: Tell, noon: datetime, days: int
) -> None:
    for number in range(days):
        tell(paid(line(1_000)), noon - number * 24 * HOUR)
    services.fill_recent(now=noon)
    with CaptureQueriesContext(connection) as asked:
        queries.report(Window.last_days(days, until_day=date(2026, 7, 1)), county=WUSHAN)
    assert len(asked) == 2


def test_a_quiet_hour_makes_no_figure_look_old(tell: Tell, noon: datetime) -> None:
    tell(paid(line(1_000)), noon)
    services.fill_recent(now=noon)
    assert services.fill_recent(now=noon + HOUR) == 0
    assert queries.report(TODAY, county=WUSHAN).counted_at == noon + HOUR
