"""Coupons: who gets one, what it takes off, who pays for it, and what comes back."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from shanhuo.kernel import clock
from shanhuo.kernel.models import FactRecord
from shanhuo.orders import ledger, queries, services
from shanhuo.orders.choices import Funder, RefundReason
from shanhuo.orders.models import (
    Coupon,
    FreightRule,
    Order,
    OrderLine,
    PriceCut,
    Refund,
    Settlement,
)
from tests.conftest import Maker
from tests.orders.conftest import money_for, seen_by

A_DAY = timedelta(days=1)


@pytest.fixture
def plums(make_sku: Maker, noon: datetime) -> Any:
    """39.80 yuan a box, 2.00 of it the platform's fee."""
    return make_sku(stock_count=20, platform_fee_fen=200)


def settled(order: Order, *, now: datetime) -> Order:
    """Sent, received and divided."""
    services.ship(
        order_id=order.pk, carrier="sf", tracking_number="SF1", actor=order.buyer, now=now
    )
    services.receive(order_id=order.pk, now=now)
    services.settle_order(order_id=order.pk, now=now)
    order.refresh_from_db()
    return order


# Taking


def test_everybody_who_asks_gets_the_same_until_none_is_left(make_coupons, make_user, take):
    batch = make_coupons(stock_count=2)
    for name in ("梅", "王"):
        assert take(batch, make_user(name)).batch.off_fen == 1000
    with pytest.raises(services.CouponsAllTaken):
        take(batch, make_user("迟到的人"))
    batch.refresh_from_db()
    assert (batch.left_count, Coupon.objects.count()) == (0, 2)


def test_one_person_has_no_more_than_the_batch_allows(make_coupons, mei, take):
    batch = make_coupons(per_person=2)
    assert [take(batch, mei).number, take(batch, mei).number] == [1, 2]
    with pytest.raises(services.EnoughCoupons):
        take(batch, mei)
    batch.refresh_from_db()
    assert batch.left_count == 1


def test_attack_10_a_second_account_with_the_same_telephone_gets_no_second_coupon(
    make_coupons, make_user, take
):
    """A telephone belongs to one account at a time: the first gave it away, or left."""
    batch = make_coupons()
    first, second = make_user("第一个号"), make_user("第二个号")
    first.phone_digest = "d" * 32
    first.save()
    take(batch, first)
    first.phone_digest = None
    first.save()
    second.phone_digest = "d" * 32
    second.save()
    for one in (first, second):
        with pytest.raises(services.EnoughCoupons):
            take(batch, one)
    batch.refresh_from_db()
    assert (batch.left_count, Coupon.objects.count()) == (2, 1)


def test_a_telephone_in_one_batch_leads_to_nothing_in_another(make_coupons, make_user, take):
    person = make_user("梅")
    person.phone_digest = "d" * 32
    person.save()
    keys = {take(make_coupons(), person).person_key for _ in range(2)}
    assert len(keys) == 2
    assert person.phone_digest not in keys


def test_when_a_batch_is_over_nothing_of_telephones_is_left(
    make_coupons, mei, make_user, take, noon
):
    batch = make_coupons()
    coupons = [take(batch, who) for who in (mei, make_user())]
    assert services.forget_persons(now=noon) == 0
    assert services.forget_persons(now=noon + 7 * A_DAY) == 2
    assert services.forget_persons(now=noon + 7 * A_DAY) == 0
    for coupon in coupons:
        coupon.refresh_from_db()
        assert coupon.person_key == coupon.public_id


def test_coupons_are_taken_between_opening_and_closing_only(make_coupons, mei, take, noon):
    batch = make_coupons(opens_at=noon + timedelta(hours=1))
    for moment, refusal in (
        (noon, services.CouponsNotOpen),
        (noon + 7 * A_DAY, services.CouponsOver),
    ):
        with pytest.raises(refusal):
            take(batch, mei, now=moment)
    assert take(batch, mei, now=noon + timedelta(hours=1)).number == 1


