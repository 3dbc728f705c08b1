"""Fairness from signals alone: shares, evenness, floors, long views; all of it counted again."""

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from io import StringIO
from typing import Any

import numpy as np
import pytest
from django.core.management import call_command
from django.test import Client

from shanhuo.content.events import PostPublished
from shanhuo.impact import services
from shanhuo.impact.fairness import measures
from shanhuo.impact.fairness.metrics import FAIRNESS
from shanhuo.impact.fairness.queries import report, rolled_up
from shanhuo.impact.fairness.recount import recount_seen
from shanhuo.impact.fairness.tally import Lane, Noted, Tally
from shanhuo.impact.models import Check
from shanhuo.impact.windows import Window
from shanhuo.live.events import SessionOpened
from shanhuo.traffic import moments
from shanhuo.traffic.kinds import Kind, ObjectKind, Source, Surface
from shanhuo.traffic.records import RECORD
from shanhuo.traffic.segments import Segments
from tests.impact.conftest import FENGJIE, WUSHAN, Tell

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
WEEK = Window(date(2026, 6, 30), date(2026, 7, 1))
AUTHORS = 12

Show = Callable[..., None]


def slot(
    post: int, county: str, *, source: Source = Source.TRENDING, **more: Any
) -> dict[str, Any]:
    return {"object": post, "county": int(county), "source": source, **more}


@pytest.fixture
def show(settings: Any, make_county: Any, tell: Tell, noon: datetime, monkeypatch: Any) -> Show:
    """A list of the feed as somebody saw it: its slots in order, and which were watched long.

    Post n is by author n; Wushan is served by the county floor, Fengjie is not.
    """
    wushan = make_county()
    wushan.exit_year = 2018
    wushan.save()
    make_county("奉节县", FENGJIE)
    posts = range(1, AUTHORS + 1)
    for post in posts:
        tell(
            PostPublished(post, f"post{post}", WUSHAN, post, None, [], "clip", 15_000),
            noon - 40 * DAY,
        )
    authors = {post: post for post in posts}
    monkeypatch.setattr("shanhuo.content.queries.authors_of_posts", lambda: authors)
    segments = Segments(settings.SIGNALS_DIR)
    sheets = iter(range(1, 10_000))

    def write(
        at: datetime, viewer: int, *slots: dict[str, Any], watched: tuple[int, ...] = ()
    ) -> None:
        records = np.zeros(len(slots) + len(watched), RECORD)
        records["at_ms"], records["sheet"] = moments.to_ms(at), next(sheets)
        records["viewer"], records["surface"] = viewer, Surface.FEED
        records["object_kind"] = ObjectKind.POST
        for row, (number, kind) in enumerate(
            [(n, Kind.EXPOSURE) for n in range(len(slots))] + [(n, Kind.FINISH) for n in watched]
        ):
            for name, value in {**slots[number], "slot": number, "kind": kind}.items():
                records[name][row] = value
        segment = segments.create(now_ms=moments.to_ms(at))
        segment.append(records)
        segment.close()

    return write


@pytest.fixture
def two_days(show: Show, noon: datetime) -> None:
    """Forty viewers, each with a whole list; the day before, half as many with three slots of it.
    Three slots of each whole list are Wushan's, of which one is supported and one is new."""
    for viewer in range(40):
        supported = slot(1, WUSHAN, source=Source.GRANT, grant=7, price=0.25)
        new = slot(2, WUSHAN, source=Source.FRESH)
        ranked = [slot(3 + n, WUSHAN if n == 0 else FENGJIE) for n in range(8)]
        lottery = (0,) if viewer % 4 == 0 else ()
        show(noon, 2 * viewer, supported, new, *ranked, watched=(*lottery, 2, 3, 4, 5))
        if viewer % 2:
            show(noon - DAY, 2 * viewer, *ranked[:3], watched=(1,))
    show(noon - 10 * DAY, 2, slot(11, WUSHAN), slot(11, WUSHAN), slot(12, FENGJIE))
    services.fill_everything(now=noon)


def as_rolled_up(window: Window) -> dict[str, int]:
    return {metric.id: rolled_up(metric, window) for metric in FAIRNESS}


def as_counted_again(window: Window) -> dict[str, int]:
    """All from one pass over the raw log, as in the night."""
    seen = recount_seen(window)
    return {metric.id: metric.measure(seen) or 0 for metric in FAIRNESS}


