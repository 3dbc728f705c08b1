"""Where figures break elsewhere: clocks that jump, days that end at 16:00 UTC, files that rot."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from shanhuo.impact import examining, queries, services
from shanhuo.impact.metrics import BY_ID, METRICS
from shanhuo.impact.models import Check, Examination, Fill
from shanhuo.impact.windows import EARLIEST, Window
from shanhuo.kernel import clock, jobs
from shanhuo.people.queries import auditors_of
from shanhuo.traffic import compaction
from shanhuo.traffic.queries import LogDamaged, signal_log
from tests.impact.conftest import WUSHAN, Tell, Watch, line, paid

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
TODAY = date(2026, 7, 1)


def figure(metric: str, day: date = TODAY, days: int = 1) -> int | None:
    window = Window.last_days(days, until_day=day)
    return queries.report(window, county=WUSHAN).figures[metric].value


# ---- days ----


def test_every_shanghai_day_begins_at_16_utc_and_has_24_hours() -> None:
    """China has kept one time without summer hours since 1991, before any window begins."""
    days = [EARLIEST + timedelta(days=number) for number in range(365 * 20)]
    for day in days:
        start, end = clock.day_bounds(day)
        assert (start.astimezone(UTC).hour, end - start) == (16, DAY)


@pytest.mark.parametrize(
    ("utc", "day"),
    [
        (datetime(2026, 6, 30, 15, 59, 59, 999_999, tzinfo=UTC), date(2026, 6, 30)),
        (datetime(2026, 6, 30, 16, 0, 0, tzinfo=UTC), TODAY),
    ],
)
def test_an_order_at_16_utc_belongs_to_the_next_day_everywhere(
    tell: Tell, watch: Watch, noon: datetime, utc: datetime, day: date
) -> None:
    tell(paid(line(4_000)), utc)
    watch(utc.replace(microsecond=999_000 if utc.microsecond else 0))
    services.fill_recent(now=noon)
    for one in (date(2026, 6, 30), TODAY):
        expected = int(one == day)
        assert (figure("orders", one), figure("plays", one)) == (expected, expected)
        assert sum(queries.hours_of(BY_ID["orders"], one, county=WUSHAN)) == expected


# ---- clocks that jump ----


def test_a_clock_that_jumps_back_loses_nothing_and_counts_nothing_twice(
    tell: Tell, noon: datetime
) -> None:
    tell(paid(line(1_000)), noon)
    services.fill_recent(now=noon)
    back = noon - timedelta(minutes=10)
    tell(paid(line(1_000)), back)
    services.fill_recent(now=back)
    services.fill_recent(now=noon)
    assert (figure("orders"), figure("paid_gmv")) == (2, 3_600)


def test_an_order_from_a_clock_a_day_ahead_waits_for_its_day(tell: Tell, noon: datetime) -> None:
    tell(paid(line(1_000)), noon + DAY)
    services.fill_recent(now=noon)
    assert figure("orders") == 0
    services.fill_recent(now=noon + DAY)
    assert figure("orders", TODAY + DAY) == 1


def test_yesterday_is_not_closed_twice_when_the_clock_jumps_back_over_midnight(
    noon: datetime,
) -> None:
    midnight = noon + timedelta(hours=12)
    assert services.close_yesterday(now=midnight + timedelta(minutes=5))
    checks = Check.objects.count()
    assert not services.close_yesterday(now=midnight - timedelta(minutes=5))
    assert not services.close_yesterday(now=midnight + timedelta(minutes=6))
    assert Check.objects.count() == checks


# ---- files that rot ----


@pytest.fixture
def two_days(tell: Tell, watch: Watch, noon: datetime, make_county: Any) -> Path:
    """Three plays yesterday, compacted to Parquet, one play and one order today; all counted.

    Returns yesterday's file.
    """
    make_county()
    watch(noon - DAY, viewers=(1, 2, 3))
    compaction.compact(signal_log())
    watch(noon)
    tell(paid(line(4_000)), noon)
    services.fill_recent(now=noon)
    (part,) = signal_log().manifest().parts
    return signal_log().folder / part.path


def flip(path: Path) -> None:
    """One bit in the middle, as a tired disk does."""
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize("harm", [Path.unlink, flip], ids=["missing", "one bit flipped"])
def test_figures_of_a_damaged_day_are_withheld_and_the_others_stay(
    two_days: Path, noon: datetime, harm: Callable[[Path], None]
) -> None:
    assert figure("plays", days=2) == 4
    harm(two_days)
    assert services.withhold_damaged(now=noon) == [date(2026, 6, 30)]
    assert (figure("plays", days=2), figure("viewers", days=2)) == (None, None)
    assert (figure("plays"), figure("orders", days=2)) == (1, 1)
    assert queries.report(Window(TODAY - DAY, TODAY)).damaged_days == [TODAY - DAY]


@pytest.mark.parametrize("harm", [Path.unlink, flip], ids=["missing", "one bit flipped"])
def test_a_damaged_day_that_was_never_counted_is_withheld_while_the_roll_up_goes_on(
    two_days: Path, noon: datetime, harm: Callable[[Path], None]
) -> None:
    Fill.objects.all().delete()
    harm(two_days)
    assert services.fill_everything(now=noon) == 3
    assert (figure("plays", TODAY - DAY), figure("plays"), figure("orders")) == (None, 1, 1)


def test_a_damaged_day_comes_back_by_itself_once_its_file_is_restored(
    two_days: Path, noon: datetime
) -> None:
    good = two_days.read_bytes()
    flip(two_days)
    services.withhold_damaged(now=noon)
    services.fill_recent(now=noon)
    assert figure("plays", TODAY - DAY) is None
    two_days.write_bytes(good)
    services.fill_recent(now=noon)
    assert figure("plays", TODAY - DAY) == 3


def test_pages_exports_and_the_api_say_that_a_figure_is_withheld(
    client: Client, two_days: Path, noon: datetime
) -> None:
    two_days.unlink()
    services.withhold_damaged(now=noon)
    english = {"accept-language": "en"}
    page = client.get("/c/500237?days=7", headers=english).content.decode()
    assert page.count("withheld: the log of a day cannot be read") == 4
    assert client.get("/metrics/plays", headers=english).status_code == 200
    assert client.get("/metrics", headers=english).content.decode().count("withheld") == 4
    figures = client.get("/api/counties/500237/figures").json()
    assert figures["damaged_days"] == ["2026-06-30"]
    damaged = {one["metric"] for one in figures["figures"] if one["damaged"]}
    assert damaged == {"exposures", "plays", "viewers", "not_believed"}
    assert {one["value"] for one in figures["figures"] if one["damaged"]} == {None}
    ranking = client.get("/api/metrics/plays/counties")
    assert (ranking.status_code, ranking.json()["code"]) == (503, "log_not_readable")
    assert client.get("/api/metrics/orders/counties").status_code == 200
    csv = client.get("/c/500237/export?format=csv&days=7", headers=english)
    assert "Plays,," in csv.content.decode("utf-8-sig")


def test_a_recount_of_a_damaged_log_names_the_file_and_prints_no_number(
    two_days: Path, noon: datetime
) -> None:
    flip(two_days)
    words = ["recount", "plays", "--from", "2026-06-30", "--to", "2026-07-01"]
    with pytest.raises(CommandError, match=two_days.name):
        call_command(*words)
    today = ["recount", "plays", "--from", "2026-07-01", "--to", "2026-07-01"]
    call_command(*today)


def test_an_audit_of_a_damaged_log_gives_no_number(
    two_days: Path, audit_person: Any, make_county: Any, noon: datetime
) -> None:
    flip(two_days)
    one = examining.open_examination(
        metric=BY_ID["plays"],
        window=Window(TODAY - DAY, TODAY - DAY),
        county=make_county(),
        product=None,
        organisation=auditors_of(audit_person).get(),
        auditor=audit_person,
        now=noon,
    )
    jobs.run_due()
    one.refresh_from_db()
    assert (one.status, one.recounted, len(one.evidence["damaged"])) == ("unreadable", None, 1)
    services.withhold_damaged(now=noon)
    with pytest.raises(examining.PeriodNotCounted):
        examining.open_examination(
            metric=BY_ID["plays"],
            window=Window(TODAY - DAY, TODAY - DAY),
            county=make_county(),
            product=None,
            organisation=auditors_of(audit_person).get(),
            auditor=audit_person,
            now=noon,
        )
    assert Examination.objects.count() == 1


def test_the_night_goes_on_over_a_damaged_day(two_days: Path, noon: datetime) -> None:
    flip(two_days)
    night = noon + timedelta(hours=13)
    assert services.close_yesterday(now=night)
    checked = set(Check.objects.values_list("metric", flat=True))
    assert checked == {metric.id for metric in METRICS if metric.log == "facts"}


def test_a_torn_segment_is_kept_and_never_taken_for_all_there_was(
    watch: Watch, noon: datetime
) -> None:
    watch(noon, viewers=(1, 2, 3))
    log = signal_log()
    (name,) = log.segments.closed_names()
    flip(log.segments.closed / name)
    with pytest.raises(LogDamaged, match=name), log.open(proved=True):
        pass
    assert compaction.compact(log) == compaction.Compacted(0, 0)
    assert log.segments.closed_names() == [name]
    services.fill_recent(now=noon)
    assert figure("plays") is None


def test_a_damaged_part_is_not_made_to_look_whole_by_merging(
    two_days: Path, watch: Watch, noon: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compaction, "MOST_PARTS_A_DAY", 1)
    flip(two_days)
    watch(noon - DAY, viewers=(9,))
    compaction.compact(signal_log())
    with pytest.raises(LogDamaged, match=two_days.name), signal_log().open(proved=True):
        pass
