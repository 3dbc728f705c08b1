"""Which rows: entry points start here and never fetch by bare id."""

from collections.abc import Collection
from dataclasses import fields
from typing import Any, TypeAlias

from django.db.models import Exists, OuterRef, Q, QuerySet

from shanhuo.goods.dossier import Dossier
from shanhuo.goods.models import (
    Brand,
    BrandVersion,
    Lot,
    LotQuerySet,
    PoolEntry,
    Product,
    ProductStandard,
    Sku,
)
from shanhuo.goods.queries.finding import search
from shanhuo.people import rules as people

# For faces, which may name the types but not the tables.
AnyBrand: TypeAlias = Brand
AnyLot: TypeAlias = Lot
AnyProduct: TypeAlias = Product
AnySku: TypeAlias = Sku
AnyPoolEntry: TypeAlias = PoolEntry

_LISTED = Q(status=Product.Status.LISTED, merchant__status="verified")


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


def are_of_merchant(product_ids: Collection[int], merchant_id: int) -> bool:
    """Every one of these products is the merchant's; of none at all that is true."""
    theirs = Product.objects.filter(merchant=merchant_id, pk__in=product_ids)
    return theirs.count() == len(set(product_ids))


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
