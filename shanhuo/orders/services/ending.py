"""A checkout ends unpaid: its time ran out, or the buyer thought better of it."""

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import QuerySet

from shanhuo.goods import services as goods
from shanhuo.kernel import facts
from shanhuo.orders import sold
from shanhuo.orders.events import OrderExpired
from shanhuo.orders.models import Order, Payment
from shanhuo.orders.services.coupons import give_coupon_back
from shanhuo.orders.transitions import move

if TYPE_CHECKING:
    from shanhuo.people.models import User


def release_if_unpaid(*, payment_id: int, now: datetime) -> bool:
    """Give held stock back after the hold has ended. Safe to run late, twice, or after payment."""
    overdue = Payment.objects.filter(pk=payment_id, expires_at__lte=now)
    return _end(overdue, to=Order.Status.EXPIRED, actor=None, now=now)


def cancel_unpaid(*, payment_id: int, actor: "User", now: datetime) -> bool:
    """The buyer gives the whole checkout up. False if it was paid or ended meanwhile."""
    return _end(
        Payment.objects.filter(pk=payment_id), to=Order.Status.CANCELLED, actor=actor, now=now
    )


@transaction.atomic
def _end(
    payments: QuerySet[Payment], *, to: Order.Status, actor: "User | None", now: datetime
) -> bool:
    waiting = payments.filter(status=Payment.Status.WAITING)
    payment = waiting.select_for_update(no_key=True).first()
    # The update is the claim: of two workers, exactly one sees a row change.
    if payment is None or not waiting.update(status=Payment.Status.CLOSED):
        return False
    orders = list(Order.objects.filter(payment=payment).told().order_by("merchant_id"))
    move(orders, to=to, now=now, actor=actor)
    give_coupon_back(*orders)
    for order in orders:
        goods.return_held_stock(reference=order.public_id)
        fact = OrderExpired(
            **sold.header(order),
            lines=sold.whole(sold.lines_of(order)),
            cancelled=to == Order.Status.CANCELLED,
        )
        facts.record(fact, now=now)
    return True
