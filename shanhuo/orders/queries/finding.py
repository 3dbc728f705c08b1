"""The filters above the lists of the trade, for pages and API alike.

`q` is part of a title, or a number as it stands on a parcel, slip or statement. Names and
telephones are encrypted: nobody searches by them.
"""

from collections.abc import Collection
from datetime import date
from typing import Any, TypeVar

from django.db.models import Exists, Model, OuterRef, Q, QuerySet

from shanhuo.kernel import clock
from shanhuo.orders.choices import SlipState
from shanhuo.orders.models import (
    JournalEntry,
    Notice,
    Order,
    OrderLine,
    PurchaseSlip,
    Refund,
    Settlement,
    Shipment,
    SuspenseItem,
)
from shanhuo.people import rules as people

Row = TypeVar("Row", bound=Model)


def in_days(
    rows: QuerySet[Row], moment: str, *, since: date | None = None, until: date | None = None
) -> QuerySet[Row]:
    """Rows whose `moment` lies between the Shanghai days, both included."""
    if since:
        rows = rows.filter(**{f"{moment}__gte": clock.day_bounds(since)[0]})
    if until:
        rows = rows.filter(**{f"{moment}__lt": clock.day_bounds(until)[1]})
    return rows


def find_orders(
    orders: QuerySet[Order], *, q: str = "", statuses: Collection[str] = ()
) -> QuerySet[Order]:
    """By order number or title; `statuses` are any of these."""
    if q:
        titled = OrderLine.objects.filter(order=OuterRef("pk"), title__icontains=q)
        orders = orders.filter(Q(public_id=q.lower()) | Exists(titled))
    return orders.filter(status__in=statuses) if statuses else orders


def shipments_of_merchants(user: Any) -> QuerySet[Shipment]:
    """Parcels that the user's merchants sent, the newest first."""
    sent = Shipment.objects.filter(order__merchant__in=people.merchant_ids(user))
    ready = sent.select_related("order__county__province").prefetch_related("lines__line")
    return ready.order_by("-shipped_at", "-pk")


def find_shipments(
    shipments: QuerySet[Shipment], *, q: str = "", carrier: str = ""
) -> QuerySet[Shipment]:
    """By parcel or order number."""
    if q:
        shipments = shipments.filter(Q(tracking_number=q) | Q(order__public_id=q.lower()))
    return shipments.filter(carrier=carrier) if carrier else shipments


def refunds_of_merchants(user: Any) -> QuerySet[Refund]:
    """Money that went back for orders at the user's merchants, the newest first."""
    return _refunds(Refund.objects.filter(order__merchant__in=people.merchant_ids(user)))


def refunds_of_platform() -> QuerySet[Refund]:
    """All money that goes back, for operators and auditors."""
    return _refunds(Refund.objects.all())


def find_refunds(refunds: QuerySet[Refund], *, q: str = "", status: str = "") -> QuerySet[Refund]:
    """By refund, order or payment number."""
    if q:
        number = q.lower()
        refunds = refunds.filter(
            Q(public_id=number) | Q(order__public_id=number) | Q(trade_no=number)
        )
    return refunds.filter(status=status) if status else refunds


def find_slips(
    slips: QuerySet[PurchaseSlip],
    *,
    q: str = "",
    state: str = "",
    since: date | None = None,
    until: date | None = None,
) -> QuerySet[PurchaseSlip]:
    """By slip or lot number or title, of days of buying (both included)."""
    if q:
        title = Q(product__title__icontains=q)
        slips = slips.filter(title | Q(lot__number__iexact=q) | Q(public_id=q.lower()))
    if since:
        slips = slips.filter(bought_on__gte=since)
    if until:
        slips = slips.filter(bought_on__lte=until)
    states = {
        SlipState.VALID: Q(reverses=None, reversed_by=None),
        SlipState.TAKEN_BACK: Q(reversed_by__isnull=False),
        SlipState.CORRECTION: Q(reverses__isnull=False),
    }
    return slips.filter(states[SlipState(state)]) if state else slips


def find_settled(settled: QuerySet[Settlement], *, q: str = "") -> QuerySet[Settlement]:
    """By order number or title."""
    if not q:
        return settled
    return settled.filter(Q(line__title__icontains=q) | Q(line__order__public_id=q.lower()))


def find_entries(
    entries: QuerySet[JournalEntry], *, q: str = "", kind: str = ""
) -> QuerySet[JournalEntry]:
    """By a part of the event's key (it holds the number of the payment or refund) or account."""
    if q:
        account = Q(postings__source=q) | Q(postings__target=q)
        entries = entries.filter(Q(key__icontains=q) | account).distinct()
    return entries.filter(kind=kind) if kind else entries


def find_suspense(
    items: QuerySet[SuspenseItem], *, q: str = "", state: str = ""
) -> QuerySet[SuspenseItem]:
    """By a number of ours or of the company's; state: waiting | sent_back."""
    if q:
        items = items.filter(Q(trade_no=q) | Q(transaction_id=q) | Q(public_id=q.lower()))
    return items.filter(resolved_at__isnull=state == "waiting") if state else items


def find_notices(notices: QuerySet[Notice], *, q: str = "", outcome: str = "") -> QuerySet[Notice]:
    """By our number of the payment, or the company's of the notice."""
    if q:
        notices = notices.filter(Q(trade_no=q) | Q(notice_id=q))
    return notices.filter(outcome=outcome) if outcome else notices


def _refunds(refunds: QuerySet[Refund]) -> QuerySet[Refund]:
    ready = refunds.select_related("order__merchant", "suspense").prefetch_related("lines__line")
    return ready.order_by("-made_at", "-pk")
