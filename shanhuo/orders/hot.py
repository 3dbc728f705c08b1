"""The micro-batch writer of hot sales.

Thousands may want the same ten boxes in the same second. One transaction for each would queue for
one row and pay one fsync each. Here they wait in a list; one thread with one connection takes all
that wait, locks the sale's row once, deals the units out in the order of arrival, inserts what it
dealt, commits once, and then everybody is answered. No delay is added: a round is whatever arrived
during the last commit.

The row lock, the CHECK on `left_count` and the unique (sale, buyer) decide, not the process: any
number of processes may run a writer. Works the same on SQLite and PostgreSQL.
"""

import asyncio
import json
import logging
import threading
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from django.db import Error, IntegrityError, connection, transaction

from shanhuo.kernel import clock
from shanhuo.orders import policy
from shanhuo.orders.choices import SaleState
from shanhuo.orders.models import HotClaim, HotSale

MOST_WAITING = 20_000
MOST_IN_A_ROUND = 2_000
_log = logging.getLogger(__name__)


class State(StrEnum):
    """What became of a wish."""

    KEPT = "kept"
    SOLD_OUT = "sold_out"
    NOT_OPEN = "not_open"
    CLOSED = "closed"
    TOO_MANY = "too_many"
    GIVEN_BACK = "given_back"
    NO_SALE = "no_sale"
    TRY_AGAIN = "try_again"


@dataclass(frozen=True, slots=True)
class Wish:
    """Somebody wants some units of a sale."""

    sale_id: int
    buyer_id: int
    quantity: int


@dataclass(frozen=True, slots=True)
class Answer:
    """`quantity` and `expires_at` belong to a KEPT wish; the same wish again is answered alike."""

    state: State
    quantity: int = 0
    expires_at: datetime | None = None


_NOT_NOW = {
    SaleState.COMING: Answer(State.NOT_OPEN),
    SaleState.OVER: Answer(State.CLOSED),
}


class Busy(Exception):
    """More wishes wait than can be answered soon."""


