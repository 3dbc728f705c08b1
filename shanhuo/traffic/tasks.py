"""What the worker does for this room."""

from datetime import timedelta

from shanhuo.kernel import jobs
from shanhuo.traffic import queries
from shanhuo.traffic.compaction import compact


@jobs.every(timedelta(minutes=1))
@jobs.task()
def compact_signals() -> None:
    compact(queries.signal_log())
