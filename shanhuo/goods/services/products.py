"""A product is drafted, described, given sizes and prices, and put on sale."""

from dataclasses import asdict, dataclass, field
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from shanhuo.goods import listing, season
from shanhuo.goods.choices import Change
from shanhuo.goods.events import OfferingChanged
from shanhuo.goods.models import Product, ProductStandard
from shanhuo.goods.services.search import refresh_search
from shanhuo.kernel import audit, clock, facts
from shanhuo.kernel.errors import Refusal


class NotReady(Refusal):
    """`details["gaps"]` holds the codes of everything that is missing, `words` the sentences."""

    code = "not_ready_to_list"
    status = 422
    message = _("This product cannot be put on sale yet. %(words)s")

    def __init__(self, gaps: list[listing.Gap]) -> None:
        super().__init__(gaps=[gap.value for gap in gaps], words=listing.words_of(gaps))


class ForbiddenClaim(Refusal):
    code = "forbidden_claim"
    status = 422
    message = _("The brand's dossier forbids these words: %(words)s")


class UnknownBrand(Refusal):
    code = "unknown_brand"
    status = 422
    message = _("Choose one of the brands that you may use.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Standard:
    """What a buyer may expect of every piece (产品标准)."""

    grade: str = ""
    size: str = ""
    sugar: str = ""
    packing: str = ""
    inspection: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductDetails:
    """All that a merchant writes about a product. `brand_id` is one of `brands_usable_by`."""

    title: str
    category: str
    story: str = ""
    storage_note: str = ""
    eating_note: str = ""
    licence_number: str = ""
    season_months: frozenset[int] = frozenset()
    brand_id: int | None = None
    standard: Standard = field(default_factory=Standard)


@transaction.atomic
def create_product(
    *, merchant_id: int, county_id: int, details: ProductDetails, now: datetime
) -> Product:
    """A draft that only its merchant sees. Raises UnknownBrand."""
    product = Product(merchant_id=merchant_id, county_id=county_id, created_at=now)
    _write(product, details)
    return product


@transaction.atomic
def edit_product(*, product_id: int, details: ProductDetails) -> Product:
    """Change the description. Raises UnknownBrand, and ForbiddenClaim while it is on sale."""
    product = _lock(product_id)
    _write(product, details)
    if product.status == Product.Status.LISTED:
        claims = listing.forbidden_claims(product)
        if claims:
            raise ForbiddenClaim(words="、".join(claims))
    return product


@transaction.atomic
def list_product(*, product_id: int, now: datetime) -> Product:
    """Put a product on sale. Raises NotReady with everything that is missing, in words."""
    product = _lock(product_id)
    gaps = listing.gaps_of(product, day=clock.day_of(now))
    if gaps:
        raise NotReady(gaps)
    product.status, product.listed_at = Product.Status.LISTED, now
    product.save(update_fields=["status", "listed_at"])
    return product


@transaction.atomic
def unlist_product(*, product_id: int, actor: audit.Actor, now: datetime) -> None:
    """Take a product off sale. What unpaid orders hold stays held."""
    product = _lock(product_id)
    product.status = Product.Status.UNLISTED
    product.save(update_fields=["status"])
    tell_change(product, Change.UNLISTED, now=now)
    audit.record(
        verb="product.unlist", actor=actor, subject=f"goods.Product:{product.public_id}", now=now
    )


def tell_change(product: Product, why: Change, *, now: datetime) -> None:
    """Rooms above that show the product have to look again."""
    change = OfferingChanged(product=product.public_id, county=product.county.adcode, why=why.value)
    facts.record(change, now=now)


def _lock(product_id: int) -> Product:
    return Product.objects.select_for_update(no_key=True).get(pk=product_id)


def _write(product: Product, details: ProductDetails) -> None:
    _check_brand(product, details.brand_id)
    product.title = details.title
    product.category = details.category
    product.story = details.story
    product.storage_note = details.storage_note
    product.eating_note = details.eating_note
    product.licence_number = details.licence_number
    product.season_mask = season.mask_of(details.season_months)
    product.brand_id = details.brand_id
    product.save()
    ProductStandard.objects.update_or_create(product=product, defaults=asdict(details.standard))
    refresh_search([product])


def _check_brand(product: Product, brand_id: int | None) -> None:
    if brand_id is None:
        return
    usable = listing.brands_usable_by(product.merchant_id, county_id=product.county_id)
    if not usable.filter(pk=brand_id).exists():
        raise UnknownBrand
