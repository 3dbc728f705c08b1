"""One order from the basket to the last fen."""

from datetime import datetime, timedelta

import pytest

from shanhuo.goods.services import OutOfStock
from shanhuo.kernel.models import FactRecord
from shanhuo.orders import ledger, services
from shanhuo.orders.choices import Funder, RefundReason
from shanhuo.orders.models import (
    BasketLine,
    FreightRule,
    Order,
    Payment,
    PriceCut,
    Refund,
    Settlement,
    SuspenseItem,
)
from shanhuo.orders.transitions import WrongStatus
from tests.conftest import Maker
from tests.orders.conftest import money_for, seen_by


@pytest.fixture
def plums(make_sku: Maker, noon: datetime):
    """39.80 yuan: 25 to the farm gate, 2 for the platform, 3 for a creator."""
    return make_sku(
        stock_count=10, packing_fen=480, freight_fen=500, platform_fee_fen=200, commission_fen=300
    )


def test_an_order_holds_stock_until_it_is_paid(plums, mei, order_of, noon: datetime):
    payment = order_of(mei, {plums: 2}, now=noon)
    plums.refresh_from_db()
    assert (plums.held_count, plums.stock_count, payment.amount_fen) == (2, 10, 7960)
    assert services.take_payment(arrived=money_for(payment), now=noon) == "applied"
    plums.refresh_from_db()
    assert (plums.held_count, plums.stock_count) == (0, 8)
    order = Order.objects.get(payment=payment)
    assert order.status == Order.Status.PREPARING
    assert [step.after for step in order.steps.order_by("pk")] == ["awaiting_pay", "preparing"]
    assert ledger.balances() == {"gateway:demo": -7960, "held": 7960}
    assert ledger.check() == []
    assert BasketLine.objects.count() == 0


def test_an_order_that_cannot_be_filled_leaves_no_trace(
    plums, mei, order_of, make_address, noon: datetime
):
    address = make_address(mei)
    with pytest.raises(OutOfStock) as refusal:
        order_of(mei, {plums: 11}, now=noon, address=address)
    assert refusal.value.details["sku_ids"] == [plums.pk]
    plums.refresh_from_db()
    assert (plums.held_count, Order.objects.count(), FactRecord.objects.count()) == (0, 0, 0)
    assert BasketLine.objects.get().quantity == 11


def test_attack_14_a_price_that_moved_between_view_and_pay_is_refused(
    plums, mei, make_address, noon: datetime
):
    address = make_address(mei)
    services.add_to_basket(buyer=mei, sku_id=plums.pk, quantity=1, now=noon)
    wanted, total = seen_by(mei, address, now=noon)
    type(plums).objects.filter(pk=plums.pk).update(price_fen=4980, farm_gate_fen=3500)
    with pytest.raises(services.PriceChanged) as refusal:
        services.place_order(
            buyer=mei,
            address=address.public_id,
            wanted=wanted,
            total_seen_fen=total,
            key="key-of-a-form",
            now=noon,
        )
    assert refusal.value.details == {"prices": {plums.public_id: 4980}}
    assert Order.objects.count() == 0


def test_freight_is_by_weight_free_over_a_sum_and_dearer_far_away(
    plums, mei, cooperative, order_of, make_address, make_county, noon: datetime
):
    FreightRule.objects.create(
        merchant=cooperative, base_fen=800, per_kg_fen=200, free_over_fen=10_000, remote_fen=1500
    )
    near = order_of(mei, {plums: 1}, now=noon)
    assert near.amount_fen == 3980 + 800 + 2 * 200
    far = make_address(mei, county=make_county("拉萨市城关区", "540102"))
    assert order_of(mei, {plums: 1}, now=noon, address=far).amount_fen == 3980 + 1200 + 1500
    free = make_address(mei)
    assert order_of(mei, {plums: 3}, now=noon, address=free).amount_fen == 3 * 3980


def test_unpaid_stock_is_given_back_exactly_once(plums, mei, order_of, noon: datetime):
    payment = order_of(mei, {plums: 2}, now=noon)
    early = noon + timedelta(minutes=14)
    late = noon + timedelta(minutes=15)
    ended = [
        services.release_if_unpaid(payment_id=payment.pk, now=moment)
        for moment in (early, late, late)
    ]
    assert ended == [False, True, False]
    plums.refresh_from_db()
    assert (plums.held_count, plums.stock_count) == (0, 10)
    assert Order.objects.get().status == Order.Status.EXPIRED


