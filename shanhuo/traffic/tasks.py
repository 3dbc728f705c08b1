"""What the worker does for this room."""

from datetime import timedelta

from shanhuo.kernel import clock, jobs
from shanhuo.traffic import interests, queries, rehearsing, teaching
from shanhuo.traffic.compaction import compact
from shanhuo.traffic.grants import booking, services
from shanhuo.traffic.trials import looking


@jobs.every(timedelta(minutes=1))
@jobs.task()
def compact_signals() -> None:
    compact(queries.signal_log())


@jobs.every(timedelta(minutes=1))
@jobs.task()
def turn_grants() -> None:
    """Grants begin and end by the calendar, and with what they support."""
    services.end_unsellable(now=clock.now())
    services.end_sold_out_sessions(now=clock.now())
    services.turn(now=clock.now())


@jobs.every(timedelta(minutes=5))
@jobs.task()
def book_grants() -> None:
    """The ledger catches up with the log."""
    booking.book_recent(queries.signal_log(), now=clock.now())


@jobs.every(timedelta(minutes=10))
@jobs.task()
def rehearse_grants() -> None:
    """What contracts may expect of the traffic to come, for the processes that serve."""
    rehearsing.rehearse(now=clock.now())


@jobs.every(timedelta(hours=1))
@jobs.task()
def look_at_trials() -> None:
    """Planned looks are read once their signals are complete, and never at another moment."""
    looking.look_when_due(queries.signal_log(), now=clock.now())


@jobs.every(timedelta(hours=1))
@jobs.task()
def reconcile_nightly() -> None:
    """Asked every hour, done once a day, when nothing of yesterday can come any more."""
    now = clock.now()
    if booking.is_due(now=now):
        booking.reconcile(queries.signal_log(), now=now)


@jobs.task()
def reconcile() -> None:
    """At every start of a worker: what a killed process left must be in the ledger."""
    booking.reconcile(queries.signal_log(), now=clock.now())


@jobs.every(timedelta(days=1))
@jobs.task()
def train_ranker() -> None:
    """Once a day; a worker that slept through the hour trains when it wakes."""
    teaching.train(now=clock.now())
    teaching.train_neighbours(now=clock.now())


@jobs.every(timedelta(days=1))
@jobs.task()
def forget_old_interests() -> None:
    interests.forget_old(now=clock.now())
