"""What a live showcase asks: products as they can be bought this second."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import QuerySet

from shanhuo.goods.models import Lot, PoolEntry, Product, Sku
from shanhuo.goods.photos import THUMB, path_of
from shanhuo.goods.queries.offers import available_units, cover_names
from shanhuo.kernel.prepared import prepared


@dataclass(frozen=True, slots=True)
class ProductNow:
    """A product as it can be bought this second. `certificate`: of the lot that is sold first.

    `pays_creators`: its merchant offers a commission to whoever brings a buyer.
    """

    id: int
    public_id: str
    title: str
    thumb: str
    merchant_id: int
    merchant_name: str
    adcode: str
    county_name: str
    price_from_fen: int
    left_count: int
    certificate: str
    is_on_sale: bool
    is_in_pool: bool
    has_left_pool: bool
    pays_creators: bool


NO_PRODUCT = ProductNow(0, "", "", "", 0, "", "", "", 0, 0, "", False, False, False, False)
"""Stands for a product of which not even a size is left."""


def products_now(product_ids: Sequence[int], *, day: date) -> dict[int, ProductNow]:
    """By id, whatever became of them; in four statements however many there are."""
    ids = list(product_ids)
    skus: dict[int, list[Sku]] = {product_id: [] for product_id in ids}
    lots: dict[int, list[Lot]] = {product_id: [] for product_id in ids}
    for sku in _sizes(product_ids=ids):
        skus[sku.product_id].append(sku)
    for lot in _lots_to_sell(product_ids=ids, day=day):
        lots[lot.product_id].append(lot)
    covers = dict(cover_names(product_ids=ids))
    pool = dict(_pool_words(product_ids=ids))
    return {
        product_id: _product_now(sizes, lots[product_id], covers.get(product_id, ""), pool)
        for product_id, sizes in skus.items()
        if sizes
    }


@prepared
def _sizes(product_ids: Sequence[int]) -> QuerySet[Sku]:
    skus = Sku.objects.filter(product_id__in=product_ids)
    return skus.select_related("product__merchant", "product__county").only(
        *("is_active", "price_fen", "commission_fen", "grams_per_unit", "stock_count"),
        *("held_count", "product__public_id", "product__title", "product__status"),
        *("product__merchant__name", "product__merchant__status"),
        *("product__county__adcode", "product__county__name"),
    )


@prepared
def _lots_to_sell(product_ids: Sequence[int], day: date) -> QuerySet[Lot]:
    lots = Lot.objects.sellable_on(day).filter(product_id__in=product_ids)
    return lots.only("public_id", "product_id", "declared_grams", "committed_grams").order_by(
        "harvest_from", "pk"
    )


@prepared
def _pool_words(product_ids: Sequence[int]) -> QuerySet[PoolEntry, tuple[int, str]]:
    """Admitted or exited, the last word last: a dict keeps it."""
    entries = PoolEntry.objects.filter(
        product_id__in=product_ids, status__in=["admitted", "exited"]
    )
    return entries.order_by("pk").values_list("product_id", "status")


def _product_now(
    skus: Sequence[Sku], lots: Sequence[Lot], cover: str, pool: dict[int, str]
) -> ProductNow:
    product = skus[0].product
    active = [sku for sku in skus if sku.is_active]
    is_on_sale = product.status == Product.Status.LISTED and product.merchant.status == "verified"
    return ProductNow(
        id=product.pk,
        public_id=product.public_id,
        title=product.title,
        thumb=path_of(cover, THUMB, "webp") if cover else "",
        merchant_id=product.merchant_id,
        merchant_name=product.merchant.name,
        adcode=product.county.adcode,
        county_name=product.county.name,
        price_from_fen=min((sku.price_fen for sku in active), default=0),
        left_count=sum(available_units(sku, lots) for sku in active) if is_on_sale else 0,
        certificate=lots[0].public_id if lots else "",
        is_on_sale=is_on_sale,
        is_in_pool=pool.get(product.pk) == PoolEntry.Status.ADMITTED,
        has_left_pool=pool.get(product.pk) == PoolEntry.Status.EXITED,
        pays_creators=any(sku.commission_fen for sku in active),
    )
