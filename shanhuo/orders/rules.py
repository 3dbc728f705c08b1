"""Who may: predicates over (user, row). Unknown, inactive and anonymous people may nothing."""

from typing import Any

from shanhuo.orders.models import Order, PurchaseSlip
from shanhuo.people import rules as people


def is_buyer(user: Any, order: Order | None) -> bool:
    """The person who ordered."""
    return order is not None and user is not None and user.is_active and order.buyer_id == user.pk


def can_ship(user: Any, order: Order | None) -> bool:
    """Sells for the merchant of the order."""
    return order is not None and order.merchant_id in people.merchant_ids(user)


def can_correct_slip(user: Any, slip: PurchaseSlip | None) -> bool:
    """Sells for the cooperative that wrote the slip."""
    return slip is not None and slip.merchant_id in people.merchant_ids(user)
