"""Facts (事实): what must never be lost or doubled, told by a lower room to the rooms above it.

A room declares its facts in `events.py` as frozen dataclasses; a service records one in the
transaction that made it true; a room above receives it in `receivers.py`. Delivery is a job in
that same transaction: at least once. The receipt is written with the effect: applied once.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, TypeVar

import msgspec
from django.db import transaction
from django.db.models import QuerySet

from shanhuo.kernel import jobs
from shanhuo.kernel.models import FactReceipt, FactRecord
from shanhuo.kernel.prepared import prepared
from shanhuo.kernel.rows import insert


@dataclass(frozen=True, slots=True)
class Fact:
    """Base of every fact. Fields are plain values: str, int, bool, lists and dicts of them."""


AnyFact = TypeVar("AnyFact", bound=Fact)


# (fact, *, fact_id, at): applies a fact by writing to the database, and nowhere else.
Receiver = Callable[..., None]

_receivers: dict[str, tuple[type[Fact], Receiver]] = {}


def kind_of(fact_type: type[Fact]) -> str:
    """`shanhuo.orders.events.OrderPaid` -> "orders.OrderPaid"."""
    return f"{fact_type.__module__.split('.')[1]}.{fact_type.__name__}"


def receives(fact_type: type[Fact]) -> Callable[[Receiver], Receiver]:
    """Register a `Receiver` of `fact_type`; its import path is its lasting name."""

    def register(receiver: Receiver) -> Receiver:
        _receivers[f"{receiver.__module__}.{receiver.__qualname__}"] = (fact_type, receiver)
        return receiver

    return register


def record(fact: Fact, *, now: datetime) -> int:
    """Write a fact inside the caller's transaction and promise it to its receivers.

    Returns the fact's id. Raises RuntimeError outside a transaction: a fact that could outlive the
    rows it speaks of would be a rumour.
    """
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("a fact is recorded in the transaction of the rows it describes")
    row = FactRecord(kind=kind_of(type(fact)), at=now, payload=asdict(fact))
    insert([row])
    for name in receivers_of(type(fact)):
        deliver.enqueue(row.pk, name)
    return row.pk


def receivers_of(fact_type: type[Fact]) -> Iterator[str]:
    """Names of the receivers registered for a fact."""
    return (name for name, (received, _) in _receivers.items() if received is fact_type)


def known_receivers() -> Iterator[tuple[str, str]]:
    """(receiver, kind of fact it applies), for operators who replay."""
    return ((name, kind_of(received)) for name, (received, _) in sorted(_receivers.items()))


@jobs.task()
def deliver(fact_id: int, receiver_name: str) -> None:
    """Apply one fact to one receiver, unless its receipt says that it was."""
    fact_type, receiver = _receivers[receiver_name]
    row = FactRecord.objects.get(pk=fact_id)
    with transaction.atomic():
        _, first_time = FactReceipt.objects.get_or_create(fact=row, receiver=receiver_name)
        if first_time:
            receiver(_read(row, fact_type), fact_id=row.pk, at=row.at)


def replay(receiver_name: str, *, since: datetime, until: datetime, again: bool = False) -> int:
    """Deliver the facts of a period once more; returns how many were enqueued.

    Receipts make that harmless. `again=True` tears them up first: for a receiver whose tables were
    emptied and shall be filled anew. Raises KeyError for an unknown receiver.
    """
    fact_type, _ = _receivers[receiver_name]
    rows = FactRecord.objects.filter(kind=kind_of(fact_type), at__gte=since, at__lt=until)
    with transaction.atomic():
        if again:
            FactReceipt.objects.filter(fact__in=rows, receiver=receiver_name).delete()
        ids = list(rows.order_by("pk").values_list("pk", flat=True))
        for fact_id in ids:
            deliver.enqueue(fact_id, receiver_name)
    return len(ids)


@dataclass(frozen=True, slots=True)
class RecordedFact:
    """A fact as it stands in the log."""

    id: int
    at: datetime
    payload: dict[str, Any]


def read_log(fact_type: type[Fact], *, since: datetime, until: datetime) -> Iterator[RecordedFact]:
    """The facts of one kind with `since <= at < until`, oldest first, streamed."""
    rows = FactRecord.objects.filter(kind=kind_of(fact_type), at__gte=since, at__lt=until)
    for row in rows.order_by("at", "pk").iterator(chunk_size=2000):
        yield RecordedFact(id=row.pk, at=row.at, payload=row.payload)


def read_lately(fact_type: type[Fact], *, since: datetime, until: datetime) -> list[RecordedFact]:
    """As `read_log`, all at once: for who asks for the last minutes again and again."""
    rows = _between(kind=kind_of(fact_type), since=since, until=until)
    return [RecordedFact(*row) for row in rows]


@prepared
def _between(
    kind: str, since: datetime, until: datetime
) -> "QuerySet[FactRecord, tuple[int, datetime, dict[str, Any]]]":
    rows = FactRecord.objects.filter(kind=kind, at__gte=since, at__lt=until).order_by("at", "pk")
    return rows.values_list("pk", "at", "payload")


def redact(
    fact_types: Iterable[type[Fact]],
    *,
    field: str,
    equals: str,
    clean: Callable[[dict[str, Any]], None],
) -> int:
    """Take what leads to a person out of facts that were told; returns how many were looked at.

    Concerns facts of these types whose top-level `field` equals a text. `clean` changes a payload
    in place; it must leave alone what figures are counted from. Safe to run twice.
    """
    kinds = [kind_of(fact_type) for fact_type in fact_types]
    rows = list(FactRecord.objects.filter(kind__in=kinds, **{f"payload__{field}": equals}))
    for row in rows:
        clean(row.payload)
    FactRecord.objects.bulk_update(rows, ["payload"], batch_size=500)
    return len(rows)


def count_log(fact_types: Iterable[type[Fact]], *, since: datetime, until: datetime) -> int:
    """How many facts of these kinds `read_log` would give."""
    kinds = [kind_of(fact_type) for fact_type in fact_types]
    return FactRecord.objects.filter(kind__in=kinds, at__gte=since, at__lt=until).count()


def first_at(fact_types: Iterable[type[Fact]]) -> datetime | None:
    """When the oldest fact of these kinds happened; None if there is none."""
    kinds = [kind_of(fact_type) for fact_type in fact_types]
    rows = FactRecord.objects.filter(kind__in=kinds).order_by("at")
    return rows.values_list("at", flat=True).first()


def _read(row: FactRecord, fact_type: type[AnyFact]) -> AnyFact:
    return msgspec.convert(row.payload, fact_type, strict=False)
