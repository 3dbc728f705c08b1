"""What this room does with facts: its own, and those of orders that a session brought."""

from datetime import datetime, timedelta

from shanhuo.kernel import facts
from shanhuo.live import tasks
from shanhuo.live.events import SessionEnded

# The last bytes of a recording may still be on their way to the disk.
SETTLING = timedelta(seconds=10)


@facts.receives(SessionEnded)
def seal_the_evidence(fact: SessionEnded, *, fact_id: int, at: datetime) -> None:
    tasks.seal_session.using(run_after=at + SETTLING).enqueue(fact.session_id)
