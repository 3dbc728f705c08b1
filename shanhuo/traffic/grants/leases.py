"""Who may give out how much: one truth for all web processes, in the database.

A process asks for a little of each contract every few seconds. Free is what is neither in the log
nor in the air of any process, so the sum can never pass the quota, whoever dies when:

    free = promised + excluded - seen - everybody's air

`seen` is the highest count any process has read in the log. A process lowers its air only together
with the count that it read, in one transaction; so nobody sees the one without the other. What a
dead process had in the air is counted until no exposure of it can be charged any more.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import F, Q, QuerySet, Sum

from shanhuo.kernel import clock
from shanhuo.kernel.prepared import prepared
from shanhuo.kernel.rows import change_each, put
from shanhuo.traffic.models import Contract, Grant, Lease
from shanhuo.traffic.sheets import CHARGED_MS

LEASE = timedelta(seconds=30)
PARTS = 20
"""Contracts are renewed in turns: those whose numbers leave the same rest."""
AIR_LIFE = timedelta(milliseconds=CHARGED_MS) + timedelta(minutes=1)
"""A minute more than exposures are charged: the last one must have come through the log."""


@dataclass(frozen=True, slots=True)
class Report:
    """What a process knows of one contract: how often it was `seen` by the log, in all and on the
    day; how many of its own slots are `out`; how many more it would like to give out."""

    seen: int = 0
    seen_on_day: int = 0
    out: int = 0
    wanted: int = 0


def deliverable(*, now: datetime) -> "QuerySet[Contract]":
    """Contracts that may be shown at this moment."""
    return _deliverable_on(clock.day_of(now))


def _deliverable_on(day: date) -> "QuerySet[Contract]":
    return Contract.objects.filter(
        grant__status__in=[Grant.Status.APPROVED, Grant.Status.RUNNING],
        grant__starts_on__lte=day,
        grant__ends_on__gte=day,
        ended_at=None,
    )


def seen_counts() -> list[tuple[int, int, date, int]]:
    """(contract, exposures seen, a day, those of that day) of contracts not given back yet, as
    processes told them."""
    rows = Contract.objects.filter(settled_at=None)
    told = rows.values_list("pk", "seen_count", "seen_day", "seen_on_day")
    return [(pk, seen, day, on_day) for pk, seen, day, on_day in told if day]


@prepared
def deliverable_of(
    day: date, placements: Sequence[str], parts: Sequence[int]
) -> "QuerySet[Contract, Contract]":
    """Those of these placements whose number, divided by PARTS, leaves one of `parts`; with their
    grants and trials, in the order of keys."""
    mine = _deliverable_on(day).filter(placement__in=placements)
    in_turn = mine.alias(part=F("pk") % PARTS).filter(part__in=parts)
    return in_turn.select_related("grant__trial").order_by("pk")


@transaction.atomic
def renew(process: str, reports: Mapping[int, Report], *, now: datetime) -> dict[int, int]:
    """Tell what was seen and what is out, and get leases: contract -> how many may be given out.

    Contracts that may not be shown any more get none; what is out of them stays in the air.
    """
    day = clock.day_of(now)
    # In the order of keys: two processes queue for the rows instead of deadlocking.
    numbers = list(reports)
    locked = _locked(numbers=numbers)
    live = {number for (number,) in _live_of(numbers=numbers, day=day)}
    others = dict(_air_of_others(process=process, numbers=numbers, after=now - AIR_LIFE))
    given: dict[int, int] = {}
    changed = []
    for contract in locked:
        report = reports[contract.pk]
        if _note_seen(contract, report, day):
            changed.append(contract)
        free = _free(contract, day) - others.get(contract.pk, 0) - report.out
        wanted = report.wanted if contract.pk in live else 0
        given[contract.pk] = max(0, min(wanted, free))
    change_each(changed, "seen_count", "seen_day", "seen_on_day")
    _write(process, {pk: given[pk] + reports[pk].out for pk in given}, now=now)
    return given


@transaction.atomic
def resign(process: str, out: Mapping[int, int], *, now: datetime) -> None:
    """A process ends: only what it gave out stays in the air, as of a dead one."""
    _write(process, out, now=now)
    Lease.objects.filter(process=process).update(expires_at=now)


def in_the_air(contract_ids: list[int], *, now: datetime) -> dict[int, int]:
    """What all processes have in the air, by contract; only of those that have something."""
    counting = Lease.objects.filter(contract__in=contract_ids, expires_at__gt=now - AIR_LIFE)
    rows = counting.values_list("contract").annotate(air=Sum("air_count")).order_by()
    return {pk: air for pk, air in rows if air}


def bury(*, now: datetime) -> int:
    """Forget leases of processes that died longer ago than air lasts; returns how many.

    A lease that ends later than any can was written by a clock that ran ahead: it ends now.
    """
    Lease.objects.filter(expires_at__gt=now + 2 * LEASE).update(expires_at=now + LEASE)
    return Lease.objects.filter(Q(expires_at__lte=now - AIR_LIFE)).delete()[0]


@prepared
def _locked(numbers: Sequence[int]) -> "QuerySet[Contract]":
    rows = Contract.objects.filter(pk__in=numbers).order_by("pk")
    promise = ("quota_count", "pooled_count", "day_cap")
    counts = ("seen_count", "seen_day", "seen_on_day", "excluded_count")
    return rows.only(*promise, *counts).select_for_update(of=("self",))


@prepared
def _live_of(numbers: Sequence[int], day: date) -> "QuerySet[Contract, tuple[int]]":
    return _deliverable_on(day).filter(pk__in=numbers).values_list("pk")


@prepared
def _air_of_others(
    process: str, numbers: Sequence[int], after: datetime
) -> "QuerySet[Lease, tuple[int, int]]":
    others = Lease.objects.exclude(process=process).filter(
        contract__in=numbers, expires_at__gt=after
    )
    return others.values_list("contract").annotate(air=Sum("air_count")).order_by()


def _note_seen(contract: Contract, report: Report, day: date) -> bool:
    """Keep the highest counts that anybody has read; whether that changed the row."""
    before = (contract.seen_count, contract.seen_day, contract.seen_on_day)
    contract.seen_count = max(contract.seen_count, report.seen)
    if contract.seen_day != day:
        # A later one was told by a clock that ran ahead.
        contract.seen_day, contract.seen_on_day = day, 0
    if contract.seen_day == day:
        contract.seen_on_day = max(contract.seen_on_day, report.seen_on_day)
    return before != (contract.seen_count, contract.seen_day, contract.seen_on_day)


def _free(contract: Contract, day: date) -> int:
    """What the quota and the cap of the day leave, before what is in the air."""
    free = contract.promised_count + contract.excluded_count - contract.seen_count
    if contract.day_cap is not None and contract.seen_day == day:
        free = min(free, contract.day_cap - contract.seen_on_day)
    return free


def _write(process: str, air: Mapping[int, int], *, now: datetime) -> None:
    """The leases of a process, in one statement; empty ones are not kept."""
    empty = [pk for pk, count in air.items() if not count]
    if empty:
        Lease.objects.filter(process=process, contract__in=empty).delete()
    until = now + LEASE
    put(
        (
            Lease(contract_id=pk, process=process, air_count=count, expires_at=until)
            for pk, count in air.items()
            if count
        ),
        unique=("contract_id", "process"),
    )