class Writer:
    """Takes wishes on an event loop and deals with them, round by round, in one thread."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._waiting: list[tuple[Wish, asyncio.Future[Answer]]] = []
        self._wake = threading.Event()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="hot-writer", daemon=True)
        self._thread.start()

    def take(self, wish: Wish) -> "asyncio.Future[Answer]":
        """The answer, once it is on disk. Raises Busy."""
        if len(self._waiting) >= MOST_WAITING:
            raise Busy
        future: asyncio.Future[Answer] = self._loop.create_future()
        self._waiting.append((wish, future))
        self._wake.set()
        return future

    def close(self) -> None:
        """Answer what waits, then stop."""
        self._stopping = True
        self._wake.set()
        self._thread.join(timeout=10)

    def _run(self) -> None:
        while not (self._stopping and not self._waiting):
            self._wake.wait()
            self._wake.clear()
            while self._waiting:
                self._round()
        connection.close()

    def _round(self) -> None:
        # Slicing and deleting are single steps under the interpreter's lock; `take` only appends.
        wanted = self._waiting[:MOST_IN_A_ROUND]
        del self._waiting[: len(wanted)]
        answers = decide([wish for wish, _future in wanted], now=clock.now())
        self._loop.call_soon_threadsafe(_tell, [future for _wish, future in wanted], answers)


def _tell(futures: "Sequence[asyncio.Future[Answer]]", answers: Sequence[Answer]) -> None:
    for future, answer in zip(futures, answers, strict=True):
        if not future.done():
            future.set_result(answer)


def decide(wishes: Sequence[Wish], *, now: datetime) -> list[Answer]:
    """Deal with all wishes in one transaction; an answer means that it is committed.

    Where the database fails, nobody got anything and everybody is told to try again. A wish that
    breaks a constraint (its buyer is gone) must not spoil the others': then each goes alone.
    """
    try:
        return _one_transaction(wishes, now=now)
    except IntegrityError:
        if len(wishes) == 1:
            return [Answer(State.TRY_AGAIN)]
        return [decide([wish], now=now)[0] for wish in wishes]
    except Error:
        _log.exception("a round of a hot sale failed; its %d buyers try again", len(wishes))
        connection.close()
        return [Answer(State.TRY_AGAIN)] * len(wishes)


def _one_transaction(wishes: Sequence[Wish], *, now: datetime) -> list[Answer]:
    by_sale: dict[int, list[int]] = defaultdict(list)
    for place, wish in enumerate(wishes):
        by_sale[wish.sale_id].append(place)
    answers = [Answer(State.NO_SALE)] * len(wishes)
    with transaction.atomic():
        # Ascending pk: two processes queue for the rows instead of deadlocking.
        sales = HotSale.objects.filter(pk__in=by_sale).order_by("pk")
        for sale in sales.select_for_update(no_key=True):
            places = by_sale[sale.pk]
            dealt = _deal(sale, [wishes[place] for place in places], now=now)
            for place, answer in zip(places, dealt, strict=True):
                answers[place] = answer
    return answers


def _deal(sale: HotSale, wishes: Sequence[Wish], *, now: datetime) -> list[Answer]:
    """Deal out a locked sale in the order of arrival."""
    closed = _NOT_NOW.get(sale.state_at(now))
    known = _claims(sale.pk, [wish.buyer_id for wish in wishes])
    expires_at = now + policy.hold_for()
    taken: dict[int, int] = {}
    left = sale.left_count
    answers = []
    for wish in wishes:
        answer = known.get(wish.buyer_id) or closed
        if answer is None and not 1 <= wish.quantity <= sale.per_person:
            answer = Answer(State.TOO_MANY)
        if answer is None and wish.quantity > left:
            answer = Answer(State.SOLD_OUT)
        if answer is None:
            left -= wish.quantity
            taken[wish.buyer_id] = wish.quantity
            answer = Answer(State.KEPT, wish.quantity, expires_at)
            known[wish.buyer_id] = answer
        answers.append(answer)
    if taken:
        _keep(sale.pk, taken, now=now, expires_at=expires_at)
        HotSale.objects.filter(pk=sale.pk).update(
            left_count=left, sold_out_at=None if left else now
        )
    return answers


_KNOWN = {
    "postgresql": (
        "SELECT buyer_id, quantity, status, expires_at FROM orders_hotclaim "
        "WHERE sale_id = %s AND buyer_id = ANY(%s)"
    ),
    "sqlite": (
        "SELECT buyer_id, quantity, status, expires_at FROM orders_hotclaim "
        "WHERE sale_id = %s AND buyer_id IN (SELECT value FROM json_each(%s))"
    ),
}
_INSERT = {
    "postgresql": (
        "INSERT INTO orders_hotclaim (sale_id, status, claimed_at, expires_at, buyer_id, quantity) "
        "SELECT %s, 'held', %s, %s, buyer, units "
        "FROM unnest(%s::bigint[], %s::smallint[]) AS wanted(buyer, units)"
    ),
    "sqlite": (
        "INSERT INTO orders_hotclaim (sale_id, status, claimed_at, expires_at, buyer_id, quantity) "
        "SELECT %s, 'held', %s, %s, value ->> 0, value ->> 1 FROM json_each(%s)"
    ),
}


def _claims(sale_id: int, buyer_ids: Sequence[int]) -> dict[int, Answer]:
    """What these buyers have of the sale already; a repeated wish is answered like the first."""
    wanted = json.dumps(buyer_ids) if connection.vendor == "sqlite" else list(buyer_ids)
    with connection.cursor() as cursor:
        cursor.execute(_KNOWN[connection.vendor], [sale_id, wanted])
        rows = cursor.fetchall()
    return {buyer_id: _as_before(*row) for buyer_id, *row in rows}


def _as_before(quantity: int, status: str, expires_at: datetime) -> Answer:
    if status == HotClaim.Status.EXPIRED:
        return Answer(State.GIVEN_BACK)
    # SQLite keeps UTC without saying so.
    return Answer(State.KEPT, quantity, expires_at.replace(tzinfo=expires_at.tzinfo or UTC))


def _keep(sale_id: int, taken: dict[int, int], *, now: datetime, expires_at: datetime) -> None:
    moments = [connection.ops.adapt_datetimefield_value(at) for at in (now, expires_at)]
    # Many rows as one or two parameters: arrays for PostgreSQL, JSON for SQLite.
    if connection.vendor == "sqlite":
        rows: list[Any] = [json.dumps(list(taken.items()))]
    else:
        rows = [list(taken), list(taken.values())]
    with connection.cursor() as cursor:
        cursor.execute(_INSERT[connection.vendor], [sale_id, *moments, *rows])
