"""A grant counted again, from its terms and the signal log alone, and held against the ledger."""

from dataclasses import dataclass
from datetime import date, datetime

from shanhuo.kernel import clock
from shanhuo.traffic.grants import book, booking
from shanhuo.traffic.grants.book import Kind, Page
from shanhuo.traffic.grants.booking import Booked, Difference
from shanhuo.traffic.grants.counting import count
from shanhuo.traffic.log import SignalLog, Snapshot
from shanhuo.traffic.models import Contract, Grant
from shanhuo.traffic.models.ledger import Account


@dataclass(frozen=True, slots=True)
class ContractRecount:
    """One contract. `quota`: what was asked for it, with what was `pooled` since: came to a county,
    or, below 0, went to it. `left`: what that still promises by the log; `ledger_left`: what lies
    with the object, with the feed, or went back to the programme."""

    contract: int
    name: str
    kind: str
    quota: int
    pooled: int
    shown: int
    excluded: int
    left: int
    ledger_shown: int
    ledger_excluded: int
    ledger_left: int

    @property
    def delivered(self) -> int:
        return self.shown - self.excluded

    @property
    def ledger_delivered(self) -> int:
        return self.ledger_shown - self.ledger_excluded

    @property
    def agrees(self) -> bool:
        ledger = (self.ledger_shown, self.ledger_excluded, self.ledger_left)
        return (self.shown, self.excluded, self.left) == ledger


@dataclass(frozen=True, slots=True)
class DayRecount:
    day: date
    log: Booked
    ledger: Booked


@dataclass(frozen=True, slots=True)
class GrantRecount:
    """`broken_at`: the place in the programme's chain that does not hold, or None."""

    at: datetime
    contracts: list[ContractRecount]
    days: list[DayRecount]
    differences: list[Difference]
    broken_at: int | None
    head: str

    @property
    def agrees(self) -> bool:
        # What left one contract for the county came to another.
        whole = sum(one.pooled for one in self.contracts) == 0
        sums = whole and all(one.agrees for one in self.contracts)
        return sums and not self.differences and self.broken_at is None


def book_and_recount(log: SignalLog, grant: Grant, *, now: datetime) -> GrantRecount:
    """Book what the log holds at this moment, and count exactly that again.

    Somebody else may book what came later in between; then it is done once more.
    """
    for _ in range(booking.ATTEMPTS):
        snapshot = log.snapshot()
        booking.book_recent(log, now=now, snapshot=snapshot)
        found = recount(log, grant, now=now, snapshot=snapshot)
        if found.agrees:
            break
    return found


def recount(
    log: SignalLog, grant: Grant, *, now: datetime, snapshot: Snapshot | None = None
) -> GrantRecount:
    """Count the log again. It writes nothing: signals not booked yet are differences."""
    until = max(clock.day_of(now), grant.starts_on)
    contracts = list(grant.contracts.select_related("grant").order_by("pk"))
    pages = book.pages(contract.pk for contract in contracts)
    numbers = {contract.pk for contract in contracts}
    every = count(log, since=grant.starts_on, until=until, snapshot=snapshot)
    days = [one for one in every if one.contract in numbers]
    known = booking.booked(grant.entries.all())
    told = {(one.contract, one.day): Booked(one.shown, one.excluded) for one in days}
    head = grant.programme.entries.order_by("-sequence").values_list("digest", flat=True).first()
    return GrantRecount(
        at=now,
        contracts=[_contract(one, pages[one.pk], told, known) for one in contracts],
        days=[
            DayRecount(day, _sum_of(told, day), _sum_of(known, day))
            for day in sorted({day for _, day in told.keys() | known.keys()})
        ],
        differences=booking.compare(days, known),
        broken_at=book.first_break(grant.programme_id),
        head=head or "",
    )


def _contract(
    contract: Contract,
    page: Page,
    told: dict[tuple[int, date], Booked],
    known: dict[tuple[int, date], Booked],
) -> ContractRecount:
    log, ledger = _sum_over(told, contract.pk), _sum_over(known, contract.pk)
    promised = Grant.Status(contract.grant.status) not in {
        Grant.Status.REQUESTED,
        Grant.Status.REFUSED,
    }
    quota = contract.promised_count if promised else 0
    return ContractRecount(
        contract=contract.pk,
        name=contract.name,
        kind=contract.kind,
        quota=quota,
        pooled=contract.pooled_count,
        shown=log.shown,
        excluded=log.excluded,
        left=max(0, quota - (log.shown - log.excluded)),
        ledger_shown=ledger.shown,
        ledger_excluded=ledger.excluded,
        ledger_left=page.lies[Account.OBJECT]
        + page.lies[Account.RESERVED]
        + page.moved[Kind.RETURN],
    )


def _sum_over(rows: dict[tuple[int, date], Booked], contract: int) -> Booked:
    mine = [one for (number, _), one in rows.items() if number == contract]
    return Booked(sum(one.shown for one in mine), sum(one.excluded for one in mine))


def _sum_of(rows: dict[tuple[int, date], Booked], day: date) -> Booked:
    that_day = [one for (_, other), one in rows.items() if other == day]
    return Booked(sum(one.shown for one in that_day), sum(one.excluded for one in that_day))
