"""What live sessions sold."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, F, Q, Sum

from shanhuo.kernel import facts
from shanhuo.orders.events import FACTS_OF_ORDERS
from shanhuo.orders.models import HotClaim, HotSale, OrderLine, RefundLine, Settlement


@dataclass(frozen=True, slots=True)
class SessionSales:
    """Paid lines of one product that one session (public id) brought. Freight is left out;
    `refunded_fen` is what went back for units, whenever it did."""

    session: str
    product_id: int
    county: str
    order_count: int
    buyer_count: int
    unit_count: int
    paid_fen: int
    refunded_fen: int

    @property
    def net_fen(self) -> int:
        return self.paid_fen - self.refunded_fen


_GOODS_FEN = F("quantity") * (F("unit_price_fen") - F("unit_discount_fen")) - F("coupon_fen")


def sales_of_sessions(sessions: Collection[str]) -> list[SessionSales]:
    """By session and product, the largest amount first; `county` is where the product grows."""
    lines = OrderLine.objects.filter(via_session__in=sessions, order__paid_at__isnull=False)
    rows = (
        lines.values("via_session", "product", "county__adcode")
        .annotate(
            orders=Count("order", distinct=True),
            buyers=Count("order__buyer", distinct=True),
            units=Sum("quantity"),
            paid=Sum(_GOODS_FEN),
        )
        .order_by("-paid", "product")
    )
    names = ("via_session", "product", "county__adcode", "orders", "buyers", "units", "paid")
    refunded = _refunded(sessions)
    return [
        SessionSales(*(*row, refunded.get((row[0], row[1]), 0))) for row in rows.values_list(*names)
    ]


def _refunded(sessions: Collection[str]) -> dict[tuple[str, int], int]:
    """(Session, product) -> fen that went back for goods."""
    back = RefundLine.objects.filter(line__via_session__in=sessions)
    told = back.values("line__via_session", "line__product").annotate(fen=Sum("goods_fen"))
    rows = told.values_list("line__via_session", "line__product", "fen")
    return {(session, product): fen for session, product, fen in rows}


def order_counts_of_sessions(sessions: Collection[str]) -> dict[str, int]:
    """Session -> paid orders; one with two of its products is one order."""
    lines = OrderLine.objects.filter(via_session__in=sessions, order__paid_at__isnull=False)
    told = lines.values("via_session").annotate(orders=Count("order", distinct=True))
    return dict(told.values_list("via_session", "orders"))


def paid_moments_of_session(session: str) -> list[tuple[int, int, datetime]]:
    """(product id, order id, when it was placed) of every paid line that a session brought."""
    lines = OrderLine.objects.filter(via_session=session, order__paid_at__isnull=False)
    return list(lines.values_list("product", "order", "order__placed_at").order_by("pk"))


def settled_of_sessions(sessions: Collection[str]) -> dict[str, int]:
    """Session -> fen that were divided among the parties, discounts, coupons and refunds taken off,
    freight left out: the settled part of what `sales_of_sessions` calls paid."""
    rows = Settlement.objects.filter(line__via_session__in=sessions)
    told = rows.values("line__via_session").annotate(
        fen=Sum(F("goods_fen") - F("discount_fen") - F("coupon_fen"))
    )
    return dict(told.values_list("line__via_session", "fen"))


@dataclass(frozen=True, slots=True)
class SessionOrderLine:
    """A line of an order that a session brought, as evidence: nothing says who the buyer is."""

    id: int
    order: str
    status: str
    product: str
    sku: str
    title: str
    sku_name: str
    quantity: int
    unit_price_fen: int
    unit_discount_fen: int
    coupon_fen: int
    coupon_platform_fen: int
    freight_fen: int
    shipped_count: int
    cancelled_count: int
    returned_count: int
    order_refunded_fen: int
    placed_at: datetime
    paid_at: datetime | None
    shipped_at: datetime | None
    received_at: datetime | None
    settled_at: datetime | None


def order_lines_of_session(session: str) -> Iterator[SessionOrderLine]:
    """Every line, paid or not, in the order of placing; streamed."""
    own = ("quantity", "unit_price_fen", "unit_discount_fen", "coupon_fen", "coupon_platform_fen")
    times = ("placed_at", "paid_at", "shipped_at", "received_at", "settled_at")
    lines = OrderLine.objects.filter(via_session=session).order_by("pk")
    rows = lines.values_list(
        *("pk", "order__public_id", "order__status", "product__public_id", "sku__public_id"),
        *("title", "sku_name", *own, "freight_fen"),
        *("shipped_count", "cancelled_count", "returned_count"),
        *("order__refunded_fen", *(f"order__{time}" for time in times)),
    )
    return (SessionOrderLine(*row) for row in rows.iterator(chunk_size=2000))


@dataclass(frozen=True, slots=True)
class OfferRecord:
    """A limited offer as evidence: its terms, and how many claims became what."""

    id: int
    offer: str
    sku: str
    price_fen: int
    stock_count: int
    left_count: int
    per_person: int
    opens_at: datetime
    closes_at: datetime
    sold_out_at: datetime | None
    ended_at: datetime | None
    held_claims: int
    ordered_claims: int
    expired_claims: int


def offer_records(sale_ids: Collection[int]) -> list[OfferRecord]:
    """In the order in which they were made."""
    status = HotClaim.Status
    sales = HotSale.objects.filter(pk__in=sale_ids).annotate(
        held=Count("claims", filter=Q(claims__status=status.HELD)),
        ordered=Count("claims", filter=Q(claims__status=status.ORDERED)),
        expired=Count("claims", filter=Q(claims__status=status.EXPIRED)),
    )
    rows = sales.order_by("pk").values_list(
        *("pk", "public_id", "sku__public_id", "price_fen", "stock_count", "left_count"),
        *("per_person", "opens_at", "closes_at", "sold_out_at", "ended_at"),
        *("held", "ordered", "expired"),
    )
    return [OfferRecord(*row) for row in rows]


def sessions_with_order_news(*, since: datetime, until: datetime) -> set[str]:
    """Sessions (public ids) of whose orders something was told in a period. Read off the facts, so
    that the way of an order carries no receiver more."""
    return {
        line["via_session"]
        for kind in FACTS_OF_ORDERS
        for fact in facts.read_log(kind, since=since, until=until)
        for line in fact.payload["lines"]
        if line.get("via_session")
    }