def test_money_that_comes_after_the_end_goes_back_by_itself(plums, mei, order_of, noon: datetime):
    payment = order_of(mei, {plums: 2}, now=noon)
    late = noon + timedelta(minutes=15)
    services.release_if_unpaid(payment_id=payment.pk, now=late)
    services.take_payment(arrived=money_for(payment), now=late)
    refund = Refund.objects.get()
    assert (refund.amount_fen, refund.reason) == (7960, RefundReason.PAID_LATE)
    assert ledger.balances() == {"gateway:demo": -7960, "held": 0, "refunds": 7960}
    services.note_refund_sent(refund_no=refund.public_id, company="demo", now=late)
    assert ledger.balances() == {"gateway:demo": 0, "held": 0, "refunds": 0}
    assert ledger.check() == []
    assert Order.objects.get().status == Order.Status.EXPIRED


def test_attack_04_money_that_fits_no_order_waits_in_suspense(
    plums, mei, op, order_of, noon: datetime
):
    payment = order_of(mei, {plums: 2}, now=noon)
    told = [
        money_for(payment, trade_no="nosuchorder", transaction_id="t1", notice_id="n1"),
        money_for(payment, amount_fen=1, transaction_id="t2", notice_id="n2"),
        money_for(payment, currency="USD", transaction_id="t3", notice_id="n3"),
        money_for(payment),
        money_for(payment, transaction_id="t4", notice_id="n4"),
    ]
    outcomes = [services.take_payment(arrived=arrived, now=noon) for arrived in told]
    assert outcomes == ["suspense", "suspense", "suspense", "applied", "suspense"]
    reasons = SuspenseItem.objects.order_by("pk").values_list("reason", flat=True)
    assert list(reasons) == ["no_order", "wrong_amount", "wrong_currency", "paid_twice"]
    assert ledger.balances()["suspense"] == 7960 + 1 + 7960
    assert ledger.check() == []
    item = SuspenseItem.objects.get(reason="paid_twice")
    services.refund_suspense(item_id=item.pk, actor=op, now=noon)
    assert ledger.balances()["suspense"] == 7961
    assert ledger.check() == []


def test_attack_03_a_notice_told_again_has_one_effect(plums, mei, order_of, noon: datetime):
    payment = order_of(mei, {plums: 2}, now=noon)
    outcomes = [
        services.take_payment(arrived=money_for(payment), now=noon + timedelta(minutes=later))
        for later in (0, 0, 6, 2 * 365 * 24 * 60)
    ]
    assert outcomes == ["applied", "repeated", "repeated", "repeated"]
    assert ledger.balances()["held"] == 7960


def test_attack_07_a_refund_is_exact_and_never_above_what_was_paid(
    plums, mei, cooperative, paid_order, noon: datetime
):
    FreightRule.objects.create(
        merchant=cooperative, base_fen=1000, per_kg_fen=0, free_over_fen=None, remote_fen=0
    )
    order = paid_order(mei, {plums: 3}, now=noon)
    line = order.lines.get()

    def refund(units: int) -> int:
        made = services.refund_unshipped(
            order_id=order.pk,
            quantities={line.pk: units},
            reason=RefundReason.CHANGED_MIND,
            actor=mei,
            now=noon,
        )
        return made.amount_fen

    assert [refund(1), refund(1), refund(1)] == [3980 + 333, 3980 + 333, 3980 + 334]
    with pytest.raises(WrongStatus):
        refund(1)
    order.refresh_from_db()
    assert (order.status, order.refunded_fen, order.total_fen) == ("cancelled", 12_940, 12_940)
    plums.refresh_from_db()
    assert plums.stock_count == 10
    assert ledger.check() == []


