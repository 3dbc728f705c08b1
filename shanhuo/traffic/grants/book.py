"""Writing in the ledger of exposures, and proving that nobody changed it."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from hashlib import sha256

from django.db import transaction
from django.db.models import Max, QuerySet, Sum

from shanhuo.traffic.models import Contract, LedgerEntry, Programme
from shanhuo.traffic.models.ledger import Account

Kind = LedgerEntry.Kind

ROUTES: dict[Kind, tuple[Account, Account]] = {
    Kind.ISSUE: (Account.SUPPLY, Account.BUDGET),
    Kind.GRANT: (Account.BUDGET, Account.PLAN),
    Kind.ASSIGN: (Account.PLAN, Account.OBJECT),
    # Through the grant and not across: so every entry speaks of one contract, as all others do.
    Kind.POOL: (Account.OBJECT, Account.PLAN),
    Kind.RESERVE: (Account.OBJECT, Account.RESERVED),
    Kind.RELEASE: (Account.RESERVED, Account.OBJECT),
    Kind.DELIVER: (Account.RESERVED, Account.DELIVERED),
    # What was excluded is promised again: fake views cannot use up what a county was granted.
    Kind.EXCLUDE: (Account.DELIVERED, Account.OBJECT),
    Kind.BEYOND: (Account.SUPPLY, Account.DELIVERED),
    Kind.RETURN: (Account.OBJECT, Account.BUDGET),
    Kind.EXPIRE: (Account.BUDGET, Account.EXPIRED),
}


class Book:
    """The chain of one programme, held for writing until the caller's transaction ends."""

    def __init__(self, programme_id: int, *, now: datetime) -> None:
        if not transaction.get_connection().in_atomic_block:
            raise RuntimeError("entries are written in the transaction of what they speak of")
        # The row is the lock: writers of one programme queue, those of others do not meet.
        self.programme = Programme.objects.select_for_update().get(pk=programme_id)
        head = LedgerEntry.objects.filter(programme_id=programme_id).order_by("-sequence").first()
        self._sequence, self._digest = (head.sequence, head.digest) if head else (0, "")
        self.head = self._sequence
        self._now = now
        self._entries: list[LedgerEntry] = []

    def move(
        self,
        kind: Kind,
        amount: int,
        *,
        grant_id: int | None = None,
        contract: Contract | None = None,
        day: date | None = None,
    ) -> None:
        """Note one movement; nothing at all when the amount is 0. `write` makes it so."""
        if not amount:
            return
        source, target = ROUTES[kind]
        self._sequence += 1
        entry = LedgerEntry(
            programme=self.programme,
            sequence=self._sequence,
            at=self._now,
            kind=kind,
            source=source,
            target=target,
            amount=amount,
            grant_id=contract.grant_id if contract else grant_id,
            contract=contract,
            day=day,
        )
        entry.digest = self._digest = digest_of(entry, self._digest)
        self._entries.append(entry)

    def write(self) -> int:
        """Append what was noted; returns how many entries."""
        written, self._entries = self._entries, []
        LedgerEntry.objects.bulk_create(written)
        return len(written)


def heads() -> dict[int, int]:
    """The last sequence of every programme's chain."""
    rows = LedgerEntry.objects.values_list("programme").annotate(last=Max("sequence")).order_by()
    return dict(rows)


def digest_of(entry: LedgerEntry, previous: str) -> str:
    """What seals an entry to the one before it; docs/grants.md says how to compute it elsewhere."""
    fields = [
        entry.sequence,
        previous,
        int(entry.at.timestamp() * 1_000_000),
        str(entry.kind),
        str(entry.source),
        str(entry.target),
        entry.amount,
        entry.grant_id or 0,
        entry.contract_id or 0,
        entry.day.isoformat() if entry.day else "",
    ]
    return sha256(json.dumps(fields, separators=(",", ":")).encode()).hexdigest()


def first_break(programme_id: int) -> int | None:
    """The place in the chain that does not hold, or None."""
    previous = ""
    entries = LedgerEntry.objects.filter(programme_id=programme_id).order_by("sequence")
    for expected, entry in enumerate(entries.iterator(chunk_size=2000), start=1):
        routed = (entry.source, entry.target) == ROUTES[Kind(entry.kind)]
        sealed = entry.sequence == expected and entry.digest == digest_of(entry, previous)
        if not (routed and sealed):
            return expected
        previous = entry.digest
    return None


def balances(entries: "QuerySet[LedgerEntry]") -> Counter[Account]:
    """What lies in each account by these entries; over all accounts the sum is 0."""
    found: Counter[Account] = Counter()
    for source, target, amount in (
        entries.values_list("source", "target").annotate(amount=Sum("amount")).order_by()
    ):
        found[Account(source)] -= amount
        found[Account(target)] += amount
    return found


@dataclass(frozen=True, slots=True)
class Page:
    """What the entries of one contract come to: what `lies` in each account, and how many exposures
    `moved` by each kind of entry."""

    lies: Counter[Account] = field(default_factory=Counter)
    moved: Counter[Kind] = field(default_factory=Counter)


def pages(contracts: Iterable[int]) -> dict[int, Page]:
    """The page of each contract, however many there are in one statement."""
    rows = (
        LedgerEntry.objects.filter(contract__in=list(contracts))
        .values_list("contract", "kind")
        .annotate(amount=Sum("amount"))
        .order_by()
    )
    found: dict[int, Page] = defaultdict(Page)
    for contract, kind, amount in rows:
        page, (source, target) = found[contract], ROUTES[Kind(kind)]
        page.moved[Kind(kind)] += amount
        page.lies[source] -= amount
        page.lies[target] += amount
    return found


def free_budget(programme_id: int) -> int:
    """What the programme can still grant."""
    return balances(LedgerEntry.objects.filter(programme_id=programme_id))[Account.BUDGET]
