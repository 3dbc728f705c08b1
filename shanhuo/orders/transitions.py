"""Which status may follow which. There is no other way to change an order's status."""

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _

from shanhuo.kernel.errors import Refusal
from shanhuo.kernel.rows import change, insert
from shanhuo.orders.models import Order, OrderStep

if TYPE_CHECKING:
    from shanhuo.people.models import User

S = Order.Status

NEXT: dict[str, frozenset[str]] = {
    S.AWAITING_PAY: frozenset({S.PREPARING, S.CANCELLED, S.EXPIRED}),
    S.PREPARING: frozenset({S.PART_SHIPPED, S.SHIPPED, S.CANCELLED}),
    S.PART_SHIPPED: frozenset({S.SHIPPED}),
    S.SHIPPED: frozenset({S.DONE}),
    S.DONE: frozenset(),
    S.CANCELLED: frozenset(),
    S.EXPIRED: frozenset(),
}


class WrongStatus(Refusal):
    code = "wrong_status"
    message = _("The order has moved on meanwhile. Look at it again.")


def move(
    orders: Iterable[Order],
    *,
    to: Order.Status,
    now: datetime,
    actor: "User | None" = None,
    **stamps: Any,
) -> None:
    """Give locked orders a new status and note the step. Raises WrongStatus, then nothing moved."""
    moving = list(orders)
    if any(to not in NEXT[order.status] for order in moving):
        raise WrongStatus
    steps = [
        OrderStep(order=order, before=order.status, after=to, at=now, actor=actor)
        for order in moving
    ]
    change(moving, status=to, **stamps)
    insert(steps)
