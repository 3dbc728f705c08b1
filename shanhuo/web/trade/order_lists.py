"""The lists of orders, parcels and refunds, for buyers, sellers and the platform."""

from collections.abc import Iterable
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from shanhuo.kernel import audit, clock
from shanhuo.kernel.sheets import at, yuan
from shanhuo.orders import queries
from shanhuo.orders.choices import Carrier
from shanhuo.people.actors import actor_of
from shanhuo.web.trade.lists import Column, ListForm, Sheet, list_page

STATUSES = {
    "unpaid": ["awaiting_pay"],
    "preparing": ["preparing", "part_shipped"],
    "under_way": ["shipped"],
    "done": ["done"],
    "ended": ["cancelled", "expired"],
}
STATES = [
    ("unpaid", _("To pay")),
    ("preparing", _("Preparing")),
    ("under_way", _("Under way")),
    ("done", _("Received")),
    ("ended", _("Ended")),
]
AT_THE_SHOP = [("all", _("All")), ("preparing", _("To send")), *STATES[2:], STATES[0]]
SENT_BACK = [("wanted", _("Being sent back")), ("done", _("Sent back"))]

_ORDER: list[Column] = [
    (_("Order"), lambda order: order.public_id),
    (_("Ordered on"), lambda order: at(order.placed_at)),
    (_("State"), lambda order: str(order.get_status_display())),
    (_("Merchant"), lambda order: order.merchant.name),
    (_("Goods"), lambda order: goods_of(order.lines.all())),
    (_("Goods (yuan)"), lambda order: yuan(order.goods_fen)),
    (_("Discount (yuan)"), lambda order: yuan(order.discount_fen)),
    (_("Freight (yuan)"), lambda order: yuan(order.freight_fen)),
    (_("Total (yuan)"), lambda order: yuan(order.total_fen)),
    (_("Refunded (yuan)"), lambda order: yuan(order.refunded_fen)),
    (_("Paid on"), lambda order: at(order.paid_at)),
]
_LABEL: list[Column] = [
    (_("Recipient"), lambda order: order.recipient),
    (_("Mobile number"), lambda order: order.phone),
    (_("Where to"), lambda order: f"{order.county.path_name} {order.street}"),
]
ORDERS = Sheet(_("Orders"), _ORDER)
ORDERS_TO_SEND = Sheet(_("Orders"), [*_ORDER, *_LABEL])
SHIPMENTS = Sheet(
    _("Parcels"),
    [
        (_("Parcel number"), lambda parcel: parcel.tracking_number),
        (_("Carrier"), lambda parcel: str(parcel.get_carrier_display())),
        (_("Sent on"), lambda parcel: at(parcel.shipped_at)),
        (_("Order"), lambda parcel: parcel.order.public_id),
        (_("Goods"), lambda parcel: parts_of(parcel.lines.all())),
        (_("Where to"), lambda parcel: parcel.order.county.path_name),
    ],
)
REFUNDS = Sheet(
    _("Refunds"),
    [
        (_("Refund"), lambda refund: refund.public_id),
        (_("Promised on"), lambda refund: at(refund.made_at)),
        (_("Order"), lambda refund: refund.order.public_id if refund.order else ""),
        (_("Merchant"), lambda refund: refund.order.merchant.name if refund.order else ""),
        (_("Goods"), lambda refund: parts_of(refund.lines.all())),
        (_("Why"), lambda refund: str(refund.get_reason_display())),
        (_("Amount (yuan)"), lambda refund: yuan(refund.amount_fen)),
        (_("State"), lambda refund: str(refund.get_status_display())),
        (_("Sent back on"), lambda refund: at(refund.done_at)),
    ],
)


@require_safe
def orders(request: HttpRequest) -> HttpResponse:
    """One's own orders, the newest first."""
    form = ListForm(request.GET, states=STATES, hint=_("Order number or goods"))
    found = _orders(queries.orders_of_buyer(request.user), form)
    template = "web/trade/orders.html"
    return list_page(request, template, found, form=form, sheet=ORDERS, states=STATES)


@require_safe
def sell_orders(request: HttpRequest) -> HttpResponse:
    """Orders at the user's merchants; those to be sent where nothing else is asked."""
    asked = request.GET if "state" in request.GET else {**request.GET.dict(), "state": "preparing"}
    form = ListForm(asked, states=AT_THE_SHOP, hint=_("Order number or goods"))
    found = _orders(queries.orders_of_merchants(request.user), form)
    answer = list_page(
        request, "web/trade/sell_orders.html", found, form=form, sheet=ORDERS_TO_SEND
    )
    if request.GET.get("format") == "xlsx":
        # Names and telephones of buyers leave the house.
        audit.record(
            verb="orders.export",
            subject="orders.Order",
            actor=actor_of(request),
            detail={"asked": sorted(form.asked())},
            now=clock.now(),
        )
    return answer


@require_safe
def ops_orders(request: HttpRequest) -> HttpResponse:
    """Every order, without its buyer's address."""
    form = ListForm(request.GET, states=STATES, hint=_("Order number or goods"))
    found = _orders(queries.orders_visible_to(request.user), form)
    return list_page(request, "web/trade/ops_orders.html", found, form=form, sheet=ORDERS)


@require_safe
def shipments(request: HttpRequest) -> HttpResponse:
    """Parcels that were sent."""
    form = ListForm(request.GET, states=Carrier.choices, hint=_("Parcel or order number"))
    asked = form.asked()
    found = queries.find_shipments(
        queries.shipments_of_merchants(request.user),
        q=asked.get("q", ""),
        carrier=asked.get("state", ""),
    )
    found = form.in_days(found, "shipped_at")
    return list_page(request, "web/trade/shipments.html", found, form=form, sheet=SHIPMENTS)


@require_safe
def sell_refunds(request: HttpRequest) -> HttpResponse:
    """Money that the user's merchants gave back."""
    return _refunds(request, "sell", queries.refunds_of_merchants(request.user))


@require_safe
def ops_refunds(request: HttpRequest) -> HttpResponse:
    """All money that goes back."""
    return _refunds(request, "ops", queries.refunds_of_platform())


def goods_of(lines: Iterable[Any]) -> str:
    """What an order is of, in a cell."""
    return "、".join(f"{line.title} {line.sku_name} × {line.quantity}" for line in lines)


def parts_of(parts: Iterable[Any]) -> str:
    """What a parcel or a refund is of."""
    return "、".join(f"{part.line.title} × {part.quantity}" for part in parts)


def _orders(found: QuerySet[Any], form: ListForm) -> QuerySet[Any]:
    asked = form.asked()
    statuses = STATUSES.get(asked.get("state", ""), [])
    found = queries.find_orders(found, q=asked.get("q", ""), statuses=statuses)
    return form.in_days(found, "placed_at")


def _refunds(request: HttpRequest, desk: str, found: QuerySet[Any]) -> HttpResponse:
    form = ListForm(request.GET, states=SENT_BACK, hint=_("Refund or order number"))
    asked = form.asked()
    found = queries.find_refunds(found, q=asked.get("q", ""), status=asked.get("state", ""))
    found = form.in_days(found, "made_at")
    template = f"web/trade/{desk}_refunds.html"
    return list_page(request, template, found, form=form, sheet=REFUNDS)
