"""The basket and the checkout as the buyer sees them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db.models import Exists, OuterRef, QuerySet

from shanhuo.goods import queries as goods
from shanhuo.kernel import clock
from shanhuo.kernel.prepared import prepared
from shanhuo.orders import freight
from shanhuo.orders.coupons import Held, purse
from shanhuo.orders.models import Address, BasketLine, Coupon
from shanhuo.orders.services.placing import Parcel, parcels_of

if TYPE_CHECKING:
    from shanhuo.people.models import User


@dataclass(frozen=True, slots=True)
class WishView:
    """One basket line: what it is, how many, what one costs now, and how many there are."""

    sku: str
    title: str
    product: str
    sku_name: str
    thumb: str
    quantity: int
    unit_price_fen: int
    unit_paid_fen: int
    available_count: int

    @property
    def sum_fen(self) -> int:
        return self.quantity * self.unit_paid_fen

    @property
    def is_short(self) -> bool:
        """There are fewer than the buyer wants."""
        return self.available_count < self.quantity


@dataclass(frozen=True, slots=True)
class CouponChoice:
    """A coupon of the buyer's that is for goods of this parcel.

    `missing_fen`: how much more of them it asks for; 0 where it can be used now.
    """

    public_id: str
    off_fen: int
    threshold_fen: int
    use_by: datetime
    missing_fen: int
    is_used: bool


@dataclass(frozen=True, slots=True)
class ParcelView:
    """What one merchant would send."""

    merchant_name: str
    wishes: list[WishView]
    goods_fen: int
    discount_fen: int
    freight_fen: int
    coupon_fen: int = 0
    coupons: Sequence[CouponChoice] = ()

    @property
    def total_fen(self) -> int:
        return self.goods_fen - self.discount_fen - self.coupon_fen + self.freight_fen


@dataclass(frozen=True, slots=True)
class CheckoutView:
    """All parcels of a basket. Without an address the freight is not known yet."""

    parcels: list[ParcelView]
    address: Address | None

    @property
    def total_fen(self) -> int:
        return sum(parcel.total_fen for parcel in self.parcels)

    @property
    def goods_fen(self) -> int:
        """After discounts and coupons."""
        return sum(parcel.total_fen - parcel.freight_fen for parcel in self.parcels)

    @property
    def coupons_used(self) -> list[str]:
        """Public ids of the coupons that these totals count with."""
        return [one.public_id for parcel in self.parcels for one in parcel.coupons if one.is_used]

    @property
    def freight_fen(self) -> int:
        return sum(parcel.freight_fen for parcel in self.parcels)

    @property
    def wishes(self) -> list[WishView]:
        return [wish for parcel in self.parcels for wish in parcel.wishes]

    @property
    def can_be_ordered(self) -> bool:
        return bool(self.parcels) and not any(wish.is_short for wish in self.wishes)


def addresses_of(owner: "User") -> QuerySet[Address]:
    """The address book, the default first."""
    return _addresses(owner.pk)


def address_book(owner: "User") -> list[Address]:
    """The same as a list."""
    return _address_book(owner_id=owner.pk)


@prepared
def _address_book(owner_id: int) -> QuerySet[Address]:
    return _addresses(owner_id)


def _addresses(owner_id: int) -> QuerySet[Address]:
    kept = Address.objects.filter(owner=owner_id, removed_at=None)
    return kept.select_related("county__province", "county__prefecture").order_by(
        "-is_default", "-pk"
    )


def checkout_view(
    *,
    buyer: "User",
    now: datetime,
    address: Address | None = None,
    only: Collection[str] | None = None,
    coupons: Collection[str] | None = None,
) -> CheckoutView:
    """The basket, or only some of its SKUs (public ids), at the prices of this moment.

    coupons: those that the buyer chose (public ids); None takes the best for every parcel.
    """
    basket = _basket(buyer_id=buyer.pk)
    if only is not None:
        basket = [line for line in basket if line.sku.public_id in only]
    province = freight.province_of(address.county.adcode) if address else ""
    offers = goods.offers([line.sku.public_id for line in basket], day=clock.day_of(now))
    # The basket itself says whether there is a coupon to look for: most buyers have none.
    held = purse(buyer.pk, now=now) if any(line.has_coupons for line in basket) else []
    return CheckoutView(
        parcels=[
            parcel_view(
                parcel,
                offers,
                knows_freight=address is not None,
                coupons=_choose(parcel, held, coupons),
            )
            for parcel in parcels_of(basket, province=province, now=now)
        ],
        address=address,
    )


@prepared
def _basket(buyer_id: int) -> QuerySet[Any]:
    unused = Coupon.objects.filter(holder=OuterRef("buyer"), order=None)
    lines = BasketLine.objects.filter(buyer=buyer_id).priced().order_by("pk")
    return lines.annotate(has_coupons=Exists(unused))


def _choose(
    parcel: Parcel, purse: Sequence[Held], chosen: Collection[str] | None
) -> list[CouponChoice]:
    """Use the best of the chosen coupons for a parcel; all that are for it, the best first."""
    usable = parcel.usable(purse)
    if chosen is not None:
        usable = [held for held in usable if held.coupon.public_id in chosen]
    ours = [(held, held.missing_fen(parcel.lines)) for held in parcel.coupons_for(purse)]
    if usable:
        parcel.use(usable[0])
    return [
        CouponChoice(
            public_id=held.coupon.public_id,
            off_fen=held.batch.off_fen,
            threshold_fen=held.batch.threshold_fen,
            use_by=held.batch.use_by,
            missing_fen=missing_fen,
            is_used=held is parcel.coupon,
        )
        for held, missing_fen in sorted(ours, key=lambda one: one[1] > 0)
    ]


def parcel_view(
    parcel: Parcel,
    offers: dict[str, goods.Offer],
    *,
    knows_freight: bool,
    coupons: Sequence[CouponChoice] = (),
) -> ParcelView:
    """A parcel in the making, as the checkout shows it."""
    return ParcelView(
        merchant_name=parcel.basket[0].sku.product.merchant.name,
        wishes=_wishes(parcel, offers),
        goods_fen=parcel.goods_fen,
        discount_fen=parcel.discount_fen,
        freight_fen=parcel.freight_fen if knows_freight else 0,
        coupon_fen=parcel.coupon_fen,
        coupons=coupons,
    )


def _wishes(parcel: Parcel, offers: dict[str, goods.Offer]) -> list[WishView]:
    wishes = []
    for line in parcel.lines:
        offer = offers[line.sku.public_id]
        wishes.append(
            WishView(
                sku=offer.public_id,
                title=offer.product_title,
                product=offer.product_public_id,
                sku_name=offer.name,
                thumb=offer.thumb,
                quantity=line.quantity,
                unit_price_fen=line.unit_price_fen,
                unit_paid_fen=line.unit_paid_fen,
                available_count=offer.available_count,
            )
        )
    return wishes
