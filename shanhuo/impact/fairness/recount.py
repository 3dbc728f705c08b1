"""A figure of fairness counted again: one pass over the raw log of the whole window, authors from
the facts of publication and of going on air, no roll-up."""

from collections.abc import Iterator

from shanhuo.content.events import PostPublished
from shanhuo.impact.fairness.measures import Seen
from shanhuo.impact.fairness.metrics import FairMetric
from shanhuo.impact.fairness.queries import month_before, seen_of
from shanhuo.impact.fairness.tally import Tally, read
from shanhuo.impact.recount import THE_BEGINNING
from shanhuo.impact.windows import Window
from shanhuo.kernel import clock, facts
from shanhuo.live.events import SessionOpened
from shanhuo.regions import queries as regions
from shanhuo.traffic import queries as traffic
from shanhuo.traffic.fakes import judge


def recount_fairness(metric: FairMetric, window: Window) -> int:
    """0 where there is nothing to divide by. Raises LogDamaged."""
    return metric.measure(recount_seen(window)) or 0


def recount_seen(window: Window) -> Seen:
    """What every measure of a window is taken of. Raises LogDamaged."""
    return seen_of(_tally(window), _tally(month_before(window)))


def _tally(window: Window) -> Tally:
    since, until = window.bounds
    with traffic.signal_log().open(since=since, until=until, proved=True) as signals:
        judge(signals)
        return read(
            signals,
            author_of=authors_by(window),
            host_of=hosts_by(window),
            floor_counties=regions.floor_counties().keys(),
        )


def authors_by(window: Window) -> dict[int, int]:
    """Post -> author, as the facts say it until the window's end."""
    return {
        fact.payload["post_id"]: fact.payload["author_id"]
        for fact in _told_until(window, PostPublished)
    }


def hosts_by(window: Window) -> dict[int, int]:
    """Live session -> host, likewise."""
    return {
        fact.payload["session_id"]: fact.payload["host_id"]
        for fact in _told_until(window, SessionOpened)
    }


def _told_until(window: Window, kind: type[facts.Fact]) -> Iterator[facts.RecordedFact]:
    since, until = clock.start_of(THE_BEGINNING), window.bounds[1]
    return facts.read_log(kind, since=since, until=until)
