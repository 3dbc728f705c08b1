"""Writing in the books, and proving that they are right."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import F, QuerySet, Sum
from django.db.models.expressions import Combinable

from shanhuo.kernel.rows import insert
from shanhuo.orders.choices import Funder
from shanhuo.orders.models import (
    JournalEntry,
    LedgerAccount,
    Order,
    OrderLine,
    Payment,
    Posting,
    Refund,
    Settlement,
    SuspenseItem,
)

HELD = "held"
REFUNDS = "refunds"
SUSPENSE = "suspense"
PLATFORM = "platform"
PLATFORM_FUNDER = "funder:platform"


@dataclass(frozen=True, slots=True)
class Move:
    """`amount_fen` from one account to another; nothing at all when it is 0."""

    source: str
    target: str
    amount_fen: int
    line: OrderLine | None = None


def gateway(company: str) -> str:
    """The account of money that a payment company keeps for us."""
    return f"gateway:{company}"


def merchant(public_id: str) -> str:
    return f"merchant:{public_id}"


def freight(public_id: str) -> str:
    return f"freight:{public_id}"


def creator(public_id: str) -> str:
    return f"creator:{public_id}"


def post(
    *,
    key: str,
    kind: JournalEntry.Kind,
    moves: Iterable[Move],
    at: datetime,
    order: Order | None = None,
) -> None:
    """Write one entry. `key` names the event; a second entry of that key is an IntegrityError."""
    postings = [move for move in moves if move.amount_fen]
    _open_accounts({code for move in postings for code in (move.source, move.target)})
    entry = JournalEntry(key=key, kind=kind, at=at, order=order)
    insert([entry])
    insert(
        Posting(
            entry=entry,
            source_id=move.source,
            target_id=move.target,
            amount_fen=move.amount_fen,
            line=move.line,
        )
        for move in postings
    )


def _open_accounts(codes: Iterable[str]) -> None:
    accounts = (LedgerAccount(code=code, kind=code.partition(":")[0]) for code in sorted(codes))
    insert(accounts, unless_there=True)


def balances() -> dict[str, int]:
    """Account -> what came in minus what went out. The sum over all accounts is 0."""
    found = dict.fromkeys(LedgerAccount.objects.values_list("code", flat=True), 0)
    for side, sign in (("source", -1), ("target", 1)):
        for code, total in Posting.objects.values_list(side).annotate(Sum("amount_fen")):
            found[code] += sign * total
    return found


@dataclass(frozen=True, slots=True)
class Finding:
    """One equation that does not hold: which, and the two sides."""

    equation: str
    expected_fen: int
    found_fen: int


def check() -> list[Finding]:
    """Every equation of the books that does not hold; empty when all is well."""
    found = balances()
    settled = _settled()
    equations = {
        "all accounts sum to zero": (0, sum(found.values())),
        "held = paid - promised back - settled": (_unsettled(), found.get(HELD, 0)),
        "refunds = promised - sent": (_refunds_under_way(), found.get(REFUNDS, 0)),
        "suspense = unresolved items": (_in_suspense(), found.get(SUSPENSE, 0)),
        "gateways = paid + suspense - sent": (-_at_companies(), _of_kind(found, "gateway")),
        "merchants = settlements": (settled["merchant"], _of_kind(found, "merchant")),
        "freight = settlements": (settled["freight"], _of_kind(found, "freight")),
        "creators = settlements": (settled["creator"], _of_kind(found, "creator")),
        "platform fee = settlements": (settled["fee"], found.get(PLATFORM, 0)),
        "platform discounts = settlements": (-settled["platform"], _of_kind(found, "funder")),
    }
    return [
        Finding(equation, expected_fen=expected, found_fen=booked)
        for equation, (expected, booked) in equations.items()
        if expected != booked
    ]


def _of_kind(found: dict[str, int], kind: str) -> int:
    return sum(amount for code, amount in found.items() if code.partition(":")[0] == kind)


def _total(rows: QuerySet[Any], amount: str | Combinable) -> int:
    total: int | None = rows.aggregate(total=Sum(amount))["total"]
    return total or 0


def _unsettled() -> int:
    rows = Order.objects.filter(paid_at__isnull=False, settled_at=None)
    return _total(rows, F("total_fen") - F("refunded_fen"))


def _refunds_under_way() -> int:
    return _total(Refund.objects.filter(status=Refund.Status.WANTED), "amount_fen")


def _in_suspense() -> int:
    return _total(_our_currency().filter(resolved_at=None), "amount_fen")


def _our_currency() -> QuerySet[SuspenseItem]:
    return SuspenseItem.objects.exclude(reason=SuspenseItem.Reason.WRONG_CURRENCY)


def _at_companies() -> int:
    paid = _total(Payment.objects.filter(status=Payment.Status.PAID), "amount_fen")
    aside = _total(_our_currency(), "amount_fen")
    sent = _total(Refund.objects.filter(status=Refund.Status.DONE), "amount_fen")
    return paid + aside - sent


def _settled() -> dict[str, int]:
    """What the settlements say each kind of party got."""

    def borne_by(funder: Funder) -> int:
        return _total(Settlement.objects.filter(discount_funder=funder), "discount_fen")

    rows = Settlement.objects.all()
    return {
        "merchant": _total(rows, F("merchant_fen") - F("freight_fen")),
        "freight": _total(rows, "freight_fen"),
        "creator": _total(rows, "commission_fen") - borne_by(Funder.CREATOR),
        "fee": _total(rows, "fee_fen"),
        "platform": borne_by(Funder.PLATFORM) + _total(rows, "coupon_platform_fen"),
    }
