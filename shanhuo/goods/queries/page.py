"""One product, whole."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Max

from shanhuo.goods import season
from shanhuo.goods.models import BrandVersion, Lot, PoolEntry, Product, ProductPhoto
from shanhuo.goods.photos import LARGE, SMALL, THUMB, path_of
from shanhuo.goods.prices import PriceChain, chain_of
from shanhuo.goods.queries.offers import available_units


@dataclass(frozen=True, slots=True)
class SkuLine:
    """One size on the product page."""

    public_id: str
    name: str
    price_fen: int
    price_number: int
    price_set_at: datetime | None
    chain: PriceChain
    grams_per_unit: int
    available_count: int


@dataclass(frozen=True, slots=True)
class Photo:
    """Paths under the media root."""

    name: str
    large: str
    large_jpeg: str
    small: str
    small_jpeg: str
    thumb: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class ProductPage:
    """A product with everything that a buyer is entitled to know."""

    product: Product
    photos: tuple[Photo, ...]
    skus: tuple[SkuLine, ...]
    lots: tuple[Lot, ...]
    dossier: BrandVersion | None
    season: tuple[tuple[int, int], ...]
    is_in_pool: bool

    @property
    def season_words(self) -> str:
        return season.words_of(self.season)

    @property
    def available_count(self) -> int:
        return sum(line.available_count for line in self.skus)


def product_page(product: Product, *, day: date) -> ProductPage:
    """The page of a product that the caller found among the visible ones."""
    lots = tuple(product.lots.sellable_on(day).order_by("harvest_from", "pk"))
    brand = product.brand
    return ProductPage(
        product=product,
        photos=photos_of(product),
        skus=tuple(_sku_lines(product, lots)),
        lots=lots,
        dossier=brand.current if brand else None,
        season=tuple(season.runs_of(product.season_mask)),
        is_in_pool=PoolEntry.objects.filter(product=product, status="admitted").exists(),
    )


def photos_of(product: Product) -> tuple[Photo, ...]:
    """In the order in which they are shown; the first is the cover."""
    return tuple(_photo(photo) for photo in product.photos.all())


def _photo(photo: ProductPhoto) -> Photo:
    return Photo(
        name=photo.name,
        large=path_of(photo.name, LARGE, "webp"),
        large_jpeg=path_of(photo.name, LARGE, "jpg"),
        small=path_of(photo.name, SMALL, "webp"),
        small_jpeg=path_of(photo.name, SMALL, "jpg"),
        thumb=path_of(photo.name, THUMB, "webp"),
        width=photo.width,
        height=photo.height,
    )


def _sku_lines(product: Product, lots: Collection[Lot]) -> Iterable[SkuLine]:
    skus = product.skus.filter(is_active=True).order_by("grams_per_unit", "pk")
    for sku in skus.annotate(_price_set_at=Max("prices__set_at")):
        yield SkuLine(
            public_id=sku.public_id,
            name=sku.name,
            price_fen=sku.price_fen,
            price_number=sku.price_number,
            price_set_at=sku._price_set_at,
            chain=chain_of(sku),
            grams_per_unit=sku.grams_per_unit,
            available_count=available_units(sku, lots),
        )
