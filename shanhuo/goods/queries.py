"""Everything that can be asked about goods."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from typing import Any, TypeAlias

from django.db.models import (
    Case,
    Exists,
    F,
    Max,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    When,
)

from shanhuo.goods import season
from shanhuo.goods.choices import Category
from shanhuo.goods.dossier import Dossier
from shanhuo.goods.models import (
    Brand,
    BrandVersion,
    Lot,
    LotQuerySet,
    PoolEntry,
    Product,
    ProductPhoto,
    ProductStandard,
    Sku,
    StockShare,
)
from shanhuo.goods.photos import LARGE, SMALL, THUMB, path_of
from shanhuo.goods.prices import PART_NAMES, PriceChain, chain_of
from shanhuo.goods.textindex import products_by_words
from shanhuo.kernel import textsearch
from shanhuo.kernel.prepared import prepared
from shanhuo.people import rules as people

# For faces, which may name the types but not the tables.
AnyBrand: TypeAlias = Brand
AnyLot: TypeAlias = Lot
AnyProduct: TypeAlias = Product
AnySku: TypeAlias = Sku
AnyPoolEntry: TypeAlias = PoolEntry

_LISTED = Q(status=Product.Status.LISTED, merchant__status="verified")


# Which rows: entry points start here and never fetch by bare id.


def products_on_sale() -> QuerySet[Product]:
    """What everybody may see and buy: listed, by a verified merchant."""
    return Product.objects.filter(_LISTED).select_related("county", "merchant", "brand__current")


def products_visible_to(user: Any) -> QuerySet[Product]:
    """What is on sale, and the user's own drafts; officers see their county's."""
    mine = Q(merchant__in=people.merchant_ids(user))
    ours = Q(county__in=people.officer_county_ids(user)) & ~Q(status=Product.Status.DRAFT)
    return Product.objects.filter(_LISTED | mine | ours).select_related(
        "county", "merchant", "brand__current"
    )


def products_editable_by(user: Any) -> QuerySet[Product]:
    """The products of the merchants that the user sells for."""
    return Product.objects.filter(merchant__in=people.merchant_ids(user)).select_related(
        "county", "merchant", "brand__current"
    )


def brands_editable_by(user: Any) -> QuerySet[Brand]:
    """Brands of the user's merchants, and those kept by the user's county offices."""
    shared = Q(organisation__kind="county_office", county__in=people.officer_county_ids(user))
    mine = Q(organisation__in=people.merchant_ids(user))
    return Brand.objects.filter(mine | shared).select_related("organisation", "county", "current")


def lots_editable_by(user: Any) -> LotQuerySet:
    return Lot.objects.filter(product__merchant__in=people.merchant_ids(user)).select_related(
        "product__county", "product__merchant"
    )


def skus_editable_by(user: Any) -> QuerySet[Sku]:
    return Sku.objects.filter(product__merchant__in=people.merchant_ids(user)).select_related(
        "product"
    )


def lots_in_public() -> QuerySet[Lot]:
    """Lots whose certificate anybody may read: no drafts, and the product was once on sale."""
    return (
        Lot.objects.exclude(status=Lot.Status.DRAFT)
        .exclude(product__listed_at=None)
        .select_related("product__county", "product__merchant")
    )


def pool_entries_visible_to(user: Any) -> QuerySet[PoolEntry]:
    """An officer sees the county's entries, a merchant its own; nobody else any."""
    ours = Q(county__in=people.officer_county_ids(user))
    mine = Q(product__merchant__in=people.merchant_ids(user))
    return PoolEntry.objects.filter(ours | mine).select_related(
        "product__merchant", "product__county", "nominated_by", "checked_by"
    )


def pool_entries_of_offices(user: Any) -> QuerySet[PoolEntry]:
    """The entries of the counties whose offices the user works for."""
    return pool_entries_visible_to(user).filter(county__in=people.officer_county_ids(user))