def test_what_was_stopped_is_taken_no_more_and_stays_good_for_who_has_it(
    make_coupons, plums, lin, mei, make_user, take, order_of, noon
):
    batch = make_coupons()
    coupon = take(batch, mei)
    assert services.stop_coupons(batch_id=batch.pk, actor=lin, now=noon)
    assert not services.stop_coupons(batch_id=batch.pk, actor=lin, now=noon)
    with pytest.raises(services.CouponsOver):
        take(batch, make_user())
    assert order_of(mei, {plums: 2}, now=noon, coupons=[coupon]).amount_fen == 7960 - 1000


def test_nobody_takes_what_the_platform_has_not_agreed_to_pay_for(
    make_coupons, mei, op, take, noon
):
    batch = make_coupons(platform_basis_points=5000)
    with pytest.raises(services.CouponsNotOpen):
        take(batch, mei)
    assert services.agree_to_coupons(batch_id=batch.pk, actor=op, now=noon)
    assert not services.agree_to_coupons(batch_id=batch.pk, actor=op, now=noon)
    assert take(batch, mei).number == 1


def test_a_coupon_of_a_room_is_given_out_in_that_room_only(make_coupons, mei, take):
    batch = make_coupons(session="room1")
    for elsewhere in ("", "room2"):
        with pytest.raises(services.OnlyInTheRoom):
            take(batch, mei, session=elsewhere)
    assert take(batch, mei, session="room1").via_session == "room1"


@pytest.mark.parametrize(
    "terms",
    [
        {"off_fen": 5000},
        {"off_fen": 0},
        {"stock_count": 0},
        {"per_person": 0},
        {"per_person": 4},
        {"platform_basis_points": 10_001},
        {"closes_at": datetime(2026, 6, 30, tzinfo=clock.SHANGHAI)},
        {"use_by": datetime(2026, 7, 2, tzinfo=clock.SHANGHAI)},
    ],
)
def test_terms_that_make_no_sense_are_refused(terms, make_coupons):
    with pytest.raises(services.BadCoupons):
        make_coupons(**terms)


def test_a_merchant_gives_coupons_for_the_own_goods_only(
    make_coupons, make_organisation, make_product
):
    theirs = make_product("别人的茶", make_organisation("merchant", name="别家"))
    with pytest.raises(services.BadCoupons):
        make_coupons(product_ids=[theirs.pk])


# Using


def test_a_coupon_takes_off_what_it_says_and_is_used(
    make_coupons, plums, mei, take, order_of, noon
):
    coupon = take(make_coupons(), mei)
    order = order_of(mei, {plums: 2}, now=noon, coupons=[coupon]).orders.get()
    assert (order.goods_fen, order.coupon_fen, order.total_fen) == (7960, 1000, 6960)
    coupon.refresh_from_db()
    assert (coupon.order, coupon.used_at) == (order, noon)
    [told] = FactRecord.objects.get(kind="orders.OrderPlaced").payload["lines"]
    assert (told["goods_fen"], told["discount_fen"], told["coupon_fen"]) == (7960, 1000, 1000)


def test_the_threshold_counts_goods_after_price_cuts_and_no_freight(
    make_coupons, plums, cooperative, lin, mei, take, order_of, noon
):
    FreightRule.objects.create(merchant=cooperative, base_fen=5000, per_kg_fen=0)
    coupon = take(make_coupons(threshold_fen=3980), mei)
    payment = order_of(mei, {plums: 1}, now=noon, coupons=[coupon])
    assert payment.amount_fen == 3980 - 1000 + 5000
    services.cancel_unpaid(payment_id=payment.pk, actor=mei, now=noon)
    PriceCut.objects.create(
        sku=plums,
        off_fen=1,
        funder=Funder.MERCHANT,
        starts_at=noon,
        ends_at=noon + A_DAY,
        made_by=lin,
    )
    with pytest.raises(services.CouponNotUsable):
        order_of(mei, {plums: 1}, now=noon, coupons=[coupon])
    assert Order.objects.count() == 1


