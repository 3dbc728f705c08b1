"""Products on a list."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Exists, F, Max, Min, OuterRef, QuerySet, Subquery

from shanhuo.goods import season
from shanhuo.goods.choices import Category
from shanhuo.goods.models import Lot, Product, ProductPhoto, Sku
from shanhuo.goods.photos import SMALL, THUMB, path_of
from shanhuo.goods.queries.rows import products_on_sale


@dataclass(frozen=True, slots=True)
class ProductCard:
    """A product in a list. `is_available`: a unit could be put in a basket today."""

    id: int
    public_id: str
    title: str
    category: str
    county_name: str
    adcode: str
    merchant_name: str
    slogan: str
    cover: str
    cover_jpeg: str
    thumb: str
    price_from_fen: int | None
    price_to_fen: int | None
    season_mask: int
    is_available: bool
    status: str

    @property
    def season(self) -> list[tuple[int, int]]:
        """Months in a row, as (first, last)."""
        return season.runs_of(self.season_mask)

    @property
    def season_words(self) -> str:
        return season.words_of(self.season)

    @property
    def category_name(self) -> str:
        return str(Category(self.category).label)


def cards(products: QuerySet[Product], *, day: date) -> list[ProductCard]:
    """Cards of a page of products, in three statements however many there are."""
    active = Sku.objects.filter(product=OuterRef("pk"), is_active=True).order_by()
    fits = Lot.objects.sellable_on(day).filter(
        product=OuterRef("product"),
        declared_grams__gte=F("committed_grams") + OuterRef("grams_per_unit"),
    )
    free = active.filter(stock_count__gt=F("held_count")).filter(Exists(fits))
    cover = ProductPhoto.objects.filter(product=OuterRef("pk")).order_by("position")
    prices = active.values("product")
    rows = products.select_related("county", "merchant", "brand__current").annotate(
        _price_from=Subquery(prices.annotate(fen=Min("price_fen")).values("fen")),
        _price_to=Subquery(prices.annotate(fen=Max("price_fen")).values("fen")),
        _cover=Subquery(cover.values("name")[:1]),
        _is_available=Exists(free),
    )
    return [_card(row) for row in rows]


def cards_by_id(product_ids: Collection[int], *, day: date) -> dict[int, ProductCard]:
    """Cards of products on sale, for pages that show them beside clips and orders."""
    return {card.id: card for card in cards(products_on_sale().filter(pk__in=product_ids), day=day)}


def _card(row: Any) -> ProductCard:
    brand = row.brand
    return ProductCard(
        id=row.pk,
        public_id=row.public_id,
        title=row.title,
        category=row.category,
        county_name=row.county.name,
        adcode=row.county.adcode,
        merchant_name=row.merchant.name,
        slogan=brand.current.slogan if brand and brand.current else "",
        cover=path_of(row._cover, SMALL, "webp") if row._cover else "",
        cover_jpeg=path_of(row._cover, SMALL, "jpg") if row._cover else "",
        thumb=path_of(row._cover, THUMB, "webp") if row._cover else "",
        price_from_fen=row._price_from,
        price_to_fen=row._price_to,
        season_mask=row.season_mask,
        is_available=row._is_available and row.status == Product.Status.LISTED,
        status=row.status,
    )
