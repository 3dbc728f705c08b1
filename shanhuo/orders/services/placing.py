"""A basket becomes orders: one per merchant, all under one payment."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

import msgspec
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from shanhuo.config import config
from shanhuo.goods import services as goods
from shanhuo.goods.prices import chain_of
from shanhuo.kernel import facts, idempotency
from shanhuo.kernel.errors import Refusal
from shanhuo.kernel.money import BASIS_POINTS, share_of
from shanhuo.kernel.prepared import prepared
from shanhuo.kernel.rows import insert, remove
from shanhuo.orders import freight, policy, sold
from shanhuo.orders.coupons import Held, purse
from shanhuo.orders.events import OrderPlaced
from shanhuo.orders.models import (
    Address,
    BasketLine,
    FreightRule,
    LineCredit,
    Order,
    OrderLine,
    OrderStep,
    Payment,
    PriceCut,
)
from shanhuo.orders.services.basket import NoSuchAddress, check_quantity
from shanhuo.orders.services.coupons import use_coupon
from shanhuo.people import rules as people_rules

if TYPE_CHECKING:
    from shanhuo.people.models import User


class PriceChanged(Refusal):
    code = "price_changed"
    message = _("A price or the freight has changed since you looked. Nothing was ordered.")


class BasketChanged(Refusal):
    code = "basket_changed"
    message = _("Your basket has changed since you looked. Nothing was ordered.")


class NotDelivered(Refusal):
    code = "not_delivered"
    status = 422
    message = _("We do not send parcels to this place yet.")


class TooManyUnpaid(Refusal):
    code = "too_many_unpaid"
    message = _("Pay or cancel one of your %(most)s open orders first.")


class CouponNotUsable(Refusal):
    code = "coupon_not_usable"
    message = _(
        "A coupon cannot be used for this: it is used already, has ended, or is for other goods or "
        "for more of them. Nothing was ordered."
    )


class YouthMode(Refusal):
    code = "youth_mode"
    status = 403
    message = _("Youth mode is on: nothing can be bought until a guardian turns it off.")


@dataclass(frozen=True, slots=True)
class Wanted:
    """A basket line as the buyer saw it: SKU (public id), units, and fen to pay for one of them."""

    sku: str
    quantity: int
    unit_seen_fen: int


@dataclass(frozen=True, slots=True)
class Placed:
    """Public ids of the payment and of its orders, and when the hold on their stock ends."""

    payment: str
    orders: list[str]
    amount_fen: int
    expires_at: str


@dataclass(slots=True)
class Parcel:
    """What one merchant will send: an order in the making."""

    basket: list[BasketLine]
    discounts: Mapping[int, PriceCut]
    province: str
    rule: FreightRule | None
    lines: list[OrderLine] = field(init=False)
    freight_fen: int = field(init=False)
    coupon: Held | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        self.lines = [_line(wish, self.discounts.get(wish.sku_id)) for wish in self.basket]
        grams = [line.quantity * line.grams_per_unit for line in self.lines]
        self.freight_fen = freight.freight_fen(
            self.rule,
            goods_fen=self.goods_fen - self.discount_fen,
            grams=sum(grams),
            province=self.province,
        )
        for line, share in zip(
            self.lines, freight.shares(self.freight_fen, grams=grams), strict=True
        ):
            line.freight_fen = share

    @property
    def goods_fen(self) -> int:
        return sum(line.quantity * line.unit_price_fen for line in self.lines)

    @property
    def discount_fen(self) -> int:
        return sum(line.quantity * line.unit_discount_fen for line in self.lines)

    @property
    def coupon_fen(self) -> int:
        return sum(line.coupon_fen for line in self.lines)

    @property
    def total_fen(self) -> int:
        return self.goods_fen - self.discount_fen - self.coupon_fen + self.freight_fen

    @property
    def merchant_id(self) -> int:
        return self.basket[0].sku.product.merchant_id

    def coupons_for(self, purse: Iterable[Held]) -> list[Held]:
        """Those of the coupons that are for something in this parcel, in the order they come."""
        return [
            held
            for held in purse
            if held.batch.merchant_id == self.merchant_id and any(map(held.fits, self.lines))
        ]

    def usable(self, purse: Iterable[Held]) -> list[Held]:
        """Those of them whose threshold is reached."""
        return [held for held in self.coupons_for(purse) if not held.missing_fen(self.lines)]

    def use(self, held: Held) -> None:
        """Take off what the coupon takes off. The freight stays: no coupon makes an order dearer.

        The caller has seen that it is usable.
        """
        self.coupon = held
        held.use_on(self.lines)


def place_order(
    *,
    buyer: "User",
    address: str,
    wanted: Sequence[Wanted],
    total_seen_fen: int,
    key: str,
    now: datetime,
    coupons: Sequence[str] = (),
) -> Placed:
    """Order lines of the buyer's basket and hold their stock. Idempotent by (buyer, key).

    address: public id from the buyer's address book. coupons: public ids of the buyer's coupons,
    at most one for each merchant.
    Raises BadQuantity, BasketChanged, NoSuchAddress, NotDelivered, TooManyUnpaid, PriceChanged,
    CouponNotUsable, YouthMode, goods.OutOfStock or goods.NotForSale: then nothing is ordered and
    nothing is held.
    """
    if not people_rules.may_trade(buyer):
        raise YouthMode
    body = msgspec.json.encode([address, wanted, total_seen_fen, coupons])
    answer = idempotency.run(
        owner=buyer.public_id,
        scope=f"orders.place:{buyer.public_id}",
        key=key,
        body=body,
        now=now,
        act=lambda: asdict(_place(buyer, address, wanted, total_seen_fen, coupons, now=now)),
    )
    return Placed(**answer)


def _place(
    buyer: "User",
    address_id: str,
    wanted: Sequence[Wanted],
    total_seen_fen: int,
    coupons: Sequence[str],
    *,
    now: datetime,
) -> Placed:
    address = address_of(buyer, address_id)
    basket = _basket(buyer, wanted)
    _refuse_hoarding(buyer)
    parcels = parcels_of(basket, province=freight.province_of(address.county.adcode), now=now)
    if coupons:
        _use_coupons(parcels, buyer, coupons, now=now)
    _refuse_other_prices(parcels, wanted, total_seen_fen)
    checkout = write_checkout(buyer, parcels, address, expires_at=now + policy.hold_for(), now=now)
    remove(basket)
    for order, parcel in zip(checkout.orders, parcels, strict=True):
        if parcel.coupon and not use_coupon(parcel.coupon.coupon, order=order, now=now):
            raise CouponNotUsable
        _hold(order, parcel, now=now)
    return checkout.answer()


@dataclass(frozen=True, slots=True)
class Checkout:
    """A payment and its orders, as they were just written."""

    payment: Payment
    orders: list[Order]

    def answer(self) -> Placed:
        return Placed(
            payment=self.payment.public_id,
            orders=[order.public_id for order in self.orders],
            amount_fen=self.payment.amount_fen,
            expires_at=self.payment.expires_at.isoformat(),
        )


def write_checkout(
    buyer: "User",
    parcels: Sequence[Parcel],
    address: Address,
    *,
    expires_at: datetime,
    now: datetime,
) -> Checkout:
    """Write a payment with its orders and tell it. The caller sees to the stock, in the same
    transaction."""
    payment = Payment(
        buyer=buyer,
        amount_fen=sum(parcel.total_fen for parcel in parcels),
        company=config().payment_company,
        made_at=now,
        expires_at=expires_at,
    )
    insert([payment])
    orders = _write_orders(payment, parcels, address, now=now)
    for order, parcel in zip(orders, parcels, strict=True):
        facts.record(OrderPlaced(**sold.header(order), lines=sold.whole(parcel.lines)), now=now)
    return Checkout(payment, orders)


def address_of(buyer: "User", public_id: str) -> Address:
    """One of the buyer's addresses. Raises NoSuchAddress or NotDelivered."""
    found = _address(owner_id=buyer.pk, public_id=public_id)
    if not found:
        raise NoSuchAddress
    address = found[0]
    if freight.province_of(address.county.adcode) in freight.UNSERVED_PROVINCES:
        raise NotDelivered
    return address


