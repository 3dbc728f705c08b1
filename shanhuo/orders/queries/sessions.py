"""What live sessions sold."""

from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import Count, F, Sum

from shanhuo.orders.models import OrderLine


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


_UNIT_FEN = F("unit_price_fen") - F("unit_discount_fen")
_REFUNDED = F("cancelled_count") + F("returned_count")


def sales_of_sessions(sessions: Collection[str]) -> list[SessionSales]:
    """By session and product, the largest amount first; `county` is where the product grows."""
    lines = OrderLine.objects.filter(via_session__in=sessions, order__paid_at__isnull=False)
    rows = (
        lines.values("via_session", "product", "county__adcode")
        .annotate(
            orders=Count("order", distinct=True),
            buyers=Count("order__buyer", distinct=True),
            units=Sum("quantity"),
            paid=Sum(F("quantity") * _UNIT_FEN),
            refunded=Sum(_REFUNDED * _UNIT_FEN),
        )
        .order_by("-paid", "product")
    )
    names = ("via_session", "product", "county__adcode", "orders", "buyers")
    return [SessionSales(*row) for row in rows.values_list(*names, "units", "paid", "refunded")]