def pool_candidates(user: Any, *, q: str = "") -> QuerySet[Product]:
    """What is on sale from the user's counties and neither waits for the pool nor is in it."""
    inside = PoolEntry.objects.filter(product=OuterRef("pk"), status__in=["nominated", "admitted"])
    ours = products_on_sale().filter(county__in=people.officer_county_ids(user))
    return search(ours.exclude(Exists(inside)), q).order_by("-listed_at", "-pk")


def pool_in_public() -> QuerySet[PoolEntry]:
    """What was admitted, and what left with its reason; nominations are not public."""
    return PoolEntry.objects.filter(status__in=["admitted", "exited"]).select_related(
        "product__merchant", "product__county", "county"
    )


def product_of(public_id: str) -> Product | None:
    """A product whatever became of it, for figures about it; not for showing it."""
    return Product.objects.filter(public_id=public_id).first()


def products_by_id(product_id: int) -> QuerySet[Product]:
    """A product that the caller found among the visible ones, as a row to make a card of."""
    return Product.objects.filter(pk=product_id)


def standard_of(product: Product) -> ProductStandard:
    """The product's standard; an empty one where nothing was written."""
    return getattr(product, "standard", None) or ProductStandard(product=product)


# A brand's dossier.


def brand_by_public_id(public_id: str | None) -> Brand | None:
    """Any brand; whether a product may wear it is decided by the service."""
    return Brand.objects.filter(public_id=public_id).first() if public_id else None


def dossier_in_work(brand: Brand) -> Dossier:
    """The draft, or the latest version where nobody has begun another."""
    latest = brand.versions.order_by("-number").first()
    names = [field.name for field in fields(Dossier)]
    return Dossier(**{name: getattr(latest, name) for name in names}) if latest else Dossier()


def published_versions(brand: Brand) -> QuerySet[BrandVersion]:
    """Newest first; none of them ever changes."""
    return brand.versions.exclude(published_at=None).select_related("published_by")


def skus_of(products: QuerySet[Product]) -> QuerySet[Sku]:
    """Every size of the products, product by product."""
    rows = Sku.objects.filter(product__in=products.order_by()).select_related("product")
    return rows.order_by("product__title", "product", "grams_per_unit", "pk")


# Finding.


def search(products: QuerySet[Product], query: str) -> QuerySet[Product]:
    """Those in which every word of the query occurs; without a word, all of them."""
    if not textsearch.query_tokens(query):
        return products
    return products.filter(pk__in=products_by_words.matching(query))


def in_season(products: QuerySet[Product], month: int) -> QuerySet[Product]:
    """Those that are fresh on the market in that month (1 to 12)."""
    bit = season.bit_of(month)
    return products.annotate(_season=F("season_mask").bitand(bit)).filter(_season=bit)


def in_pool(products: QuerySet[Product]) -> QuerySet[Product]:
    """Those that a county admitted to its pool."""
    admitted = PoolEntry.objects.filter(product=OuterRef("pk"), status="admitted")
    return products.filter(Exists(admitted))


def find_products(
    products: QuerySet[Product], *, q: str = "", category: str = "", month: int | None = None
) -> QuerySet[Product]:
    """The filters of a shelf, newest listing first."""
    found = search(products, q)
    if category:
        found = found.filter(category=category)
    if month:
        found = in_season(found, month)
    return found.order_by("-listed_at", "-pk")


def find_pool_entries(
    entries: QuerySet[PoolEntry], *, q: str = "", county: str = "", status: str = ""
) -> QuerySet[PoolEntry]:
    """The filters of a pool list, latest decision first."""
    if county:
        entries = entries.filter(county__adcode=county)
    if status:
        entries = entries.filter(status=status)
    if textsearch.query_tokens(q):
        entries = entries.filter(product__in=products_by_words.matching(q))
    return entries.order_by("-checked_at", "-nominated_at", "-pk")


