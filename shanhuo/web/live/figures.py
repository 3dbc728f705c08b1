"""What the people of a session see of it while it runs."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from shanhuo.live.queries import room
from shanhuo.orders import queries as orders


@dataclass(frozen=True, slots=True)
class Figures:
    """`orders` are paid ones, by product; `paid_fen` is net of refunds. `since`: for how long it
    has been on air, gaps included; None before."""

    viewers: int
    most_viewers: int
    likes: int
    lines: int
    orders: int
    paid_fen: int
    since: timedelta | None


def figures_of(session: Any, *, now: datetime) -> Figures:
    minutes = list(session.minutes.values_list("most_viewers", "messages"))
    sold = orders.sales_of_sessions([session.public_id])
    ended = session.ended_at or now
    return Figures(
        viewers=room.viewers_of([session.pk], now=now)[session.pk],
        most_viewers=max((most for most, _lines in minutes), default=0),
        likes=room.likes_of([session.pk])[session.pk],
        lines=sum(lines for _most, lines in minutes),
        orders=sum(line.order_count for line in sold),
        paid_fen=sum(line.net_fen for line in sold),
        since=ended - session.on_air_at if session.on_air_at else None,
    )