def test_no_coupon_makes_an_order_dearer(
    make_coupons, plums, cooperative, mei, take, order_of, noon
):
    """Free freight from 75.00: the coupon does not take the goods below it."""
    FreightRule.objects.create(
        merchant=cooperative, base_fen=1500, per_kg_fen=0, free_over_fen=7500
    )
    coupon = take(make_coupons(), mei)
    assert order_of(mei, {plums: 2}, now=noon, coupons=[coupon]).amount_fen == 6960


def test_shares_of_a_coupon_sum_to_it_by_line_and_by_who_pays(
    make_coupons, make_sku, make_product, mei, op, take, order_of, noon
):
    basket = {
        make_sku(make_product(name), price_fen=price): 1
        for name, price in (("脆李", 3333), ("茶", 3333), ("米", 3334), ("笋", 1))
    }
    batch = make_coupons(platform_basis_points=3333)
    services.agree_to_coupons(batch_id=batch.pk, actor=op, now=noon)
    order_of(mei, basket, now=noon, coupons=[take(batch, mei)])
    shares = OrderLine.objects.order_by("-unit_price_fen", "pk")
    assert list(shares.values_list("coupon_fen", "coupon_platform_fen")) == [
        (334, 111),
        (333, 111),
        (333, 111),
        (0, 0),
    ]


def test_a_coupon_for_chosen_goods_counts_only_those(
    make_coupons, make_sku, make_product, mei, take, order_of, noon
):
    plums = make_sku(make_product("李"), price_fen=6000)
    tea = make_sku(make_product("茶"), price_fen=9000)
    coupon = take(make_coupons(product_ids=[plums.product_id]), mei)
    with pytest.raises(services.CouponNotUsable):
        order_of(mei, {tea: 1}, now=noon, coupons=[coupon])
    order_of(mei, {plums: 1}, now=noon, coupons=[coupon])
    assert dict(OrderLine.objects.values_list("title", "coupon_fen")) == {"李": 1000, "茶": 0}


def test_attack_10_a_coupon_is_no_use_to_others_elsewhere_or_afterwards(
    make_coupons,
    make_organisation,
    make_product,
    make_sku,
    plums,
    mei,
    stranger,
    take,
    order_of,
    noon,
):
    coupon = take(make_coupons(), mei)
    elsewhere = make_sku(make_product("别人的茶", make_organisation("merchant", name="别家")))
    for who, what, when in (
        (stranger, plums, noon),
        (mei, elsewhere, noon),
        (mei, plums, noon + 14 * A_DAY),
    ):
        with pytest.raises(services.CouponNotUsable):
            order_of(who, {what: 2}, now=when, coupons=[coupon])
    assert (Order.objects.count(), FactRecord.objects.count()) == (0, 0)
    coupon.refresh_from_db()
    assert coupon.order is None


def test_attack_10_one_coupon_is_used_for_one_order_though_it_is_named_twice(
    make_coupons, plums, mei, take, order_of, noon
):
    coupon = take(make_coupons(), mei)
    with pytest.raises(services.CouponNotUsable):
        order_of(mei, {plums: 2}, now=noon, coupons=[coupon, coupon])
    services.take_out(buyer=mei, sku_id=plums.pk)
    order_of(mei, {plums: 2}, now=noon, coupons=[coupon])
    with pytest.raises(services.CouponNotUsable):
        order_of(mei, {plums: 2}, now=noon, coupons=[coupon])
    assert Order.objects.get().coupon_fen == 1000


def test_attack_05_what_a_client_says_that_a_coupon_takes_off_counts_for_nothing(
    make_coupons, plums, mei, take, make_address, noon
):
    coupon = take(make_coupons(), mei)
    services.add_to_basket(buyer=mei, sku_id=plums.pk, quantity=2, now=noon)
    address = make_address(mei)
    wanted, total = seen_by(mei, address, now=noon, coupons=[coupon])
    for coupons, seen_fen in (([coupon.public_id], total - 1), ([], total)):
        with pytest.raises(services.PriceChanged):
            services.place_order(
                buyer=mei,
                address=address.public_id,
                wanted=wanted,
                total_seen_fen=seen_fen,
                key=f"key-{seen_fen}",
                now=noon,
                coupons=coupons,
            )
    assert Order.objects.count() == 0


