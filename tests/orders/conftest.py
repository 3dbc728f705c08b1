"""Makers of orders in every state, and a company's word for tests that are not about signatures."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest

from shanhuo.kernel import ids
from shanhuo.orders import freight, services
from shanhuo.orders.coupons import purse
from shanhuo.orders.models import Address, BasketLine, Coupon, CouponBatch, Order, Payment
from shanhuo.orders.services.placing import parcels_of
from tests.conftest import Maker


@pytest.fixture
def make_address(make_county: Maker) -> Maker:
    def make(owner: Any, county: Any = None, **fields: Any) -> Address:
        return services.keep_address(
            owner=owner,
            county_id=(county or make_county("渝中区", "500103")).pk,
            recipient=fields.get("recipient", "梅女士"),
            phone=fields.get("phone", "13900139000"),
            street=fields.get("street", "解放碑 1 号"),
            is_default=False,
            now=fields.get("now", datetime.now().astimezone()),
        )

    return make


@pytest.fixture
def order_of(make_address: Maker) -> Maker:
    """Put SKUs into a basket, look at it, and order it."""

    def place(
        buyer: Any,
        basket: dict[Any, int],
        *,
        now: datetime,
        key: str = "",
        address: Address | None = None,
        source: services.Source = services.Source(),  # noqa: B008 (frozen)
        coupons: Sequence[Coupon] = (),
    ) -> Payment:
        address = address or make_address(buyer)
        for sku, quantity in basket.items():
            services.add_to_basket(
                buyer=buyer, sku_id=sku.pk, quantity=quantity, now=now, source=source
            )
        wanted, total = seen_by(buyer, address, now=now, coupons=coupons)
        placed = services.place_order(
            buyer=buyer,
            address=address.public_id,
            wanted=wanted,
            total_seen_fen=total,
            key=key or ids.new_public_id(),
            now=now,
            coupons=[coupon.public_id for coupon in coupons],
        )
        return Payment.objects.get(public_id=placed.payment)

    return place


def seen_by(
    buyer: Any,
    address: Address,
    *,
    now: datetime,
    coupons: Sequence[Coupon] = (),
    only: Collection[Any] | None = None,
) -> tuple[list[services.Wanted], int]:
    """What the checkout page shows, of all or `only` some SKUs: lines with prices, and the total
    with freight."""
    lines = BasketLine.objects.filter(buyer=buyer)
    if only is not None:
        lines = lines.filter(sku__in=only)
    basket = list(lines.select_related("sku__product__merchant", "sku__product__county", "creator"))
    parcels = parcels_of(basket, province=freight.province_of(address.county.adcode), now=now)
    for parcel in parcels:
        chosen = [held for held in purse(buyer.pk, now=now) if held.coupon in coupons]
        for held in parcel.usable(chosen)[:1]:
            parcel.use(held)
    wanted = [
        services.Wanted(line.sku.public_id, line.quantity, line.unit_paid_fen)
        for parcel in parcels
        for line in parcel.lines
    ]
    return wanted, sum(parcel.total_fen for parcel in parcels)


def money_for(payment: Payment, **changed: Any) -> services.MoneyArrived:
    """The demo company's proved word that a payment was made, or a `changed` one."""
    told = {
        "company": "demo",
        "notice_id": f"n-{payment.public_id}",
        "trade_no": payment.public_id,
        "transaction_id": f"T{payment.public_id}",
        "amount_fen": payment.amount_fen,
        "currency": "CNY",
    }
    return services.MoneyArrived(**{**told, **changed})


@pytest.fixture
def paid_order(order_of: Maker) -> Maker:
    """An order of one merchant that is paid."""

    def make(buyer: Any, basket: dict[Any, int], *, now: datetime, **how: Any) -> Order:
        payment = order_of(buyer, basket, now=now, **how)
        services.take_payment(arrived=money_for(payment), now=now)
        return Order.objects.get(payment=payment)

    return make


@pytest.fixture
def plums(make_sku: Maker, noon: datetime) -> Any:
    return make_sku(stock_count=10, platform_fee_fen=200)


@pytest.fixture
def make_sale(plums: Any, lin: Any, noon: datetime) -> Maker:
    """Make a hot sale of plums that opens at noon, for an hour."""

    def make(stock_count: int = 3, **terms: Any) -> Any:
        usual = {
            "sku_id": plums.pk,
            "usual_fen": plums.price_fen,
            "price_fen": 2980,
            "stock_count": stock_count,
            "per_person": 2,
            "opens_at": noon,
            "closes_at": noon + timedelta(hours=1),
            "actor": lin,
            "now": noon - timedelta(hours=1),
        }
        return services.open_hot_sale(**{**usual, **terms})

    return make


@pytest.fixture
def make_coupons(cooperative: Any, lin: Any, noon: datetime) -> Maker:
    """Offer coupons of Lin's cooperative for a week from noon on: 10.00 off from 50.00."""

    def make(stock_count: int = 3, **terms: Any) -> CouponBatch:
        usual = {
            "merchant_id": cooperative.pk,
            "threshold_fen": 5000,
            "off_fen": 1000,
            "stock_count": stock_count,
            "per_person": 1,
            "opens_at": noon,
            "closes_at": noon + timedelta(days=7),
            "use_by": noon + timedelta(days=14),
            "actor": lin,
            "now": noon,
        }
        return services.offer_coupons(**{**usual, **terms})

    return make


@pytest.fixture
def take(noon: datetime) -> Maker:
    """Somebody takes a coupon of a batch."""

    def one(batch: Any, by: Any, *, now: datetime = noon, session: str = "") -> Coupon:
        return services.take_coupon(batch_id=batch.pk, by=by, now=now, session=session)

    return one
