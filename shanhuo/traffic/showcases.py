"""What the goods of a live session drew: how often their pages were opened out of the room, from
the log, and how many orders were paid; each also for the time in which they were talked about."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from shanhuo.live import queries as live
from shanhuo.live.queries import AnySession, ItemTalk, ProductResult, SessionResult
from shanhuo.orders import queries as orders
from shanhuo.traffic import moments
from shanhuo.traffic.kinds import Kind, ObjectKind
from shanhuo.traffic.log import SignalLog

Moments = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Pull:
    """Of one product while the session ran, and of these in its talks. An order counts when it was
    placed, once it is paid."""

    opened: int = 0
    opened_in_talks: int = 0
    orders: int = 0
    orders_in_talks: int = 0


def pulls_of(log: SignalLog, session: AnySession, *, now: datetime) -> dict[int, Pull]:
    """Product id -> what it drew, from the first picture to the end, or until now."""
    talks = live.talks_of(session)
    if session.on_air_at is None or not talks:
        return {}
    until = session.ended_at or now
    opened = _openings(log, talks, since=session.on_air_at, until=until)
    placed = _orders(session.public_id, until=until)
    spans: dict[int, list[tuple[int, int]]] = {}
    for item in talks:
        spans.setdefault(item.product_id, []).extend(_in_ms(item, until=until))
    none = np.empty(0, np.int64)
    return {
        product: Pull(
            len(seen := opened.get(product, none)),
            _within(seen, within),
            len(bought := placed.get(product, none)),
            _within(bought, within),
        )
        for product, within in spans.items()
    }


def goods_of(
    log: SignalLog, session: AnySession, result: SessionResult, *, now: datetime
) -> list[tuple[ProductResult, Pull]]:
    """What each product of a session brought, and what it drew."""
    drew = pulls_of(log, session, now=now)
    return [(one, drew.get(one.product_id, Pull())) for one in result.products]


def _openings(
    log: SignalLog, talks: Sequence[ItemTalk], *, since: datetime, until: datetime
) -> dict[int, Moments]:
    product_of = {item.item_id: item.product_id for item in talks}
    with log.open(since=since, until=until) as connection:
        rows = connection.execute(
            "SELECT object, at_ms FROM signals WHERE kind = ? AND object_kind = ?"
            " AND object IN (SELECT unnest(?))",
            [int(Kind.OPEN_ITEM), int(ObjectKind.SHOWCASE_ITEM), list(product_of)],
        ).fetchall()
    return _by_product((product_of[item], at_ms) for item, at_ms in rows)


def _orders(session: str, *, until: datetime) -> dict[int, Moments]:
    """When orders with each product were placed; two sizes of it in one order are one order."""
    first: dict[tuple[int, int], int] = {}
    for product, order, placed_at in orders.paid_moments_of_session(session):
        if placed_at < until:
            first.setdefault((product, order), moments.to_ms(placed_at))
    return _by_product((product, at_ms) for (product, _order), at_ms in first.items())


def _by_product(rows: Iterable[tuple[int, int]]) -> dict[int, Moments]:
    found: dict[int, list[int]] = {}
    for product, at_ms in rows:
        found.setdefault(product, []).append(at_ms)
    return {product: np.asarray(times, np.int64) for product, times in found.items()}


def _in_ms(item: ItemTalk, *, until: datetime) -> list[tuple[int, int]]:
    return [(moments.to_ms(begun), moments.to_ms(ended or until)) for begun, ended in item.talks]


def _within(times: Moments, spans: Iterable[tuple[int, int]]) -> int:
    inside = np.zeros(len(times), bool)
    for begun, ended in spans:
        inside |= (times >= begun) & (times < ended)
    return int(inside.sum())
