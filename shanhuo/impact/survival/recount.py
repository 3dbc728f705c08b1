"""Survival counted again: all of the raw signal log, authors from the facts, no roll-up."""

from collections.abc import Iterator
from datetime import date

from shanhuo.impact.fairness.recount import authors_by
from shanhuo.impact.survival.outliving import Survival, survivals
from shanhuo.impact.survival.past import past_of
from shanhuo.impact.survival.traces import Traces, read
from shanhuo.impact.windows import Window
from shanhuo.kernel import clock
from shanhuo.traffic import queries as traffic
from shanhuo.traffic.fakes import judge

MONTH = 30


def recount_survival(day: date) -> dict[str, Survival]:
    """As of the end of a day, by programme. Raises LogDamaged."""
    return survivals(past_of(_traces(day), through=day), through=day.toordinal())


def _traces(until: date) -> Iterator[Traces]:
    """A month at a time, since years do not fit into memory; the rules against fakes judge days."""
    first_at = traffic.first_signal_at()
    if first_at is None or clock.day_of(first_at) > until:
        return
    window = Window(clock.day_of(first_at), until)
    author_of = authors_by(window)
    for place in range(0, window.day_count, MONTH):
        days = window.days[place : place + MONTH]
        since, end = Window(days[0], days[-1]).bounds
        with traffic.signal_log().open(since=since, until=end, proved=True) as signals:
            judge(signals)
            yield read(signals, author_of=author_of)
