"""What a room process tells the database once a tick: sums of a minute, and who is there now."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from django.db import connection

from shanhuo.live.models import Presence
from shanhuo.live.queries.room import BELIEVED_FOR


@dataclass(frozen=True, slots=True)
class Sums:
    """What happened in a session since the last telling; `most_viewers` is not a sum.

    joins: how many entered, by what led them there (`Arrival`).
    """

    session_id: int
    joins: Mapping[int, int] = field(default_factory=dict)
    most_viewers: int = 0
    likes: int = 0
    messages: int = 0


_GREATEST = {"sqlite": "MAX", "postgresql": "GREATEST"}
# Another process may add to the same minute at the same moment: the addition is the database's.
_ADD = """
    INSERT INTO live_roomminute (session_id, minute, joins, most_viewers, likes, messages)
    VALUES (%s, %s, %s, %s, %s, %s)
    ON CONFLICT (session_id, minute) DO UPDATE SET
        joins = live_roomminute.joins + excluded.joins,
        likes = live_roomminute.likes + excluded.likes,
        messages = live_roomminute.messages + excluded.messages,
        most_viewers = {greatest}(live_roomminute.most_viewers, excluded.most_viewers)
"""

_ADD_ARRIVALS = """
    INSERT INTO live_roomarrivals (session_id, source, joins) VALUES (%s, %s, %s)
    ON CONFLICT (session_id, source) DO UPDATE SET
        joins = live_roomarrivals.joins + excluded.joins
"""


def add_sums(sums: Iterable[Sums], *, now: datetime) -> None:
    """Add to the minute of `now`. Call it in the transaction that writes the lines counted here."""
    minute = connection.ops.adapt_datetimefield_value(now.replace(second=0, microsecond=0))
    # Ascending: two processes queue for the rows instead of deadlocking.
    ordered = sorted(sums, key=lambda one: one.session_id)
    minutes = [
        (one.session_id, minute, sum(one.joins.values()), one.most_viewers, one.likes, one.messages)
        for one in ordered
    ]
    arrivals = [(one.session_id, *came) for one in ordered for came in sorted(one.joins.items())]
    with connection.cursor() as cursor:
        if minutes:
            cursor.executemany(_ADD.format(greatest=_GREATEST[connection.vendor]), minutes)
        if arrivals:
            cursor.executemany(_ADD_ARRIVALS, arrivals)


def tell_presence(viewers: Mapping[int, int], *, process: str, now: datetime) -> None:
    """session id -> viewers of this process now."""
    Presence.objects.bulk_create(
        [
            Presence(session_id=session, process=process, viewers=count, told_at=now)
            for session, count in sorted(viewers.items())
        ],
        update_conflicts=True,
        unique_fields=["session", "process"],
        update_fields=["viewers", "told_at"],
    )


def forget_presence(*, now: datetime) -> None:
    """Delete what dead processes left; safe at any time."""
    Presence.objects.filter(told_at__lt=now - 6 * BELIEVED_FOR).delete()
