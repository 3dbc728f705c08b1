"""Two workers that count at once, and readers while they count: on SQLite and on PostgreSQL."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from shanhuo.impact import examining, filling, queries, services
from shanhuo.impact.metrics import BY_ID
from shanhuo.impact.models import Cell, Examination, Fill
from shanhuo.impact.windows import Window
from shanhuo.kernel import clock
from shanhuo.people.queries import auditors_of
from tests.impact.conftest import WUSHAN, Tell, Watch, line, paid, slip
from tests.threads import at_once

pytestmark = [pytest.mark.concurrency, pytest.mark.django_db(transaction=True)]
DAY = timedelta(days=1)


def errors(results: list[Any]) -> list[Any]:
    return [result for result in results if isinstance(result, Exception)]


def totals(now: datetime) -> tuple[int | None, ...]:
    report = queries.report(Window(clock.day_of(now), clock.day_of(now)), county=WUSHAN)
    return tuple(report.figures[name].value for name in ("orders", "paid_gmv", "plays"))


def test_two_workers_that_roll_up_at_once_count_once(
    tell: Tell, watch: Watch, noon: datetime
) -> None:
    for number in range(5):
        tell(paid(line(1_000)), noon)
        tell(slip(f"household{number}", 5_000), noon)
    watch(noon, viewers=(1, 2, 3))
    results = at_once([lambda: services.fill_recent(now=noon)] * 3)
    assert errors(results) == []
    assert totals(noon) == (5, 9_000, 3)
    assert Fill.objects.count() == 6
    assert Cell.objects.filter(metric="orders", county=WUSHAN, product="", grain="day").count() == 1


def test_a_reader_sees_the_old_count_or_the_new_one_never_half(tell: Tell, noon: datetime) -> None:
    for _number in range(20):
        tell(paid(line(1_000)), noon)
    services.fill_recent(now=noon)
    for _number in range(20):
        tell(paid(line(1_000)), noon)
    today = clock.day_of(noon)

    def read() -> set[tuple[int | None, ...]]:
        return {totals(noon) for _number in range(15)}

    results = at_once([lambda: filling.fill("facts", today, now=noon), read, read])
    assert errors(results) == []
    seen = results[1] | results[2]
    assert seen <= {(20, 36_000, 0), (40, 72_000, 0)}
    assert totals(noon) == (40, 72_000, 0)


def test_of_two_auditors_who_open_the_same_figure_at_once_one_is_told(
    tell: Tell, noon: datetime, audit_person: Any, make_county: Any
) -> None:
    county, organisation = make_county(), auditors_of(audit_person).get()
    tell(paid(line(1_000)), noon - DAY)
    services.fill_recent(now=noon)
    yesterday = clock.day_of(noon - DAY)

    def open_one() -> Examination:
        return examining.open_examination(
            metric=BY_ID["orders"],
            window=Window(yesterday, yesterday),
            county=county,
            product=None,
            organisation=organisation,
            auditor=audit_person,
            now=noon,
        )

    results = at_once([open_one, open_one])
    assert [type(one) for one in errors(results)] == [examining.AlreadyExamined]
    assert Examination.objects.count() == 1
