"""What this room holds about a person, for their copy of it and for their farewell."""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from shanhuo.kernel import money
from shanhuo.orders.models import Address, BasketLine, Coupon, Order, OrderLine
from shanhuo.people.personal_data import Holding

_UNDER_WAY = (
    Order.Status.AWAITING_PAY,
    Order.Status.PREPARING,
    Order.Status.PART_SHIPPED,
    Order.Status.SHIPPED,
)


def _export(user: Any) -> dict[str, Any]:
    addresses = Address.objects.filter(owner=user, removed_at=None).select_related("county")
    orders = Order.objects.filter(buyer=user).order_by("pk")
    return {
        "addresses": [
            {
                "recipient": row.recipient,
                "phone": row.phone,
                "county": row.county.name,
                "street": row.street,
            }
            for row in addresses
        ],
        "orders": [
            {
                "id": order.public_id,
                "status": order.status,
                "placed_at": order.placed_at.isoformat(),
                "total_yuan": money.yuan(order.total_fen),
                "recipient": order.recipient,
                "phone": order.phone,
                "street": order.street,
            }
            for order in orders
        ],
        "coupons": [
            {
                "id": coupon.public_id,
                "merchant": coupon.batch.merchant.name,
                "off_yuan": money.yuan(coupon.batch.off_fen),
                "taken_at": coupon.taken_at.isoformat(),
                "used": coupon.used_at is not None,
            }
            for coupon in Coupon.objects.filter(holder=user).select_related("batch__merchant")
        ],
    }


def _unfinished(user: Any) -> list[str]:
    count = Order.objects.filter(buyer=user, status__in=_UNDER_WAY).count()
    return [_("%(count)d orders are under way.") % {"count": count}] if count else []


def _erase(user: Any, _now: datetime) -> None:
    """Orders stay for the books and the law, without whom and where they went to, and without the
    slot of the feed they came from, which leads to everything that was watched."""
    BasketLine.objects.filter(buyer=user).delete()
    Address.objects.filter(owner=user).delete()
    OrderLine.objects.filter(order__buyer=user).update(via_exposure="")
    Order.objects.filter(buyer=user).update(recipient="", phone="", street="")


HOLDING = Holding(export=_export, unfinished=_unfinished, erase=_erase)
