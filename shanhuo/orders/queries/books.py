"""The books as an operator or auditor reads them."""

from dataclasses import dataclass

from django.db.models import QuerySet

from shanhuo.kernel import sheets
from shanhuo.orders import ledger
from shanhuo.orders.models import JournalEntry, LedgerAccount, Notice, Posting, SuspenseItem
from shanhuo.people.queries import organisation_names


@dataclass(frozen=True, slots=True)
class AccountLine:
    """An account and what is on it. Money at a payment company counts as a debt of the company.

    `holder` is the organisation whose pocket it is; empty for the platform's own.
    """

    code: str
    kind: str
    holder: str
    balance_fen: int


def accounts() -> list[AccountLine]:
    """Every account with its balance, by kind."""
    kinds = dict(LedgerAccount.objects.values_list("code", "kind"))
    labels = dict(LedgerAccount.Kind.choices)
    names = organisation_names(_holder(code) for code in kinds)
    return [
        AccountLine(code, str(labels[kinds[code]]), names.get(_holder(code), ""), balance)
        for code, balance in sorted(ledger.balances().items())
    ]


def _holder(code: str) -> str:
    return code.partition(":")[2]


def entries() -> QuerySet[JournalEntry]:
    """The journal, the newest first, with its postings."""
    return (
        JournalEntry.objects.select_related("order")
        .prefetch_related("postings")
        .order_by("-at", "-pk")
    )


def postings_of(entries: QuerySet[JournalEntry]) -> QuerySet[Posting]:
    """Every move of these entries, the newest entry first; as many as a workbook takes."""
    chosen = Posting.objects.filter(entry__in=entries.order_by().values("pk"))
    ordered = chosen.select_related("entry").order_by("-entry__at", "-entry_id", "pk")
    return ordered[: sheets.MOST_ROWS]


def suspense() -> QuerySet[SuspenseItem]:
    """Money without an order: what waits first."""
    return SuspenseItem.objects.select_related("resolved_by").order_by("resolved_at", "-pk")


def suspense_count() -> int:
    """How much waits for an operator."""
    return SuspenseItem.objects.filter(resolved_at=None).count()


def notices() -> QuerySet[Notice]:
    """What the payment companies told us, the newest first."""
    return Notice.objects.order_by("-received_at", "-pk")
