"""The basket and the checkout as the buyer sees them."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.db.models import QuerySet

from shanhuo.goods import queries as goods
from shanhuo.kernel import clock
from shanhuo.kernel.prepared import prepared
from shanhuo.orders import freight
from shanhuo.orders.models import Address, BasketLine
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
class ParcelView:
    """What one merchant would send."""

    merchant_name: str
    wishes: list[WishView]
    goods_fen: int
    discount_fen: int
    freight_fen: int

    @property
    def total_fen(self) -> int:
        return self.goods_fen - self.discount_fen + self.freight_fen


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
        """After discounts."""
        return sum(parcel.goods_fen - parcel.discount_fen for parcel in self.parcels)

    @property
    def freight_fen(self) -> int:
        return sum(parcel.freight_fen for parcel in self.parcels)

    @property
    def wishes(self) -> list[WishView]:
        return [wish for parcel in self.parcels for wish in parcel.wishes]

    @property
    def can_be_ordered(self) -> bool:
        return bool(self.parcels) and not any(wish.is_short for wish in self.wishes)


def basket_count(buyer: "User") -> int:
    """How many different goods lie in the basket."""
    return BasketLine.objects.filter(buyer=buyer).count()


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
) -> CheckoutView:
    """The basket, or only some of its SKUs (public ids), at the prices of this moment."""
    basket = _basket(buyer_id=buyer.pk)
    if only is not None:
        basket = [line for line in basket if line.sku.public_id in only]
    province = freight.province_of(address.county.adcode) if address else ""
    offers = goods.offers([line.sku.public_id for line in basket], day=clock.day_of(now))
    return CheckoutView(
        parcels=[
            parcel_view(parcel, offers, knows_freight=address is not None)
            for parcel in parcels_of(basket, province=province, now=now)
        ],
        address=address,
    )


@prepared
def _basket(buyer_id: int) -> QuerySet[BasketLine]:
    return BasketLine.objects.filter(buyer=buyer_id).priced().order_by("pk")


def parcel_view(
    parcel: Parcel, offers: dict[str, goods.Offer], *, knows_freight: bool
) -> ParcelView:
    """A parcel in the making, as the checkout shows it."""
    return ParcelView(
        merchant_name=parcel.basket[0].sku.product.merchant.name,
        wishes=_wishes(parcel, offers),
        goods_fen=parcel.goods_fen,
        discount_fen=parcel.discount_fen,
        freight_fen=parcel.freight_fen if knows_freight else 0,
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