def test_attack_07_a_refund_while_the_notice_is_under_way_ends_in_one_refund(
    plums, mei, order_of, noon: datetime
):
    payment = order_of(mei, {plums: 2}, now=noon)
    assert services.cancel_unpaid(payment_id=payment.pk, actor=mei, now=noon)
    services.take_payment(arrived=money_for(payment), now=noon)
    services.take_payment(arrived=money_for(payment), now=noon)
    assert Refund.objects.get().amount_fen == 7960
    payment.refresh_from_db()
    assert (payment.status, payment.refunded_fen) == (Payment.Status.PAID, 7960)
    assert ledger.check() == []


def test_the_money_of_a_received_order_is_divided_to_the_fen(
    plums, mei, lin, op, zhao, cooperative, make_organisation, paid_order, noon: datetime
):
    FreightRule.objects.create(
        merchant=cooperative, base_fen=1000, per_kg_fen=0, free_over_fen=None, remote_fen=0
    )
    orchard = make_organisation("creator", name="果园", members=(zhao,))
    PriceCut.objects.create(
        sku=plums,
        off_fen=500,
        funder=Funder.PLATFORM,
        starts_at=noon,
        ends_at=noon + timedelta(days=1),
        made_by=op,
    )
    source = services.Source(creator_id=orchard.pk, post="post", exposure="slot")
    order = paid_order(mei, {plums: 2}, now=noon, source=source)
    assert order.total_fen == 2 * 3480 + 1000
    services.ship(order_id=order.pk, carrier="sf", tracking_number="SF1", actor=lin, now=noon)
    assert services.receive(order_id=order.pk, actor=mei, now=noon)
    assert services.settle_order(order_id=order.pk, now=noon)
    assert not services.settle_order(order_id=order.pk, now=noon)
    assert ledger.balances() == {
        "gateway:demo": -7960,
        "held": 0,
        "funder:platform": -1000,
        f"merchant:{cooperative.public_id}": 2 * (3980 - 200 - 300),
        f"creator:{orchard.public_id}": 600,
        f"freight:{cooperative.public_id}": 1000,
        "platform": 400,
    }
    row = Settlement.objects.get()
    assert (row.goods_fen, row.discount_fen, row.merchant_fen) == (7960, 1000, 6960 + 1000)
    assert ledger.check() == []


def test_attack_07_a_refund_after_settlement_takes_every_part_back(
    plums, mei, lin, cooperative, paid_order, noon: datetime
):
    order = paid_order(mei, {plums: 2}, now=noon)
    services.ship(order_id=order.pk, carrier="sf", tracking_number="SF1", actor=lin, now=noon)
    services.receive(order_id=order.pk, actor=mei, now=noon)
    services.settle_order(order_id=order.pk, now=noon)
    line = order.lines.get()
    refund = services.refund_shipped(
        order_id=order.pk,
        quantities={line.pk: 1},
        reason=RefundReason.DAMAGED,
        actor=lin,
        now=noon,
    )
    assert refund.amount_fen == 3980
    assert ledger.balances() == {
        "gateway:demo": -7960,
        "held": 0,
        "refunds": 3980,
        f"merchant:{cooperative.public_id}": 3780,
        "platform": 200,
    }
    assert ledger.check() == []
    with pytest.raises(services.NothingToRefund):
        services.refund_shipped(
            order_id=order.pk,
            quantities={line.pk: 2},
            reason=RefundReason.DAMAGED,
            actor=lin,
            now=noon,
        )


def test_parts_of_an_order_may_travel_or_be_refunded_apart(
    plums, mei, lin, paid_order, noon: datetime
):
    order = paid_order(mei, {plums: 3}, now=noon)
    line = order.lines.get()
    services.ship(
        order_id=order.pk,
        carrier="sf",
        tracking_number="SF1",
        quantities={line.pk: 1},
        actor=lin,
        now=noon,
    )
    order.refresh_from_db()
    assert order.status == Order.Status.PART_SHIPPED
    services.refund_unshipped(
        order_id=order.pk, reason=RefundReason.OUT_OF_STOCK, actor=lin, now=noon
    )
    order.refresh_from_db()
    assert (order.status, order.refunded_fen) == (Order.Status.SHIPPED, 2 * 3980)
    plums.refresh_from_db()
    assert plums.stock_count == 9
    with pytest.raises(WrongStatus):
        services.ship(order_id=order.pk, carrier="sf", tracking_number="2", actor=lin, now=noon)