@prepared
def _address(owner_id: int, public_id: str) -> QuerySet[Address]:
    kept = Address.objects.filter(owner=owner_id, public_id=public_id, removed_at=None)
    return kept.select_related("county").only(
        *("recipient", "phone", "street", "county__adcode"),
    )


def _basket(buyer: "User", wanted: Sequence[Wanted]) -> list[BasketLine]:
    """The basket lines that were seen, unless the basket says otherwise by now."""
    seen = {wish.sku: check_quantity(wish.quantity) for wish in wanted}
    basket = wishes(buyer_id=buyer.pk, skus=list(seen))
    if not basket or {line.sku.public_id: line.quantity for line in basket} != seen:
        raise BasketChanged
    return basket


@prepared
def wishes(buyer_id: int, skus: Sequence[str]) -> QuerySet[BasketLine]:
    """Basket lines of these SKUs (public ids), with what a price is made of."""
    return BasketLine.objects.filter(buyer=buyer_id, sku__public_id__in=skus).priced()


def _refuse_hoarding(buyer: "User") -> None:
    if len(_unpaid(buyer_id=buyer.pk)) >= policy.MOST_UNPAID_CHECKOUTS:
        raise TooManyUnpaid(most=policy.MOST_UNPAID_CHECKOUTS)


@prepared
def _unpaid(buyer_id: int) -> QuerySet[Payment, tuple[int]]:
    waiting = Payment.objects.filter(buyer=buyer_id, status=Payment.Status.WAITING)
    return waiting.values_list("pk")