def test_a_list_with_a_session_on_air_is_whole_and_the_session_is_its_hosts(
    show: Show, noon: datetime, tell: Tell, monkeypatch: Any
) -> None:
    """Rolled up with the hosts of the live room, recounted with those that the facts name."""
    monkeypatch.setattr("shanhuo.live.queries.hosts_of_sessions", lambda: {5: 3})
    tell(SessionOpened(5, "session5", "selling", WUSHAN, 3, []), noon - DAY)
    live = slot(5, WUSHAN, source=Source.LIVE, object_kind=ObjectKind.SESSION)
    show(noon, 2, live, *[slot(4 + number % 9, FENGJIE) for number in range(9)])
    services.fill_everything(now=noon)
    assert as_counted_again(WEEK) == as_rolled_up(WEEK)
    tally = recount_seen(WEEK).tally
    assert (tally.shown, tally.by_author()[3], tally.lists[Noted.WHOLE]) == (10, 1, 1)


def test_shares_evenness_floors_and_long_views_are_what_was_shown(two_days: None) -> None:
    found = report(WEEK)
    values = {name: figure.value for name, figure in found.figures.items()}
    assert (found.shown, found.lists, found.whole_lists) == (460, 60, 40)
    assert values["share_floor_counties"] == measures.ratio(3 * 40 + 20, 460)
    assert values["share_supported"] == measures.ratio(40, 460)
    assert values["share_newcomers"] == 10_000, "nobody of those shown had been shown before"
    assert values["share_top_1"] == measures.ratio(60, 460)
    assert values["share_top_10"] == values["share_top_100"] == 10_000
    assert values["county_floor_kept"] == values["newcomer_floor_kept"] == 10_000
    assert values["author_cap_kept"] == 10_000
    assert values["long_views_supported"] == 2_500
    assert values["long_views_ranked"] == measures.ratio(4 * 40 + 20, 8 * 40 + 60)
    assert values["support_price"] == 2_500
    # Twelve creators could have been shown, three of them 60 times, seven 40 times, two not at all.
    assert values["gini_creators"] == measures.gini([60] * 3 + [40] * 7 + [0] * 2) == 2_428
    assert [(part.name, part.members, part.shown) for part in found.county_classes] == [
        ("key", 0, 0),
        ("lifted", 1, 140),
        ("other", 1, 320),
    ]


def test_supported_slots_cost_what_they_were_watched_less_between_bounds(two_days: None) -> None:
    lanes = {one.lane: one for one in report(WEEK).lanes}
    supported = lanes[Lane.SUPPORTED]
    assert supported.rate is not None and supported.fewer is not None
    assert supported.rate.value == 0.25
    assert supported.rate.low < 0.25 < supported.rate.high
    assert supported.fewer.value == pytest.approx(40 * (180 / 380 - 0.25))
    assert supported.fewer.low < supported.fewer.value < supported.fewer.high
    assert lanes[Lane.CHANCE].rate is None, "nothing was drawn by lot, so nothing is said of it"


@pytest.mark.parametrize("window", [WEEK, Window(date(2026, 7, 1), date(2026, 7, 1))])
def test_every_figure_is_the_same_when_it_is_counted_again(two_days: None, window: Window) -> None:
    assert as_counted_again(window) == as_rolled_up(window)


def test_the_command_and_the_night_recount_fairness(two_days: None, noon: datetime) -> None:
    out = StringIO()
    days = ["--from", "2026-06-30", "--to", "2026-07-01"]
    call_command("recount", "gini_creators", *days, stdout=out)
    assert out.getvalue() == "0.2428\n"
    services.check_figures(now=noon + DAY)
    checks = Check.objects.filter(metric__in=[metric.id for metric in FAIRNESS])
    assert len(checks) == len(FAIRNESS)
    assert all(check.is_equal for check in checks)
    assert checks.get(metric="share_supported").rolled_up == measures.ratio(40, 463)


def test_fake_exposures_count_for_nobody(show: Show, two_days: None, noon: datetime) -> None:
    for _ in range(30):
        show(noon + timedelta(minutes=1), 2, slot(5, FENGJIE))
    services.fill_recent(now=noon + timedelta(hours=1))
    assert report(WEEK).shown == 462, "the third showing of one thing to one viewer is the last"


