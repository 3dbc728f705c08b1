"""Bringing the ledger up to what the log says, and proving that it is."""

import logging
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet, Sum

from shanhuo.kernel import clock
from shanhuo.traffic.grants import book, leases, pooling
from shanhuo.traffic.grants.book import Book, Kind
from shanhuo.traffic.grants.counting import DayCount, count
from shanhuo.traffic.log import SignalLog, Snapshot
from shanhuo.traffic.models import Contract, Grant, LedgerEntry, Programme, Reconciliation
from shanhuo.traffic.models.ledger import Account

LATE = timedelta(days=1)
"""Signals come up to two hours late; so a run counts yesterday too."""

ATTEMPTS = 5
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Booked:
    """What the ledger says of one contract and day."""

    shown: int = 0
    excluded: int = 0


@dataclass(frozen=True, slots=True)
class Difference:
    """A contract and day of which log and ledger tell different stories."""

    contract: int
    day: date
    log: Booked
    ledger: Booked

    def as_json(self) -> dict[str, object]:
        return {
            "contract": self.contract,
            "day": self.day.isoformat(),
            "log": [self.log.shown, self.log.excluded],
            "ledger": [self.ledger.shown, self.ledger.excluded],
        }


@dataclass(frozen=True, slots=True)
class Outcome:
    """One programme, booked: entries written, and how its ledger compares with what was counted."""

    written: int
    days: int
    delivered: int
    differences: list[Difference]


def book_recent(log: SignalLog, *, now: datetime, snapshot: Snapshot | None = None) -> int:
    """Book what the log says of yesterday and today; returns how many entries were written."""
    today = clock.day_of(now)
    outcomes = book_days(log, since=today - LATE, until=today, now=now, snapshot=snapshot)
    return sum(one.written for one in outcomes.values())


def book_days(
    log: SignalLog, *, since: date, until: date, now: datetime, snapshot: Snapshot | None = None
) -> dict[int, Outcome]:
    """Book every exposure of these days that is not in the ledger yet, and settle what is over.

    Returns outcomes by programme. Safe to run twice, beside others who book, and while everybody
    serves. Days of which the log holds less than the ledger are left as they are: only a person may
    say why.
    """
    leases.bury(now=now)
    done: dict[int, Outcome] = {}
    for _ in range(ATTEMPTS):
        heads = book.heads()
        counted: dict[int, list[DayCount]] = defaultdict(list)
        for one in count(log, since=since, until=until, snapshot=snapshot):
            counted[one.contract].append(one)
        wanted = _contracts_of(counted, since, until)
        for programme_id, contract_ids in wanted.items():
            if programme_id in done:
                continue
            outcome = _book_programme(
                programme_id, contract_ids, counted, since, until, now, heads.get(programme_id, 0)
            )
            if outcome is not None:
                done[programme_id] = outcome
        if done.keys() >= wanted.keys():
            break
    return done


def _contracts_of(counted: Iterable[int], since: date, until: date) -> dict[int, list[int]]:
    """Contracts with something to book, to settle or to compare, by programme."""
    promised = Contract.objects.exclude(
        grant__status__in=[Grant.Status.REQUESTED, Grant.Status.REFUSED]
    )
    known = LedgerEntry.objects.filter(day__range=(since, until)).values("contract")
    rows = promised.filter(Q(settled_at=None) | Q(pk__in=list(counted)) | Q(pk__in=known))
    found: dict[int, list[int]] = defaultdict(list)
    for pk, programme_id in rows.order_by("pk").values_list("pk", "grant__programme"):
        found[programme_id].append(pk)
    return found


@transaction.atomic
def _book_programme(
    programme_id: int,
    contract_ids: list[int],
    counted: dict[int, list[DayCount]],
    since: date,
    until: date,
    now: datetime,
    head: int,
) -> Outcome | None:
    """None, and nothing done, if somebody else wrote after the log was counted (`head` was the last
    entry then): the count may be older than the ledger, and must be made anew."""
    ledger = Book(programme_id, now=now)
    if ledger.head != head:
        return None
    entries = LedgerEntry.objects.filter(contract__in=contract_ids, day__range=(since, until))
    known = booked(entries)
    rows = Contract.objects.filter(pk__in=contract_ids)
    pooled = pooling.hold_open(rows.values_list("grant", flat=True), now=now)
    air = leases.in_the_air(contract_ids, now=now)
    pages = book.pages(contract_ids)
    unusable: list[tuple[Contract, int]] = []
    for contract in rows.select_related("grant__county", "grant__programme").order_by("pk"):
        account = _Account(contract, pages[contract.pk].lies, ledger, now)
        account.bring_up(counted.get(contract.pk, []), known, air.get(contract.pk, 0))
        unusable.append((contract, account.unusable(air.get(contract.pk, 0))))
    # Only now: the county's contract must not be closed over what comes to it.
    for contract, rest in unusable:
        if contract.grant_id in pooled and pooling.can_pool(contract):
            pooling.pool(contract, rest, ledger, now=now)
        else:
            ledger.move(Kind.RETURN, rest, contract=contract)
    written, known = ledger.write(), booked(entries.all())
    days = [day for contract in contract_ids for day in counted.get(contract, [])]
    return Outcome(
        written=written,
        days=len({(day.contract, day.day) for day in days} | set(known)),
        delivered=sum(one.shown - one.excluded for one in known.values()),
        differences=compare(days, known),
    )


