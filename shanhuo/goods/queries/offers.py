"""What a basket asks: sizes, their prices and how many there are."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import QuerySet

from shanhuo.goods.models import Lot, Product, ProductPhoto, Sku
from shanhuo.goods.photos import THUMB, path_of
from shanhuo.goods.prices import PART_NAMES, PriceChain, chain_of
from shanhuo.kernel.prepared import prepared


@dataclass(frozen=True, slots=True)
class Offer:
    """A SKU as a basket shows it: price and how many there are, not yet promised to anybody."""

    sku_id: int
    public_id: str
    name: str
    price_fen: int
    price_number: int
    chain: PriceChain
    grams_per_unit: int
    available_count: int
    is_on_sale: bool
    product_id: int
    product_public_id: str
    product_title: str
    thumb: str
    merchant_id: int
    merchant_name: str
    county_id: int
    adcode: str


def offers(public_ids: Iterable[str], *, day: date) -> dict[str, Offer]:
    """Offers by the SKU's public id; unknown ids are left out, unlisted ones say so."""
    skus = _offered(public_ids=list(public_ids))
    product_ids = list({sku.product_id for sku in skus})
    lots: dict[int, list[Lot]] = {product_id: [] for product_id in product_ids}
    for lot in _lots_on(product_ids=product_ids, day=day):
        lots[lot.product_id].append(lot)
    covers = dict(cover_names(product_ids=product_ids))
    return {
        sku.public_id: _offer(sku, lots[sku.product_id], covers.get(sku.product_id, ""))
        for sku in skus
    }


@prepared
def _offered(public_ids: Sequence[str]) -> QuerySet[Sku]:
    skus = Sku.objects.filter(public_id__in=public_ids)
    return skus.select_related("product__merchant", "product__county").only(
        *("public_id", "name", "price_fen", "price_number", *PART_NAMES, "grams_per_unit"),
        *("is_active", "stock_count", "held_count", "product__public_id", "product__title"),
        *("product__status", "product__merchant__name", "product__merchant__status"),
        "product__county__adcode",
    )


@prepared
def _lots_on(product_ids: Sequence[int], day: date) -> QuerySet[Lot]:
    lots = Lot.objects.sellable_on(day).filter(product_id__in=product_ids)
    return lots.only("product_id", "declared_grams", "committed_grams")


@prepared
def cover_names(product_ids: Sequence[int]) -> QuerySet[ProductPhoto, tuple[int, str]]:
    """The first photo of each product; later rows are worse, and a dict keeps the last."""
    photos = ProductPhoto.objects.filter(product_id__in=product_ids).order_by("-position")
    return photos.values_list("product_id", "name")


def _offer(sku: Any, lots: Iterable[Lot], cover: str) -> Offer:
    product = sku.product
    on_sale = (
        sku.is_active
        and product.status == Product.Status.LISTED
        and product.merchant.status == "verified"
    )
    return Offer(
        sku_id=sku.pk,
        public_id=sku.public_id,
        name=sku.name,
        price_fen=sku.price_fen,
        price_number=sku.price_number,
        chain=chain_of(sku),
        grams_per_unit=sku.grams_per_unit,
        available_count=available_units(sku, lots) if on_sale else 0,
        is_on_sale=on_sale,
        product_id=product.pk,
        product_public_id=product.public_id,
        product_title=product.title,
        thumb=path_of(cover, THUMB, "webp") if cover else "",
        merchant_id=product.merchant_id,
        merchant_name=product.merchant.name,
        county_id=product.county_id,
        adcode=product.county.adcode,
    )


def available_units(sku: Sku, lots: Iterable[Lot]) -> int:
    """What the warehouse can spare, as far as single lots can still fill whole units."""
    fillable = sum(lot.free_grams // sku.grams_per_unit for lot in lots)
    return min(sku.free_count, fillable)


def sku_ids(public_id: str) -> tuple[int, str] | None:
    """A SKU's id and its product's public id, for a basket; None if there is no such SKU."""
    found = _sku_ids(public_id=public_id)
    return found[0] if found else None


@prepared
def _sku_ids(public_id: str) -> QuerySet[Sku, tuple[int, str]]:
    return Sku.objects.filter(public_id=public_id).values_list("pk", "product__public_id")
