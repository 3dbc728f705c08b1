"""Creators after their support has ended: counted from both logs, and counted again."""

from collections.abc import Callable
from datetime import datetime, timedelta
from io import StringIO
from typing import Any

import numpy as np
import pytest
from django.core.management import call_command
from django.test import Client

from shanhuo.content.events import PostPublished
from shanhuo.impact import filling, services
from shanhuo.impact.fairness.measures import Between
from shanhuo.impact.models import Check, SurvivalNote
from shanhuo.impact.survival.intervals import newcombe, wilson
from shanhuo.impact.survival.queries import report, rolled_up
from shanhuo.impact.survival.recount import recount_survival
from shanhuo.kernel import clock
from shanhuo.traffic import moments
from shanhuo.traffic import queries as traffic
from shanhuo.traffic.events import GrantApproved, GrantEnded
from shanhuo.traffic.kinds import Kind, ObjectKind, Surface
from shanhuo.traffic.records import RECORD
from shanhuo.traffic.segments import Segments
from tests.impact.conftest import WUSHAN, Tell

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
CONTRACT, OTHER_CONTRACT = 7, 8
SUPPORTED, UNTOUCHED = range(1, 13), range(21, 33)
ENGLISH = {"accept-language": "en"}

Show = Callable[..., None]


@pytest.fixture
def show(settings: Any) -> Show:
    """So many viewers see the post of each author (post n is by author n), and play it or not."""
    segments, numbers = Segments(settings.SIGNALS_DIR), iter(range(1, 100_000))

    def write(
        at: datetime, authors: Any, *, kind: Kind = Kind.EXPOSURE, grant: int = 0, times: int = 10
    ) -> None:
        rows = [(author, next(numbers)) for author in authors for _ in range(times)]
        records = np.zeros(len(rows), RECORD)
        records["object"], records["sheet"] = zip(*rows, strict=True)
        records["viewer"] = 2 * records["sheet"]
        records["at_ms"], records["kind"], records["grant"] = moments.to_ms(at), kind, grant
        records["surface"], records["object_kind"] = Surface.FEED, ObjectKind.POST
        records["county"] = int(WUSHAN)
        segment = segments.create(now_ms=moments.to_ms(at))
        segment.append(records)
        segment.close()

    return write


@pytest.fixture
def publish(tell: Tell) -> Callable[[datetime, Any], None]:
    def write(at: datetime, authors: Any) -> None:
        for author in authors:
            tell(PostPublished(author, f"p{author}", WUSHAN, author, None, [], "clip", 9_000), at)

    return write


@pytest.fixture
def a_season(show: Show, publish: Any, tell: Tell, noon: datetime, monkeypatch: Any) -> datetime:
    """Twelve creators were lifted until the fifth day, one of them by a grant of another programme
    too; twelve others never were. Thirty days later eight and three of them are still there.

    Returns that day.
    """
    everybody = [*SUPPORTED, *UNTOUCHED]
    authors = {author: author for author in everybody}
    monkeypatch.setattr("shanhuo.content.queries.authors_of_posts", lambda: authors)
    publish(noon - 10 * DAY, everybody)
    for grant, programme, contract in (("g", "plums", CONTRACT), ("h", "teas", OTHER_CONTRACT)):
        approved = GrantApproved(grant, programme, WUSHAN, "product", 500, [contract])
        tell(approved, noon - DAY)
    show(noon, SUPPORTED, grant=CONTRACT)
    show(noon + DAY, [1], grant=OTHER_CONTRACT)
    show(noon, UNTOUCHED[:1], times=3)
    for grant in "gh":
        tell(GrantEnded(grant, WUSHAN, stopped=False), noon + 5 * DAY)
    looked_at = noon + 35 * DAY
    there = [*SUPPORTED[:9], *UNTOUCHED[:3]]
    publish(looked_at - 20 * DAY, there)
    # Nine plays are too few, and lifted ones do not count.
    show(looked_at - DAY, [*SUPPORTED[:8], *UNTOUCHED[:3]], kind=Kind.PLAY)
    show(looked_at - DAY, SUPPORTED[8:9], kind=Kind.PLAY, times=9)
    return looked_at


def night_after(day: datetime) -> datetime:
    return clock.start_of(clock.day_of(day)) + timedelta(days=1, hours=3)


def night(day: datetime) -> None:
    """Count the days that have signals, and what they say of creators."""
    now = night_after(day)
    first_at = traffic.first_signal_at()
    assert first_at is not None
    with traffic.signal_log().open(since=first_at, until=now) as signals:
        rows = signals.execute("SELECT DISTINCT at_ms // 3600000 FROM signals").fetchall()
    for one in {clock.day_of(moments.from_ms(hour * 3_600_000)) for (hour,) in rows}:
        filling.fill("signals", one, now=now)
    assert services.note_survival(now=now)


def test_eight_of_twelve_are_there_after_thirty_days_beside_three_of_eleven_comparable_ones(
    a_season: datetime,
) -> None:
    night(a_season)
    found = report(until_day=clock.day_of(a_season))
    assert found is not None
    assert (found.over, found.under_way) == (12, 0)
    thirty, ninety, *_rest = found.lines
    assert (thirty.creators, thirty.there_count, thirty.there) == (12, 8, 8 / 12)
    # One of the twelve untouched had been shown that morning: after support began, so they count.
    assert (thirty.others_count, thirty.others) == (12, 0.25)
    assert (ninety.creators, ninety.there, ninety.there_between) == (0, None, None)
    assert ninety.ready_on == clock.day_of(a_season + 60 * DAY)


