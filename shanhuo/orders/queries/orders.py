"""Orders, by who asks."""

from typing import Any

from django.db.models import Prefetch, Q, QuerySet

from shanhuo.orders.models import Order, OrderLine, Payment
from shanhuo.people import rules as people


def orders_of_buyer(user: Any) -> QuerySet[Order]:
    """The user's own orders, the newest first."""
    return _ready(Order.objects.filter(buyer=user))


def orders_of_merchants(user: Any) -> QuerySet[Order]:
    """Orders at the merchants that the user sells for, the newest first."""
    return _ready(Order.objects.filter(merchant__in=people.merchant_ids(user)))


def to_send_count(user: Any) -> int:
    """Paid orders that wait to be sent by the user's merchants."""
    waiting = [Order.Status.PREPARING, Order.Status.PART_SHIPPED]
    merchants = people.merchant_ids(user)
    return Order.objects.filter(merchant__in=merchants, status__in=waiting).count()


def orders_visible_to(user: Any) -> QuerySet[Order]:
    """A buyer's own, a merchant's own; operators and auditors see all."""
    if people.is_operator(user) or people.is_auditor(user):
        return _ready(Order.objects.all())
    buyer = Q(buyer=user) if getattr(user, "pk", None) else Q(pk=None)
    return _ready(Order.objects.filter(buyer | Q(merchant__in=people.merchant_ids(user))))


def payments_of_buyer(user: Any) -> QuerySet[Payment]:
    """The user's own checkouts."""
    return Payment.objects.filter(buyer=user).prefetch_related(
        Prefetch("orders", queryset=_ready(Order.objects.all()))
    )


def _ready(orders: QuerySet[Order]) -> QuerySet[Order]:
    """With what every list and page of orders shows."""
    lines = OrderLine.objects.select_related("sku", "product", "county").order_by("pk")
    return (
        orders.select_related("payment", "merchant", "buyer", "county__province")
        .prefetch_related(Prefetch("lines", queryset=lines))
        .order_by("-placed_at", "-pk")
    )
