"""One round of a hot sale: many wishes, one transaction.

Thousands may want the same ten boxes in the same second. One transaction for each would queue for
one row and pay one fsync each. Here a round locks the sale's row once, deals the units out in the
order of arrival, inserts what it dealt and commits once. `orders.line` knows who waits for it.

The row lock, the CHECK on `left_count` and the unique (sale, buyer) decide, not the process: any
number of processes may deal. Works the same on SQLite and PostgreSQL.
"""

import fcntl
import logging
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

import msgspec
from django.db import Error, IntegrityError, connection, transaction
from django.db.models import QuerySet

from shanhuo.kernel.prepared import prepared
from shanhuo.kernel.rows import change, standing_cursor, whole_numbers
from shanhuo.orders import policy
from shanhuo.orders.choices import SaleState
from shanhuo.orders.models import HotClaim, HotSale

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
    WAITING = "waiting"


class Wish(msgspec.Struct, frozen=True, gc=False):
    """Somebody wants some units of a sale."""

    sale_id: int
    buyer_id: int
    quantity: int


class Answer(msgspec.Struct, frozen=True, gc=False):
    """`quantity` and `expires_at` belong to a KEPT wish; the same wish again is answered alike.

    `place` and `again_s` belong to a WAITING one: about how many are before it, and in how many
    seconds asking again makes sense.
    """

    state: State
    quantity: int = 0
    expires_at: datetime | None = None
    place: int = 0
    again_s: int = 0


_NOT_NOW = {
    SaleState.COMING: Answer(State.NOT_OPEN),
    SaleState.OVER: Answer(State.CLOSED),
}


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


@contextmanager
def _turn() -> Iterator[None]:
    """One round at a time on SQLite. A process that finds the database locked sleeps up to a tenth
    of a second there; a lock on a file beside it wakes the next one at once."""
    name = str(connection.settings_dict["NAME"])
    if connection.vendor != "sqlite" or not Path(name).is_file():
        yield
        return
    with Path(f"{name}.turn").open("ab") as gate:
        fcntl.flock(gate, fcntl.LOCK_EX)
        yield


@contextmanager
def _pipelined() -> Iterator[None]:
    """PostgreSQL is asked three times in a round instead of seven: whatever needs no answer (begin,
    insert, subtract, commit) travels with the next question, or with the end."""
    if connection.vendor != "postgresql":
        yield
        return
    connection.ensure_connection()
    with connection.wrap_database_errors, connection.connection.pipeline():
        yield


def _one_transaction(wishes: Sequence[Wish], *, now: datetime) -> list[Answer]:
    by_sale: dict[int, list[int]] = defaultdict(list)
    for place, wish in enumerate(wishes):
        by_sale[wish.sale_id].append(place)
    answers = [Answer(State.NO_SALE)] * len(wishes)
    with _turn(), _pipelined(), transaction.atomic():
        for sale in _locked_sales(ids=list(by_sale)):
            places = by_sale[sale.pk]
            dealt = _deal(sale, [wishes[place] for place in places], now=now)
            for place, answer in zip(places, dealt, strict=True):
                answers[place] = answer
    return answers


@prepared
def _locked_sales(ids: Sequence[int]) -> QuerySet[HotSale]:
    """Ascending pk: two processes queue for the rows instead of deadlocking."""
    return HotSale.objects.filter(pk__in=ids).order_by("pk").select_for_update(no_key=True)


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
        change([sale], left_count=left, sold_out_at=None if left else now)
    return answers


_KNOWN = {
    "postgresql": (
        "SELECT buyer_id, quantity, status, expires_at FROM orders_hotclaim "
        "WHERE sale_id = %s AND buyer_id = ANY(%s::bigint[])"
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
    with standing_cursor(connection) as cursor:
        cursor.execute(_KNOWN[connection.vendor], [*whole_numbers(sale_id), _listed(buyer_ids)])
        rows = cursor.fetchall()
    return {buyer_id: _as_before(*row) for buyer_id, *row in rows}


def _as_before(quantity: int, status: str, expires_at: datetime) -> Answer:
    if status == HotClaim.Status.EXPIRED:
        return Answer(State.GIVEN_BACK)
    # SQLite keeps UTC without saying so.
    return Answer(State.KEPT, quantity, expires_at.replace(tzinfo=expires_at.tzinfo or UTC))


def _keep(sale_id: int, taken: dict[int, int], *, now: datetime, expires_at: datetime) -> None:
    moments = [connection.ops.adapt_datetimefield_value(at) for at in (now, expires_at)]
    if connection.vendor == "sqlite":
        rows = [f"[{','.join(map('[%d,%d]'.__mod__, taken.items()))}]"]
    else:
        rows = [_listed(taken), _listed(taken.values())]
    with standing_cursor(connection) as cursor:
        cursor.execute(_INSERT[connection.vendor], [*whole_numbers(sale_id), *moments, *rows])


def _listed(numbers: Iterable[int]) -> str:
    """One parameter, an array for PostgreSQL and JSON for SQLite. As text: a driver that looks at
    each number takes longer than the database."""
    form = "[%s]" if connection.vendor == "sqlite" else "{%s}"
    return form % ",".join(map(str, numbers))