def test_shares_and_their_difference_stand_between_what_chance_alone_allows(
    a_season: datetime,
) -> None:
    night(a_season)
    found = report(until_day=clock.day_of(a_season))
    assert found is not None
    thirty = found.lines[0]
    assert _rounded(thirty.there_between) == (0.6667, 0.3906, 0.8619)
    assert _rounded(thirty.others_between) == (0.25, 0.0889, 0.5323)
    assert _rounded(thirty.difference) == (0.4167, 0.0218, 0.6697)


def test_chance_is_told_of_nobody_and_of_everybody_and_as_published_examples_have_it() -> None:
    assert _rounded(wilson(0, 10)) == (0.0, 0.0, 0.2775)
    assert _rounded(wilson(10, 10)) == (1.0, 0.7225, 1.0)
    # Newcombe (1998), table II, method 10: 56/70 less 48/80, and 10/10 less 0/10.
    assert _rounded(newcombe(wilson(56, 70), wilson(48, 80))) == (0.2, 0.0524, 0.3339)
    assert _rounded(newcombe(wilson(10, 10), wilson(0, 10))) == (1.0, 0.6075, 1.0)


def _rounded(found: Between | None) -> tuple[float, ...]:
    assert found is not None
    return round(found.value, 4), round(found.low, 4), round(found.high, 4)


def test_a_note_of_before_intervals_is_still_read(a_season: datetime) -> None:
    night(a_season)
    note = SurvivalNote.objects.get()
    for span in note.figures[""]["spans"]:
        del span["matched_there"], span["others_worth"]
    note.save()
    (thirty, *_rest) = report(until_day=note.day).lines  # type: ignore[union-attr]
    assert (thirty.others, thirty.others_between, thirty.difference) == (0.25, None, None)


def test_the_day_before_nobody_can_be_told_of_and_the_page_says_when(
    client: Client, a_season: datetime
) -> None:
    night(a_season - DAY)
    (thirty, *_rest) = report(until_day=clock.day_of(a_season)).lines  # type: ignore[union-attr]
    assert (thirty.creators, thirty.there) == (0, None)
    assert thirty.ready_on == clock.day_of(a_season)
    with clock.at(night_after(a_season - DAY)):
        page = client.get("/fairness", headers=ENGLISH).content.decode()
    assert "support has ended for 12 creators" in page
    assert "first figure for" in page


def test_a_programme_of_one_creator_tells_nothing_of_them(a_season: datetime) -> None:
    night(a_season)
    day = clock.day_of(a_season)
    (thirty, *_rest) = report(until_day=day, programme="teas").lines  # type: ignore[union-attr]
    assert (thirty.creators, thirty.there_count, thirty.there, thirty.others) == (
        1,
        None,
        None,
        None,
    )
    (thirty, *_rest) = report(until_day=day, programme="plums").lines  # type: ignore[union-attr]
    assert thirty.there == 8 / 12
    assert report(until_day=day, programme="pears") is None


def test_whoever_is_supported_again_counts_from_the_new_end(
    a_season: datetime, show: Show, tell: Tell
) -> None:
    again = GrantApproved("again", "plums", WUSHAN, "product", 500, [9])
    tell(again, a_season - 5 * DAY)
    show(a_season - 5 * DAY, [1], grant=9, times=1)
    night(a_season)
    found = report(until_day=clock.day_of(a_season))
    assert found is not None
    assert (found.over, found.under_way, found.lines[0].creators) == (11, 1, 11)


def test_the_raw_logs_give_the_same_figures(a_season: datetime) -> None:
    night(a_season)
    day = clock.day_of(a_season)
    assert recount_survival(day) == rolled_up(day)
    out = StringIO()
    days = ["--from", day.isoformat(), "--to", day.isoformat()]
    call_command("recount", "survival_30", *days, stdout=out)
    assert out.getvalue() == "0.6667\n8 of 12 creators; 12 comparable ones\n"


def test_mondays_compare_and_a_damaged_day_is_not_noted(a_season: datetime) -> None:
    sunday = a_season + (6 - a_season.weekday()) * DAY
    night(sunday)
    checks = Check.objects.filter(metric__startswith="survival")
    assert len(checks) == 8
    assert all(check.is_equal for check in checks)
    assert checks.get(metric="survival_30").rolled_up == 6_667
    filling.withhold("signals", clock.day_of(a_season), now=sunday)
    assert not services.note_survival(now=sunday + 2 * DAY)
    assert SurvivalNote.objects.count() == 1


def test_page_programme_export_and_api_say_the_same(client: Client, a_season: datetime) -> None:
    night(a_season)
    with clock.at(night_after(a_season)):
        page = client.get("/fairness", headers=ENGLISH).content.decode()
        csv = client.get("/fairness/export?format=csv", headers=ENGLISH).content.decode()
        told = client.get("/api/survival?programme=plums").json()
        unknown = client.get("/api/survival?programme=pears")
        definition = client.get("/metrics/survival_30_others", headers=ENGLISH).content.decode()
    assert "66.7%" in page
    assert "39.1% – 86.2%" in page
    assert "2.2% … 67%" in page
    assert "not causal" in page
    assert "Creators still there 30 days after support,0.6666666666666666,0.390" in csv
    assert '30 days after support, less comparable ones",0.41666666' in csv
    assert told["lines"][0]["there_count"] == 8
    assert told["lines"][0]["others"] == 0.25
    assert round(told["lines"][0]["difference"]["low"], 4) == 0.0218
    assert unknown.status_code == 404
    assert "shanhuo recount survival_30_others --from" in definition