def test_nothing_is_told_about_fewer_than_ten_viewers(
    client: Client, show: Show, noon: datetime
) -> None:
    for viewer in range(9):
        show(noon, 2 * viewer, *(slot(post, WUSHAN) for post in range(1, 11)))
    services.fill_everything(now=noon)
    found = report(WEEK)
    assert found.is_private
    assert found.shown == 0
    assert {figure.value for figure in found.figures.values()} == {None}
    page = client.get("/fairness?days=7", headers={"accept-language": "en"}).content.decode()
    assert "Fewer than ten viewers" in page


def test_a_class_of_few_creators_is_hidden_with_a_second_one(
    show: Show, two_days: None, noon: datetime
) -> None:
    """Two creators were shown before, ten were not: the two cannot be told from the rest."""
    assert [part.shown for part in report(WEEK).size_classes] == [None, None, 0, 0, 0]


def test_page_export_and_api_say_the_same(client: Client, two_days: None) -> None:
    english = {"accept-language": "en"}
    page = client.get("/fairness?days=7", headers=english).content.decode()
    assert re.search(r">\s*0\.243\s*<", page)
    assert "Only 40 of 60 lists were seen to the end" in page
    chinese = client.get("/fairness?days=7").content.decode()
    assert "公平" in chinese
    csv = client.get("/fairness/export?format=csv&days=7", headers=english).content.decode()
    assert "Gini of creators,0.2428,,,2026-06-25,2026-07-01," in csv
    assert client.get("/fairness/export?days=7").content.startswith(b"PK")
    told = client.get("/api/fairness?since_day=2026-06-30&until_day=2026-07-01").json()
    assert {one["metric"]: one["value"] for one in told["figures"]}["gini_creators"] == 0.2428
    assert told["county_classes"][1] == {"name": "lifted", "members": 1, "shown": 140}
    definition = client.get("/metrics/gini_creators", headers=english).content.decode()
    assert "shanhuo recount gini_creators --from" in definition


def test_tallies_of_days_add_up_to_that_of_both() -> None:
    one = Tally(price_micro=3)
    assert Tally.from_bytes(one.to_bytes()).price_micro == 3
    assert Tally.sum_of([one, one]).price_micro == 6


def test_floors_cost_what_the_lists_of_one_viewer_in_31_say(
    client: Client, show: Show, noon: datetime
) -> None:
    """Twelve such viewers: the county floor gave up half a point in every list, a place for a new
    clip a quarter in every second. What others and grants say of prices is not theirs."""
    for turn in range(12):
        by_floor = slot(1, WUSHAN, price=0.5)
        new = slot(2, WUSHAN, source=Source.FRESH, price=0.25 if turn % 2 else 0.0)
        lifted = slot(3, WUSHAN, source=Source.GRANT, grant=7, price=0.125)
        ranked = [slot(4 + n, FENGJIE) for n in range(7)]
        kept = slot(11, FENGJIE, source=Source.LIVE_FLOOR, price=0.125)
        show(noon, 62 * turn, by_floor, new, lifted, *ranked[1:], kept, watched=(9,))
        show(noon, 62 * turn + 2, slot(1, WUSHAN, price=9.0), *ranked)
    services.fill_everything(now=noon)
    found = report(WEEK)
    assert found.figures["floor_cost_counties"].value == 5_000
    assert found.figures["floor_cost_newcomers"].value == 1_250
    assert found.figures["support_price"].value == 1_250
    assert found.figures["floor_cost_sessions"].value == 1_250
    assert found.figures["share_live_place"].value == 5_000
    assert found.figures["long_views_live"].value == 10_000
    counties, newcomers, _sessions = found.floors
    assert (counties.per_list.value, counties.in_all.value) == (0.5, 12.0)
    assert newcomers.per_list.low < 0.125 < newcomers.per_list.high
    assert as_counted_again(WEEK) == as_rolled_up(WEEK)
    page = client.get("/fairness?days=7", headers={"accept-language": "en"}).content.decode()
    assert "0.500" in page
    told = client.get("/api/fairness?since_day=2026-06-30&until_day=2026-07-01").json()
    assert [one["name"] for one in told["floors"]] == ["counties", "newcomers", "sessions"]


def test_floors_of_fewer_than_ten_such_viewers_are_not_told(two_days: None) -> None:
    found = report(WEEK)
    assert found.floors == []
    assert found.figures["floor_cost_counties"].value is None
