"""Rows of orders turned into the shapes of the API."""

from collections.abc import Mapping
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import Http404

from shanhuo.api.orders_schemas import OrdersFilter, RefundsFilter, ShipmentsFilter
from shanhuo.orders import queries
from shanhuo.people.queries import PayableHousehold

PAGE = 20
_ORDER = (
    "status", "goods_fen", "discount_fen", "coupon_fen", "freight_fen", "total_fen",
    "refunded_fen", "placed_at", "paid_at", "shipped_at", "received_at", "settled_at",
)  # fmt: skip
_LINE = (
    "title", "sku_name", "quantity", "unit_price_fen", "unit_discount_fen", "unit_paid_fen",
    "coupon_fen", "freight_fen", "shipped_count", "cancelled_count", "returned_count",
)  # fmt: skip
_SLIP = (
    "grams", "price_fen_per_kg", "baseline_fen_per_kg", "paid_fen", "baseline_fen",
    "premium_fen", "means", "bought_on",
)  # fmt: skip


def page_of(rows: QuerySet[Any] | list[Any], number: int) -> Page[Any]:
    """The page of that number; what lies beyond the last is the last."""
    return Paginator(rows, PAGE).get_page(number)


def numbers(page: Page[Any]) -> dict[str, Any]:
    """How many rows there are, and the number of the next page or null."""
    return {
        "count": page.paginator.count,
        "next_page": page.next_page_number() if page.has_next() else None,
    }


def orders(found: QuerySet[Any], wanted: OrdersFilter) -> dict[str, Any]:
    """A page of the orders that were asked for."""
    statuses = [wanted.status] if wanted.status else []
    found = queries.find_orders(found, q=wanted.q, statuses=statuses)
    found = queries.in_days(found, "placed_at", since=wanted.since, until=wanted.until)
    shown = page_of(found, wanted.page)
    return {"orders": [card(order) for order in shown], **numbers(shown)}


def refunds(found: QuerySet[Any], wanted: RefundsFilter) -> dict[str, Any]:
    """A page of the refunds that were asked for."""
    found = queries.find_refunds(found, q=wanted.q, status=wanted.status or "")
    found = queries.in_days(found, "made_at", since=wanted.since, until=wanted.until)
    shown = page_of(found, wanted.page)
    return {"refunds": [_refunded(refund) for refund in shown], **numbers(shown)}


def shipments(found: QuerySet[Any], wanted: ShipmentsFilter) -> dict[str, Any]:
    """A page of the parcels that were asked for."""
    found = queries.find_shipments(found, q=wanted.q, carrier=wanted.carrier or "")
    found = queries.in_days(found, "shipped_at", since=wanted.since, until=wanted.until)
    shown = page_of(found.prefetch_related("lines__line__sku"), wanted.page)
    rows = [{"order": row.order.public_id, **_shipment(row)} for row in shown]
    return {"shipments": rows, **numbers(shown)}


def card(order: Any) -> dict[str, Any]:
    return {
        "id": order.public_id,
        "payment": order.payment.public_id,
        "merchant_name": order.merchant.name,
        "lines": [_line(line) for line in order.lines.all()],
        **{name: getattr(order, name) for name in _ORDER},
    }


def order(found: Any) -> dict[str, Any]:
    return {
        **card(found),
        **_place(found),
        "shipments": [
            _shipment(each)
            for each in found.shipments.prefetch_related("lines__line__sku").order_by("pk")
        ],
        "refunds": [_named(refund) for refund in found.refunds.order_by("pk")],
    }


def payment(found: Any) -> dict[str, Any]:
    names = ("status", "amount_fen", "refunded_fen", "expires_at", "paid_at")
    return {
        "id": found.public_id,
        "orders": [card(order) for order in found.orders.all()],
        **{name: getattr(found, name) for name in names},
    }


def address(found: Any) -> dict[str, Any]:
    return {"id": found.public_id, "is_default": found.is_default, **_place(found)}


def payee(household: PayableHousehold) -> dict[str, Any]:
    names = ("number", "masked_name", "village")
    return {"id": household.public_id, **{name: getattr(household, name) for name in names}}


def slip(found: Any, payees: Mapping[int, PayableHousehold]) -> dict[str, Any]:
    household = payees.get(found.household_id)
    reversed_by = getattr(found, "reversed_by", None)
    return {
        "id": found.public_id,
        "household": payee(household) if household else None,
        "product": found.product.public_id,
        "product_title": found.product.title,
        "lot": found.lot.public_id,
        "lot_number": found.lot.number,
        "reverses": found.reverses.public_id if found.reverses else None,
        "reversed_by": reversed_by.public_id if reversed_by else None,
        **{name: getattr(found, name) for name in _SLIP},
    }


def household_line(
    line: queries.HouseholdLine, payees: Mapping[int, PayableHousehold]
) -> dict[str, Any]:
    household = payees.get(line.household_id)
    names = ("slip_count", "grams", "paid_fen", "baseline_fen", "premium_fen")
    return {
        "household": payee(household) if household else None,
        **{name: getattr(line, name) for name in names},
    }


def units_of(order: Any, units: Mapping[str, int] | None) -> dict[int, int] | None:
    """Pieces by SKU as the API names them -> by order line. Raises Http404 for a strange SKU."""
    if units is None:
        return None
    lines = {line.sku.public_id: line.pk for line in order.lines.all()}
    if not units.keys() <= lines.keys():
        raise Http404
    return {lines[sku]: count for sku, count in units.items()}


def _line(line: Any) -> dict[str, Any]:
    return {
        "sku": line.sku.public_id,
        "product": line.product.public_id,
        **{name: getattr(line, name) for name in _LINE},
    }


def _place(row: Any) -> dict[str, Any]:
    names = ("recipient", "phone", "street")
    return {
        "county": row.county.adcode,
        "place": row.county.path_name,
        **{name: getattr(row, name) for name in names},
    }


def _shipment(row: Any) -> dict[str, Any]:
    names = ("carrier", "tracking_number", "shipped_at")
    units = {part.line.sku.public_id: part.quantity for part in row.lines.all()}
    return {"units": units, **{name: getattr(row, name) for name in names}}


def _refunded(refund: Any) -> dict[str, Any]:
    order = refund.order.public_id if refund.order else None
    return {"order": order, "trade_no": refund.trade_no, **_named(refund)}


def _named(refund: Any) -> dict[str, Any]:
    names = ("amount_fen", "reason", "status", "made_at", "done_at")
    return {"id": refund.public_id, **{name: getattr(refund, name) for name in names}}