# Giving back


@pytest.mark.parametrize("end", ["cancelled", "expired"])
def test_attack_10_coupon_cancel_coupon_again_is_one_coupon(
    end, make_coupons, plums, mei, take, order_of, noon
):
    coupon = take(make_coupons(), mei)
    later = noon + timedelta(hours=1)
    for _ in range(3):
        payment = order_of(mei, {plums: 2}, now=noon, coupons=[coupon])
        if end == "cancelled":
            services.cancel_unpaid(payment_id=payment.pk, actor=mei, now=noon)
        else:
            assert services.release_if_unpaid(payment_id=payment.pk, now=later)
            assert not services.release_if_unpaid(payment_id=payment.pk, now=later)
        coupon.refresh_from_db()
        assert (coupon.order, coupon.used_at) == (None, None)
    assert Coupon.objects.count() == 1


def test_an_old_order_that_ends_again_takes_no_coupon_from_a_new_one(
    make_coupons, plums, mei, take, order_of, noon
):
    coupon = take(make_coupons(), mei)
    first = order_of(mei, {plums: 2}, now=noon, coupons=[coupon])
    services.cancel_unpaid(payment_id=first.pk, actor=mei, now=noon)
    second = order_of(mei, {plums: 2}, now=noon, coupons=[coupon])
    services.take_payment(arrived=money_for(first), now=noon)
    services.cancel_unpaid(payment_id=first.pk, actor=mei, now=noon)
    coupon.refresh_from_db()
    assert coupon.order == second.orders.get()
    assert Refund.objects.get().amount_fen == 6960
    assert ledger.check() == []


def test_an_order_that_never_left_gives_its_coupon_back_when_all_is_refunded(
    make_coupons, plums, mei, lin, take, paid_order, noon
):
    coupon = take(make_coupons(), mei)
    order = paid_order(mei, {plums: 3}, now=noon, coupons=[coupon])
    line = order.lines.get()
    for units in (1, 2):
        coupon.refresh_from_db()
        assert coupon.order == order
        services.refund_unshipped(
            order_id=order.pk,
            reason=RefundReason.OUT_OF_STOCK,
            actor=lin,
            now=noon,
            quantities={line.pk: units},
        )
    amounts = list(Refund.objects.order_by("pk").values_list("amount_fen", flat=True))
    assert amounts == [3980 - 333, 7960 - 667]
    order.refresh_from_db()
    assert (order.refunded_fen, order.status) == (order.total_fen, "cancelled")
    coupon.refresh_from_db()
    assert coupon.order is None
    assert ledger.check() == []


@pytest.mark.parametrize("platform_part", [0, 3333, 10_000])
@pytest.mark.parametrize("portions", [(1, 1, 1), (3,)])
def test_refunds_after_settlement_take_from_every_party_exactly_its_part(
    platform_part, portions, make_coupons, plums, mei, lin, op, take, paid_order, noon
):
    batch = make_coupons(off_fen=1001, platform_basis_points=platform_part)
    services.agree_to_coupons(batch_id=batch.pk, actor=op, now=noon)
    order = settled(paid_order(mei, {plums: 3}, now=noon, coupons=[take(batch, mei)]), now=noon)
    platform_fen = {0: 0, 3333: 334, 10_000: 1001}[platform_part]
    merchant = f"merchant:{order.merchant.public_id}"
    assert ledger.balances()[merchant] == 3 * 3780 - (1001 - platform_fen)
    assert ledger.balances().get("funder:platform", 0) == -platform_fen
    assert ledger.check() == []
    line = order.lines.get()
    for units in portions:
        services.refund_shipped(
            order_id=order.pk,
            reason=RefundReason.DAMAGED,
            actor=lin,
            now=noon,
            quantities={line.pk: units},
        )
        assert ledger.check() == []
    order.refresh_from_db()
    assert order.refunded_fen == order.total_fen == 3 * 3980 - 1001
    left = ledger.balances()
    assert not any(left.get(who) for who in (merchant, "funder:platform", "platform", "held"))
    assert sum(Settlement.objects.values_list("coupon_fen", flat=True)) == 0