def parcels_of(basket: Sequence[BasketLine], *, province: str, now: datetime) -> list[Parcel]:
    """The basket by merchant, priced as of now.

    Merchants ascend by id and SKUs within a hold ascend by pk, so that two baskets that overlap
    queue for the rows instead of deadlocking.
    """
    by_merchant = defaultdict(list)
    for wish in basket:
        by_merchant[wish.sku.product.merchant_id].append(wish)
    rules = {rule.merchant_id: rule for rule in _freight_rules(merchants=list(by_merchant))}
    cuts = _price_cuts([wish.sku_id for wish in basket], now=now)
    return [
        Parcel(by_merchant[merchant], cuts, province, rules.get(merchant))
        for merchant in sorted(by_merchant)
    ]


@prepared
def _freight_rules(merchants: Sequence[int]) -> QuerySet[FreightRule]:
    return FreightRule.objects.filter(merchant__in=merchants)


def parcel_for(wish: BasketLine, cut: PriceCut, *, county_adcode: str) -> Parcel:
    """A parcel of one wish whose price is cut by `cut`."""
    rule = FreightRule.objects.filter(merchant=wish.sku.product.merchant_id).first()
    cuts = {wish.sku_id: cut} if cut.off_fen else {}
    return Parcel([wish], cuts, freight.province_of(county_adcode), rule)


def _price_cuts(sku_ids: Sequence[int], *, now: datetime) -> dict[int, PriceCut]:
    """The deepest cut that runs now, by SKU."""
    return {cut.sku_id: cut for cut in _running_cuts(sku_ids=sku_ids, now=now)}


@prepared
def _running_cuts(sku_ids: Sequence[int], now: datetime) -> QuerySet[PriceCut]:
    running = PriceCut.objects.filter(sku__in=sku_ids, starts_at__lte=now, ends_at__gt=now)
    return running.order_by("off_fen", "pk")


