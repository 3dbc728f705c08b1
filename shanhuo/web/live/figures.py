"""What the people of a session see of it while it runs."""

import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from shanhuo.live import queries
from shanhuo.live.queries import ArrivalResult, room
from shanhuo.orders import queries as orders
from shanhuo.traffic import queries as traffic
from shanhuo.traffic.showcases import Pull, pulls_of

LOG_READ_EVERY_S = 15.0
"""A desk asks every five seconds; reading the log costs more than all its other figures."""


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


@dataclass(frozen=True, slots=True)
class Audience:
    """For the desk: where viewers came from, and what each product (id) drew, as of `at`."""

    arrivals: tuple[ArrivalResult, ...]
    pulls: dict[int, Pull]
    at: datetime

    @property
    def joins(self) -> int:
        return sum(one.joins for one in self.arrivals)


_read: dict[str, tuple[float, dict[int, Pull], datetime]] = {}


def audience_of(session: Any, *, now: datetime) -> Audience:
    pulls, at = _pulls(session, now)
    return Audience(queries.arrivals_of([session.pk])[session.pk], pulls, at)


def _pulls(session: Any, now: datetime) -> tuple[dict[int, Pull], datetime]:
    """Read lately by this process, or now."""
    moment = time.monotonic()
    read_at, pulls, at = _read.get(session.public_id, (float("-inf"), {}, now))
    if moment - read_at < LOG_READ_EVERY_S:
        return pulls, at
    for other in [one for one, (then, *_) in _read.items() if moment - then >= LOG_READ_EVERY_S]:
        del _read[other]
    pulls = pulls_of(traffic.signal_log(), session, now=now)
    _read[session.public_id] = moment, pulls, now
    return pulls, now
