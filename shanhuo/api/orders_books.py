"""The platform's books, for its operator and its auditor: accounts, journal, suspense, notices,
refunds and orders. Orders are shown without the buyer's address."""

from datetime import datetime
from typing import Any, Literal

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Query, Router, Schema

from shanhuo.api import orders_shapes as shapes
from shanhuo.api.goods_schemas import PublicId
from shanhuo.api.orders_schemas import (
    ListFilter,
    OrderCardOut,
    OrdersFilter,
    OrdersOut,
    RefundsFilter,
    RefundsOut,
)
from shanhuo.kernel import clock
from shanhuo.orders import ledger, queries, services
from shanhuo.orders.choices import SuspenseState
from shanhuo.people.access import Access
from shanhuo.people.actors import actor_of

router = Router(tags=["books"])
_READERS = Access.OPERATOR | Access.AUDITOR
ACCESS = {
    "GET /api/ops/books": _READERS,
    "GET /api/ops/journal": _READERS,
    "GET /api/ops/suspense": _READERS,
    "POST /api/ops/suspense/{public_id}/send-back": Access.OPERATOR,
    "GET /api/ops/notices": _READERS,
    "GET /api/ops/orders": _READERS,
    "GET /api/ops/orders/{public_id}": _READERS,
    "GET /api/ops/refunds": _READERS,
}


class AccountOut(Schema):
    """code: "held", "merchant:3f9k…"; holder: the organisation's name, or empty. What the gateway
    owes us counts below zero."""

    code: str
    kind: str
    holder: str
    balance_fen: int


class FindingOut(Schema):
    """An equation that does not hold, with its two sides."""

    equation: str
    expected_fen: int
    found_fen: int


class BooksOut(Schema):
    accounts: list[AccountOut]
    findings: list[FindingOut]


class JournalFilter(ListFilter):
    """q: part of an event's key, or an account; days of booking."""

    kind: Literal["paid", "promised", "sent", "settled", "suspense"] | None = None


class PostingOut(Schema):
    source: str
    target: str
    amount_fen: int


class BookEntryOut(Schema):
    """One event of money; its postings move what it is about, so they always balance."""

    key: str
    kind: str
    at: datetime
    order: str | None
    postings: list[PostingOut]


class JournalOut(Schema):
    entries: list[BookEntryOut]
    count: int
    next_page: int | None


class SuspenseFilter(ListFilter):
    """q: a number of ours or of the company's; days of arrival."""

    state: SuspenseState | None = None


class SuspenseOut(Schema):
    """Genuine money that fits no order."""

    id: str
    company: str
    transaction_id: str
    trade_no: str
    amount_fen: int
    currency: str
    reason: str
    received_at: datetime
    resolved_at: datetime | None


class SuspenseListOut(Schema):
    items: list[SuspenseOut]
    count: int
    next_page: int | None


class NoticesFilter(ListFilter):
    """q: our number of the payment or the company's of the notice; days of arrival."""

    outcome: Literal["applied", "repeated", "suspense"] | None = None


class NoticeOut(Schema):
    company: str
    notice_id: str
    kind: str
    trade_no: str
    amount_fen: int
    received_at: datetime
    outcome: str
    times: int


class NoticesOut(Schema):
    notices: list[NoticeOut]
    count: int
    next_page: int | None


@router.get("/ops/books", response=BooksOut, summary="Accounts, and equations that do not hold")
def books(request: HttpRequest) -> dict[str, Any]:
    """`findings` is empty when all is well."""
    return {"accounts": queries.accounts(), "findings": ledger.check()}


@router.get("/ops/journal", response=JournalOut, summary="The journal, newest first")
def journal(request: HttpRequest, wanted: Query[JournalFilter]) -> dict[str, Any]:
    found = queries.find_entries(queries.entries(), q=wanted.q, kind=wanted.kind or "")
    found = queries.in_days(found, "at", since=wanted.since, until=wanted.until)
    page = shapes.page_of(found, wanted.page)
    return {"entries": [_entry(entry) for entry in page], **shapes.numbers(page)}


@router.get("/ops/suspense", response=SuspenseListOut, summary="Money without an order")
def suspense(request: HttpRequest, wanted: Query[SuspenseFilter]) -> dict[str, Any]:
    found = queries.find_suspense(queries.suspense(), q=wanted.q, state=wanted.state or "")
    found = queries.in_days(found, "received_at", since=wanted.since, until=wanted.until)
    page = shapes.page_of(found, wanted.page)
    return {"items": [_item(item) for item in page], **shapes.numbers(page)}


@router.post("/ops/suspense/{public_id}/send-back", response=SuspenseOut, summary="Send it back")
def send_back(request: HttpRequest, public_id: PublicId) -> dict[str, Any]:
    """The way it came. 409 `nothing_to_refund` if that was done, or in another currency."""
    item = get_object_or_404(queries.suspense(), public_id=public_id)
    services.refund_suspense(item_id=item.pk, actor=actor_of(request), now=clock.now())
    return _item(get_object_or_404(queries.suspense(), public_id=public_id))


@router.get("/ops/notices", response=NoticesOut, summary="What the payment companies told us")
def notices(request: HttpRequest, wanted: Query[NoticesFilter]) -> dict[str, Any]:
    """Genuine ones; forgeries are refused and leave no row."""
    found = queries.find_notices(queries.notices(), q=wanted.q, outcome=wanted.outcome or "")
    found = queries.in_days(found, "received_at", since=wanted.since, until=wanted.until)
    page = shapes.page_of(found, wanted.page)
    return {"notices": list(page), **shapes.numbers(page)}


@router.get("/ops/orders", response=OrdersOut, summary="All orders, newest first")
def orders(request: HttpRequest, wanted: Query[OrdersFilter]) -> dict[str, Any]:
    return shapes.orders(queries.orders_visible_to(request.user), wanted)


@router.get("/ops/orders/{public_id}", response=OrderCardOut, summary="One order")
def order(request: HttpRequest, public_id: PublicId) -> dict[str, Any]:
    found = get_object_or_404(queries.orders_visible_to(request.user), public_id=public_id)
    return shapes.card(found)


@router.get("/ops/refunds", response=RefundsOut, summary="All money that goes back")
def refunds(request: HttpRequest, wanted: Query[RefundsFilter]) -> dict[str, Any]:
    return shapes.refunds(queries.refunds_of_platform(), wanted)


def _entry(entry: Any) -> dict[str, Any]:
    return {
        "key": entry.key,
        "kind": entry.kind,
        "at": entry.at,
        "order": entry.order.public_id if entry.order else None,
        "postings": [
            {"source": each.source_id, "target": each.target_id, "amount_fen": each.amount_fen}
            for each in entry.postings.all()
        ],
    }


def _item(item: Any) -> dict[str, Any]:
    names = (
        "company", "transaction_id", "trade_no", "amount_fen", "currency", "reason",
        "received_at", "resolved_at",
    )  # fmt: skip
    return {"id": item.public_id, **{name: getattr(item, name) for name in names}}