@dataclass(slots=True)
class _Account:
    """One contract while it is booked, and what lies in its accounts."""

    contract: Contract
    lies: Counter[Account]
    ledger: Book
    now: datetime

    @property
    def free(self) -> int:
        return self.lies[Account.OBJECT]

    @property
    def reserved(self) -> int:
        return self.lies[Account.RESERVED]

    def bring_up(
        self, days: list[DayCount], known: dict[tuple[int, date], Booked], air: int
    ) -> None:
        excluded = 0
        for day in days:
            before = known.get((self.contract.pk, day.day), Booked())
            if day.shown < before.shown or day.excluded < before.excluded:
                # The comparison after the booking tells.
                continue
            self._deliver(day.shown - before.shown, day.day)
            self._exclude(day.excluded - before.excluded, day.day)
            excluded += day.excluded - before.excluded
        self._reserve(air)
        quiet = all(day.day < clock.day_of(self.now) for day in days)
        self._note(excluded, air, quiet=quiet)

    def _deliver(self, shown: int, day: date) -> None:
        """Out of what is reserved; what was lent since the last booking is reserved first."""
        lent = min(max(0, shown - self.reserved), self.free)
        self._move(Kind.RESERVE, lent)
        within = min(shown, self.reserved)
        self._move(Kind.DELIVER, within, day)
        self._move(Kind.BEYOND, shown - within, day)

    def _exclude(self, excluded: int, day: date) -> None:
        self._move(Kind.EXCLUDE, excluded, day)

    def _reserve(self, air: int) -> None:
        """Let the reserve be what is in the air, as far as the quota goes."""
        wanted = min(air, self.free + self.reserved)
        self._move(Kind.RESERVE, max(0, wanted - self.reserved))
        self._move(Kind.RELEASE, max(0, self.reserved - wanted))

    def _note(self, excluded: int, air: int, *, quiet: bool) -> None:
        """End what is all delivered. A day must have been `quiet`: what is excluded today may still
        be delivered today."""
        contract, fields = self.contract, []
        if excluded:
            contract.excluded_count += excluded
            fields.append("excluded_count")
        if contract.ended_at is None and quiet and not self.free and not self.reserved:
            contract.ended_at, contract.end_reason = self.now, Contract.EndReason.DELIVERED
            fields += ["ended_at", "end_reason"]
        if contract.ended_at is not None and not air and contract.settled_at is None:
            contract.settled_at = self.now
            fields.append("settled_at")
        if fields:
            contract.save(update_fields=fields)

    def unusable(self, air: int) -> int:
        """What an ended contract has left, once nothing of it is in the air. An exposure that some
        process has read already, and this count of the log has not, is not left."""
        contract = self.contract
        if contract.ended_at is None or air:
            return 0
        read = contract.seen_count - contract.excluded_count
        left = contract.promised_count - max(read, self.lies[Account.DELIVERED])
        return max(0, min(left, self.free))

    def _move(self, kind: Kind, amount: int, day: date | None = None) -> None:
        """Note it in the chain and in the balances."""
        source, target = book.ROUTES[kind]
        self.lies[source] -= amount
        self.lies[target] += amount
        self.ledger.move(kind, amount, contract=self.contract, day=day)


def booked(entries: "QuerySet[LedgerEntry]") -> dict[tuple[int, date], Booked]:
    """What the ledger says was shown and excluded, by contract and day."""
    rows = (
        entries.filter(kind__in=[Kind.DELIVER, Kind.BEYOND, Kind.EXCLUDE])
        .values_list("contract", "day", "kind")
        .annotate(amount=Sum("amount"))
        .order_by()
    )
    found: dict[tuple[int, date], Booked] = {}
    for contract, day, kind, amount in rows:
        before = found.get((contract, day), Booked())
        if kind == Kind.EXCLUDE:
            found[contract, day] = Booked(before.shown, before.excluded + amount)
        else:
            found[contract, day] = Booked(before.shown + amount, before.excluded)
    return found


NIGHTLY_AFTER = timedelta(hours=2, minutes=10)
"""After midnight in Shanghai: sheets of yesterday are dead by then."""


def is_due(*, now: datetime) -> bool:
    """Whether yesterday is complete and was not reconciled yet."""
    ripe = clock.start_of(clock.day_of(now)) + NIGHTLY_AFTER
    # One from the future was made by a clock that ran ahead.
    return now >= ripe and not Reconciliation.objects.filter(at__range=(ripe, now)).exists()


def reconcile(log: SignalLog, *, now: datetime) -> list[Reconciliation]:
    """Book everything, hold every day of every programme against the log, and every chain against
    its digests. One row per programme says what was found; a difference is an error."""
    programmes = list(Programme.objects.order_by("pk"))
    if not programmes:
        return []
    first = min(programme.starts_on for programme in programmes)
    outcomes = book_days(log, since=first, until=clock.day_of(now), now=now)
    return [_note_outcome(one, outcomes.get(one.pk, NOTHING), now) for one in programmes]


NOTHING = Outcome(0, 0, 0, [])
"""Of a programme without a contract."""


def _note_outcome(programme: Programme, outcome: Outcome, now: datetime) -> Reconciliation:
    row = Reconciliation.objects.create(
        programme=programme,
        at=now,
        days=outcome.days,
        delivered_count=outcome.delivered,
        differences=[one.as_json() for one in outcome.differences],
        broken_at=book.first_break(programme.pk),
    )
    if not row.agrees:
        _log.error("grants: ledger and log differ: programme=%s", programme.public_id)
    return row


def compare(days: Iterable[DayCount], known: dict[tuple[int, date], Booked]) -> list[Difference]:
    """Every contract and day on which log and ledger differ, in order."""
    told = {(one.contract, one.day): Booked(one.shown, one.excluded) for one in days}
    nothing = Booked()
    return [
        Difference(*key, told.get(key, nothing), known.get(key, nothing))
        for key in sorted(told.keys() | known.keys())
        if told.get(key, nothing) != known.get(key, nothing)
    ]