def waiting_first(entries: QuerySet[PoolEntry]) -> QuerySet[PoolEntry]:
    """What waits for the check on top, the longest waiting first."""
    waits = Case(When(status="nominated", then=0), default=1)
    return entries.order_by(waits, "-checked_at", "nominated_at", "pk")


def season_calendar(products: QuerySet[Product]) -> list[tuple[int, int]]:
    """The harvest calendar (上市时间): (month, how many of the products are fresh then)."""
    masks = list(products.order_by().values_list("season_mask", flat=True))
    return [
        (month, sum(bool(mask & season.bit_of(month)) for mask in masks)) for month in season.MONTHS
    ]


def slogans_of(products: QuerySet[Product]) -> list[tuple[str, str]]:
    """(brand, slogan) of the brands that the products wear, by name."""
    rows = products.exclude(brand__current=None).order_by("brand__name")
    return list(rows.values_list("brand__name", "brand__current__slogan").distinct())


# Cards.


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


# A showcase asks.


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
    covers = dict(_covers(product_ids=ids))
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


# A basket asks.


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
    covers = dict(_covers(product_ids=product_ids))
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
def _covers(product_ids: Sequence[int]) -> QuerySet[ProductPhoto, tuple[int, str]]:
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


# One product, whole.


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


# What waits on a desk.


@dataclass(frozen=True, slots=True)
class SellerWork:
    """What a seller should look at today: counts of products, lots and sizes."""

    draft_products: int
    draft_lots: int
    unsellable_products: int
    ending_lots: int
    low_skus: int


ENDS_SOON = timedelta(days=7)
LOW_STOCK = 5


def seller_work(user: Any, *, day: date) -> SellerWork:
    """Drafts, products on sale without a lot that may be sold, lots that end within a week, and
    sizes of which at most five units are free."""
    products = products_editable_by(user)
    lots = lots_editable_by(user)
    sellable = Lot.objects.sellable_on(day).filter(
        product=OuterRef("pk"), committed_grams__lt=F("declared_grams")
    )
    listed = products.filter(status=Product.Status.LISTED)
    low = skus_editable_by(user).filter(
        is_active=True,
        product__status=Product.Status.LISTED,
        stock_count__lte=F("held_count") + LOW_STOCK,
    )
    ending = lots.sellable_on(day).filter(valid_until__lte=day + ENDS_SOON)
    return SellerWork(
        draft_products=products.filter(status=Product.Status.DRAFT).count(),
        draft_lots=lots.filter(status=Lot.Status.DRAFT).count(),
        unsellable_products=listed.exclude(Exists(sellable)).count(),
        ending_lots=ending.count(),
        low_skus=low.count(),
    )


# Recall.


@dataclass(frozen=True, slots=True)
class LotReach:
    """Which orders hold or bought a lot: the list one needs on the day of a recall."""

    reference: str
    sku_name: str
    unit_count: int
    status: str

    @property
    def status_words(self) -> str:
        return str(StockShare.Status(self.status).label)


def reach_of(lot: Lot) -> list[LotReach]:
    shares = StockShare.objects.filter(lot=lot).exclude(status=StockShare.Status.RETURNED)
    rows = shares.order_by("reference").values_list(
        "reference", "sku__name", "unit_count", "status"
    )
    return [LotReach(*row) for row in rows]


@dataclass(frozen=True, slots=True)
class OrderLot:
    """A lot out of which units of an order were filled."""

    lot_id: int
    public_id: str
    number: str
    unit_count: int


def lots_of_order(reference: str) -> dict[int, list[OrderLot]]:
    """SKU id -> the lots that fill its units under this reference."""
    shares = StockShare.objects.filter(reference=reference).exclude(
        status=StockShare.Status.RETURNED
    )
    found: dict[int, list[OrderLot]] = {}
    for share in shares.select_related("lot").order_by("pk"):
        lot = OrderLot(share.lot_id, share.lot.public_id, share.lot.number, share.unit_count)
        found.setdefault(share.sku_id, []).append(lot)
    return found
