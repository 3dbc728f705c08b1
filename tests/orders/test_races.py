"""Many at once, with real threads. Runs on SQLite, and with `-p tests.postgres` on PostgreSQL."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from threading import Barrier
from typing import Any

import pytest

from shanhuo.kernel import ids
from shanhuo.orders import hot, ledger, services
from shanhuo.orders.models import (
    Coupon,
    HotClaim,
    HotSale,
    JournalEntry,
    Notice,
    Order,
    Payment,
    Refund,
)
from tests.conftest import Maker
from tests.orders.conftest import money_for, seen_by
from tests.threads import at_once

pytestmark = [pytest.mark.concurrency, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def now(noon: datetime) -> datetime:
    return noon


def ready_to_order(
    buyer: Any,
    basket: dict[Any, int],
    address: Any,
    *,
    now: datetime,
    coupons: Sequence[Coupon] = (),
) -> Any:
    """A deed that orders what the buyer has seen of these goods."""
    for sku, quantity in basket.items():
        services.add_to_basket(buyer=buyer, sku_id=sku.pk, quantity=quantity, now=now)
    wanted, total = seen_by(buyer, address, now=now, coupons=coupons, only=basket)
    key = ids.new_public_id()

    def order() -> Any:
        return services.place_order(
            buyer=buyer,
            address=address.public_id,
            wanted=wanted,
            total_seen_fen=total,
            key=key,
            now=now,
            coupons=[coupon.public_id for coupon in coupons],
        )

    return order


def test_attack_09_ten_units_go_to_ten_of_forty_buyers(
    make_sku: Maker, make_user: Maker, make_address: Maker, now: datetime
):
    plums = make_sku(stock_count=10)
    deeds = []
    for number in range(40):
        buyer = make_user(f"buyer {number}")
        deeds.append(ready_to_order(buyer, {plums: 1}, make_address(buyer), now=now))
    outcomes = Counter(type(outcome).__name__ for outcome in at_once(deeds))
    assert outcomes == {"Placed": 10, "OutOfStock": 30}
    plums.refresh_from_db()
    assert (plums.held_count, Order.objects.count(), Payment.objects.count()) == (10, 10, 10)


def test_attack_12_two_baskets_in_opposite_order_do_not_lock_each_other_out(
    make_sku: Maker, make_product: Maker, make_user: Maker, make_address: Maker, now: datetime
):
    tea, rice = make_sku(make_product("茶")), make_sku(make_product("米"))
    deeds = []
    for number in range(12):
        buyer = make_user(f"buyer {number}")
        basket = {tea: 1, rice: 1} if number % 2 else {rice: 1, tea: 1}
        deeds.append(ready_to_order(buyer, basket, make_address(buyer), now=now))
    outcomes = Counter(type(outcome).__name__ for outcome in at_once(deeds))
    assert outcomes == {"Placed": 12}


def test_attack_08_one_key_sent_eight_times_at_once_orders_once(
    make_sku: Maker, mei: Any, make_address: Maker, now: datetime
):
    order = ready_to_order(mei, {make_sku(): 1}, make_address(mei), now=now)
    outcomes = at_once([order] * 8)
    placed = {outcome.payment for outcome in outcomes}
    assert placed == set(Payment.objects.values_list("public_id", flat=True))
    assert Order.objects.count() == 1


def test_attack_03_fifty_notices_at_once_have_one_effect(
    make_sku: Maker, mei: Any, order_of: Maker, now: datetime
):
    plums = make_sku(stock_count=10)
    payment = order_of(mei, {plums: 1}, now=now)
    arrived = money_for(payment)
    outcomes = at_once([lambda: services.take_payment(arrived=arrived, now=now)] * 50)
    assert Counter(outcomes) == {"applied": 1, "repeated": 49}
    assert (JournalEntry.objects.count(), Notice.objects.get().times) == (1, 50)
    plums.refresh_from_db()
    assert (plums.stock_count, plums.held_count) == (9, 0)


@pytest.mark.parametrize("attempt", range(3))
def test_paying_as_the_hold_expires_ends_in_goods_or_in_a_refund(
    attempt: int, make_sku: Maker, mei: Any, order_of: Maker, now: datetime
):
    plums = make_sku(stock_count=10)
    payment = order_of(mei, {plums: 1}, now=now)
    end = now + timedelta(minutes=15)
    at_once(
        [
            lambda: services.take_payment(arrived=money_for(payment), now=end),
            lambda: services.release_if_unpaid(payment_id=payment.pk, now=end),
            lambda: services.release_if_unpaid(payment_id=payment.pk, now=end),
        ]
    )
    order = Order.objects.get()
    plums.refresh_from_db()
    refunded = sum(Refund.objects.values_list("amount_fen", flat=True))
    sold = (order.status, refunded, plums.stock_count, plums.held_count)
    assert sold in [("preparing", 0, 9, 0), ("expired", order.total_fen, 10, 0)]
    assert ledger.check() == []


def test_attack_07_one_refund_asked_for_ten_times_at_once_is_one_refund(
    make_sku: Maker, mei: Any, paid_order: Maker, now: datetime
):
    order = paid_order(mei, {make_sku(): 1}, now=now)

    def refund() -> Refund:
        return services.refund_unshipped(
            order_id=order.pk, reason="changed_mind", actor=mei, now=now
        )

    outcomes = Counter(type(outcome).__name__ for outcome in at_once([refund] * 10))
    assert outcomes == {"Refund": 1, "WrongStatus": 9}
    order.refresh_from_db()
    assert order.refunded_fen == order.total_fen
    assert ledger.check() == []


def test_a_buyer_who_is_gone_does_not_spoil_the_round(
    make_sku: Maker, mei: Any, lin: Any, now: datetime
):
    sale = services.open_hot_sale(
        sku_id=make_sku(stock_count=3).pk,
        usual_fen=3980,
        price_fen=990,
        stock_count=3,
        per_person=1,
        opens_at=now,
        closes_at=now + timedelta(hours=1),
        actor=lin,
        now=now,
    )
    # That there is no such buyer is seen only when the round is committed.
    wishes = [hot.Wish(sale.pk, buyer, 1) for buyer in (10**9, mei.pk)]
    assert [answer.state.value for answer in hot.decide(wishes, now=now)] == ["try_again", "kept"]
    sale.refresh_from_db()
    assert (sale.left_count, [claim.buyer_id for claim in HotClaim.objects.all()]) == (2, [mei.pk])


def test_the_hot_writers_of_four_processes_sell_exactly_what_there_is(
    make_sku: Maker, make_user: Maker, lin: Any, now: datetime
):
    sale = services.open_hot_sale(
        sku_id=make_sku(stock_count=50).pk,
        usual_fen=3980,
        price_fen=990,
        stock_count=50,
        per_person=1,
        opens_at=now,
        closes_at=datetime.now(UTC) + timedelta(days=1),
        actor=lin,
        now=now,
    )
    buyers = [make_user(str(number)).pk for number in range(60)]
    rounds = [
        [hot.Wish(sale.pk, buyer, 1) for buyer in buyers[start::4] + buyers[:5]]
        for start in range(4)
    ]
    answers = at_once([lambda wishes=wishes: hot.decide(wishes, now=now) for wishes in rounds])
    kept = {
        wish.buyer_id
        for wishes, told in zip(rounds, answers, strict=True)
        for wish, answer in zip(wishes, told, strict=True)
        if answer.state == "kept"
    }
    assert kept == set(HotClaim.objects.values_list("buyer_id", flat=True))
    assert (len(kept), HotSale.objects.get().left_count) == (50, 0)


def test_attack_09_control_without_the_lock_more_is_promised_than_there_is(make_sku: Maker):
    """What the other tests guard against really happens: read, think, write loses promises."""
    plums = make_sku(stock_count=10)
    Sku = type(plums)  # noqa: N806
    both_have_read = Barrier(2)

    def careless() -> bool:
        held = Sku.objects.get(pk=plums.pk).held_count
        both_have_read.wait(timeout=30)
        Sku.objects.filter(pk=plums.pk).update(held_count=held + 1)
        return True

    assert at_once([careless] * 2) == [True, True]
    plums.refresh_from_db()
    assert plums.held_count == 1


def test_attack_10_ten_coupons_go_to_ten_of_sixty_four_people(
    make_coupons: Maker, make_user: Maker, take: Maker
):
    batch = make_coupons(stock_count=10)
    people = [make_user(f"person {number}") for number in range(64)]
    deeds = [lambda person=person: take(batch, person) for person in people]
    outcomes = Counter(type(outcome).__name__ for outcome in at_once(deeds))
    assert outcomes == {"Coupon": 10, "CouponsAllTaken": 54}
    batch.refresh_from_db()
    assert (batch.left_count, Coupon.objects.values("holder").distinct().count()) == (0, 10)


def test_attack_10_one_person_who_asks_sixteen_times_at_once_gets_one_coupon(
    make_coupons: Maker, mei: Any, take: Maker
):
    batch = make_coupons(stock_count=10)
    outcomes = at_once([lambda: take(batch, mei)] * 16)
    assert Counter(type(one).__name__ for one in outcomes) == {"Coupon": 1, "EnoughCoupons": 15}
    batch.refresh_from_db()
    assert batch.left_count == 9


def test_attack_10_one_coupon_in_two_checkouts_at_once_is_used_in_one(
    make_coupons: Maker,
    make_sku: Maker,
    make_product: Maker,
    make_address: Maker,
    mei: Any,
    take: Maker,
    now: datetime,
):
    coupon, address = take(make_coupons(), mei), make_address(mei)
    deeds = []
    for name in ("脆李", "茶", "米"):
        sku = make_sku(make_product(name))
        deeds.append(ready_to_order(mei, {sku: 2}, address, now=now, coupons=[coupon]))
    outcomes = Counter(type(outcome).__name__ for outcome in at_once(deeds))
    assert outcomes == {"Placed": 1, "CouponNotUsable": 2}
    coupon.refresh_from_db()
    assert coupon.order == Order.objects.get()
