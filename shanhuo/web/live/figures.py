"""What the people of a session see of it while it runs."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from shanhuo.live.queries import room


@dataclass(frozen=True, slots=True)
class Figures:
    """`since`: for how long it has been on air, gaps included; None before."""

    viewers: int
    most_viewers: int
    likes: int
    lines: int
    since: timedelta | None


def figures_of(session: Any, *, now: datetime) -> Figures:
    minutes = list(session.minutes.values_list("most_viewers", "messages"))
    ended = session.ended_at or now
    return Figures(
        viewers=room.viewers_of([session.pk], now=now)[session.pk],
        most_viewers=max((most for most, _lines in minutes), default=0),
        likes=room.likes_of([session.pk])[session.pk],
        lines=sum(lines for _most, lines in minutes),
        since=ended - session.on_air_at if session.on_air_at else None,
    )