def test_what_was_sent_and_refunded_gives_no_coupon_back(
    make_coupons, plums, mei, lin, take, paid_order, noon
):
    coupon = take(make_coupons(), mei)
    order = settled(paid_order(mei, {plums: 2}, now=noon, coupons=[coupon]), now=noon)
    services.refund_shipped(
        order_id=order.pk,
        reason=RefundReason.DAMAGED,
        actor=lin,
        now=noon,
        quantities={order.lines.get().pk: 2},
    )
    coupon.refresh_from_db()
    assert coupon.order == order


def test_parts_of_a_line_always_sum_to_its_coupon_and_never_cost_less_than_nothing():
    for quantity in range(1, 8):
        for coupon_fen in range(quantity * 3 + 1):
            line = OrderLine(
                quantity=quantity,
                unit_price_fen=3,
                coupon_fen=coupon_fen,
                coupon_platform_fen=coupon_fen // 3,
            )
            on = [line.coupon_on(units) for units in range(quantity + 1)]
            platform = [line.coupon_platform_on(units) for units in range(quantity + 1)]
            assert (on[0], on[-1]) == (0, coupon_fen)
            assert (platform[0], platform[-1]) == (0, coupon_fen // 3)
            for less, more in zip(range(quantity), range(1, quantity + 1), strict=True):
                assert 0 <= on[more] - on[less] <= 3
                assert 0 <= platform[more] - platform[less] <= on[more] - on[less]


# Seeing


def test_the_checkout_takes_the_best_coupon_unless_another_is_chosen(
    make_coupons, plums, mei, take, noon
):
    small, large, too_large = (
        take(make_coupons(off_fen=off, threshold_fen=threshold), mei)
        for off, threshold in ((500, 5000), (900, 6000), (3000, 9000))
    )
    services.add_to_basket(buyer=mei, sku_id=plums.pk, quantity=2, now=noon)
    view = queries.checkout_view(buyer=mei, now=noon)
    assert (view.coupons_used, view.total_fen) == ([large.public_id], 7960 - 900)
    [parcel] = view.parcels
    offered = [(one.off_fen, one.missing_fen) for one in parcel.coupons]
    assert offered == [(900, 0), (500, 0), (3000, 1040)]
    for chosen, total_fen in (([small], 7460), ([], 7960), ([too_large], 7960)):
        wanted = [coupon.public_id for coupon in chosen]
        assert queries.checkout_view(buyer=mei, now=noon, coupons=wanted).total_fen == total_fen


def test_a_buyer_without_coupons_costs_the_checkout_no_question_more(
    make_coupons, plums, mei, stranger, take, noon, django_assert_num_queries
):
    for buyer in (mei, stranger):
        services.add_to_basket(buyer=buyer, sku_id=plums.pk, quantity=2, now=noon)
    take(make_coupons(), stranger)
    for buyer, questions in ((mei, 6), (stranger, 8)):
        with django_assert_num_queries(questions):
            queries.checkout_view(buyer=buyer, now=noon)


def test_statement_and_receipt_say_who_paid_for_the_coupon(
    make_coupons, plums, mei, op, cooperative, take, paid_order, noon
):
    batch = make_coupons(platform_basis_points=2500)
    services.agree_to_coupons(batch_id=batch.pk, actor=op, now=noon)
    order = settled(paid_order(mei, {plums: 2}, now=noon, coupons=[take(batch, mei)]), now=noon)
    [line] = queries.receipt_of(order).lines
    assert (line.paid_fen, line.coupon_fen, line.coupon_platform_fen) == (6960, 1000, 250)
    [row] = queries.statement_of([cooperative.pk], since=noon.date(), until=noon.date()).rows
    assert (row.merchant_discount_fen, row.platform_discount_fen, row.net_fen) == (750, 250, 6810)
    fact = FactRecord.objects.get(kind="orders.OrderSettled").payload
    assert (fact["merchant_fen"], fact["platform_discount_fen"]) == (6810, 250)
