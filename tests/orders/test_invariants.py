"""Whatever people do in whatever order, stock is conserved and the books hold."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shanhuo.kernel import ids
from shanhuo.kernel.errors import Refusal
from shanhuo.orders import ledger, services
from shanhuo.orders.models import Order, OrderLine, Payment, Refund
from tests.conftest import Maker
from tests.orders.conftest import money_for

STOCK = 6
DEEDS = ["order", "pay", "expire", "cancel", "refund", "ship", "receive", "settle", "give", "sent"]


class County:
    """One buyer, one seller, one SKU; every deed acts on the `pick`-th row it could act on."""

    def __init__(self, order_of: Maker, sku: Any, buyer: Any, seller: Any, now: datetime) -> None:
        self.order_of, self.sku, self.buyer, self.seller = order_of, sku, buyer, seller
        self.now = now

    def do(self, deed: str, pick: int, units: int) -> None:
        self.now += timedelta(minutes=1)
        try:
            getattr(self, deed)(pick, units)
        except Refusal:
            services.take_out(buyer=self.buyer, sku_id=self.sku.pk)

    def order(self, _pick: int, units: int) -> None:
        self.order_of(self.buyer, {self.sku: units}, now=self.now, key=ids.new_public_id())

    def pay(self, pick: int, _units: int) -> None:
        if payment := self._payment(pick):
            services.take_payment(arrived=money_for(payment), now=self.now)

    def expire(self, pick: int, _units: int) -> None:
        if payment := self._payment(pick):
            services.release_if_unpaid(payment_id=payment.pk, now=payment.expires_at)

    def cancel(self, pick: int, _units: int) -> None:
        if payment := self._payment(pick):
            services.cancel_unpaid(payment_id=payment.pk, actor=self.buyer, now=self.now)

    def refund(self, pick: int, units: int) -> None:
        if line := _one(OrderLine.objects.filter(sku=self.sku), pick):
            services.refund_unshipped(
                order_id=line.order_id,
                quantities={line.pk: units},
                reason="changed_mind",
                actor=self.buyer,
                now=self.now,
            )

    def ship(self, pick: int, units: int) -> None:
        if line := _one(OrderLine.objects.filter(sku=self.sku), pick):
            services.ship(
                order_id=line.order_id,
                quantities={line.pk: units},
                carrier="sf",
                tracking_number=ids.new_public_id(),
                actor=self.seller,
                now=self.now,
            )

    def receive(self, pick: int, _units: int) -> None:
        if order := _one(Order.objects.filter(lines__sku=self.sku), pick):
            services.receive(order_id=order.pk, actor=self.buyer, now=self.now)

    def settle(self, pick: int, _units: int) -> None:
        if order := _one(Order.objects.filter(lines__sku=self.sku), pick):
            services.settle_order(order_id=order.pk, now=self.now)

    def give(self, pick: int, units: int) -> None:
        if line := _one(OrderLine.objects.filter(sku=self.sku), pick):
            services.refund_shipped(
                order_id=line.order_id,
                quantities={line.pk: units},
                reason="damaged",
                actor=self.seller,
                now=self.now,
            )

    def sent(self, pick: int, _units: int) -> None:
        if refund := _one(Refund.objects.filter(order__lines__sku=self.sku), pick):
            services.note_refund_sent(refund_no=refund.public_id, company="demo", now=self.now)

    def _payment(self, pick: int) -> Any:
        return _one(Payment.objects.filter(orders__lines__sku=self.sku), pick)

    def check(self) -> None:
        self.sku.refresh_from_db()
        # Examples share one transaction: each counts its own SKU.
        lines = OrderLine.objects.filter(sku=self.sku).select_related("order")
        held = sum(line.quantity for line in lines if line.order.status == "awaiting_pay")
        gone = sum(
            line.quantity - line.cancelled_count
            for line in lines
            if line.order.status in ("preparing", "part_shipped", "shipped", "done")
        )
        assert (self.sku.held_count, self.sku.stock_count) == (held, STOCK - gone)
        assert ledger.check() == []


def _one(found: Any, pick: int) -> Any:
    rows = list(found.order_by("pk"))
    return rows[pick % len(rows)] if rows else None


@pytest.mark.django_db
@settings(
    max_examples=8,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    deeds=st.lists(
        st.tuples(st.sampled_from(DEEDS), st.integers(0, 3), st.integers(1, 3)), max_size=14
    )
)
def test_stock_and_books_hold_after_every_deed(deeds, make_sku, make_user, lin, order_of, noon):
    sku = make_sku(stock_count=STOCK, platform_fee_fen=200, packing_fen=480)
    county = County(order_of, sku, make_user("买家"), lin, noon)
    for deed, pick, units in deeds:
        county.do(deed, pick, units)
        county.check()