def _line(wish: BasketLine, cut: PriceCut | None) -> OrderLine:
    sku, product = wish.sku, wish.sku.product
    off_fen = min(cut.off_fen, sku.price_fen) if cut else 0
    return OrderLine(
        sku=sku,
        product=product,
        county=product.county,
        title=product.title,
        sku_name=sku.name,
        quantity=wish.quantity,
        grams_per_unit=sku.grams_per_unit,
        unit_price_fen=sku.price_fen,
        unit_discount_fen=off_fen,
        discount_funder=cut.funder if cut and off_fen else "",
        unit_fee_fen=sku.platform_fee_fen,
        unit_commission_fen=_commission_fen(wish),
        chain=asdict(chain_of(sku)),
        creator=wish.creator,
        via_post=wish.via_post,
        via_exposure=wish.via_exposure,
        via_session=wish.via_session,
    )


def _commission_fen(wish: BasketLine) -> int:
    """Of one unit: the creators' part of what the merchant offers to whoever brings a buyer."""
    if not wish.creator:
        return 0
    part = sum(basis_points for _creator, basis_points in wish.credit) or BASIS_POINTS
    return share_of(wish.sku.commission_fen, basis_points=part)


def _use_coupons(
    parcels: Sequence[Parcel], buyer: "User", coupons: Sequence[str], *, now: datetime
) -> None:
    """Exactly the coupons that were chosen, each for the parcel of its merchant."""
    chosen = [held for held in purse(buyer.pk, now=now) if held.coupon.public_id in coupons]
    for parcel in parcels:
        for held in parcel.usable(chosen)[:1]:
            parcel.use(held)
    if sum(parcel.coupon is not None for parcel in parcels) != len(coupons):
        raise CouponNotUsable


def _refuse_other_prices(
    parcels: Sequence[Parcel], wanted: Sequence[Wanted], total_seen_fen: int
) -> None:
    seen = {wish.sku: wish.unit_seen_fen for wish in wanted}
    now_fen = {line.sku.public_id: line.unit_paid_fen for p in parcels for line in p.lines}
    if now_fen != seen or sum(parcel.total_fen for parcel in parcels) != total_seen_fen:
        raise PriceChanged(prices=now_fen)


def _write_orders(
    payment: Payment, parcels: Sequence[Parcel], address: Address, *, now: datetime
) -> list[Order]:
    orders = [
        Order(
            payment=payment,
            buyer=payment.buyer,
            merchant=parcel.basket[0].sku.product.merchant,
            county=address.county,
            recipient=address.recipient,
            phone=address.phone,
            street=address.street,
            goods_fen=parcel.goods_fen,
            discount_fen=parcel.discount_fen,
            coupon_fen=parcel.coupon_fen,
            freight_fen=parcel.freight_fen,
            total_fen=parcel.total_fen,
            placed_at=now,
        )
        for parcel in parcels
    ]
    insert(orders)
    for order, parcel in zip(orders, parcels, strict=True):
        for line in parcel.lines:
            line.order = order
    insert(line for parcel in parcels for line in parcel.lines)
    insert(
        LineCredit(line=line, creator_id=creator_id, basis_points=basis_points)
        for parcel in parcels
        for wish, line in zip(parcel.basket, parcel.lines, strict=True)
        for creator_id, basis_points in wish.credit
    )
    insert(
        OrderStep(order=order, after=order.status, at=now, actor=payment.buyer) for order in orders
    )
    return orders


def _hold(order: Order, parcel: Parcel, *, now: datetime) -> None:
    """Hold the order's stock, last of all, so that the rows are locked for a moment only.

    The order was written at the price that was read before; the price under the lock confirms it.
    """
    held = goods.hold_stock(
        quantities={line.sku_id: line.quantity for line in parcel.lines},
        reference=order.public_id,
        now=now,
    )
    moved = {
        line.sku.public_id: held[line.sku_id].price_fen - line.unit_discount_fen
        for line in parcel.lines
        if held[line.sku_id].price_fen != line.unit_price_fen
    }
    if moved:
        raise PriceChanged(prices=moved)
