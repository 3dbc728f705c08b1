"""What stands between a product and its sale: certificates, standard, price, licence, claims."""

from collections.abc import Iterable
from datetime import date

from django.db import models
from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from shanhuo.goods.choices import Category
from shanhuo.goods.models import Brand, Lot, Product

# Prepared food and made tea are sold under a food production licence (SC); the law asks for none
# where a farmer sells what grew in the field.
LICENSED = frozenset({Category.PROCESSED})


class Gap(models.TextChoices):
    """One thing that is missing, as a sentence for the seller."""

    MERCHANT = "merchant", _("The shop is not verified yet.")
    PHOTO = "photo", _("Add at least one photo.")
    STANDARD = "standard", _("Fill in the standard: grade, size, packing, inspection.")
    SKU = "sku", _("Add at least one size with its price.")
    LICENCE = "licence", _("Prepared food needs the number of its production licence.")
    CERTIFICATE = "certificate", _("No lot has a complete certificate. Add a lot and certify it.")
    WINDOW = (
        "window",
        _("No certified lot can be sold today: not harvested yet, or its certificate is over."),
    )
    VOLUME = "volume", _("The declared volume of all lots is sold.")
    CLAIM = "claim", _("The text uses words that the brand's dossier forbids.")


def gaps_of(product: Product, *, day: date) -> list[Gap]:
    """Everything that keeps the product from being on sale on that day; empty if nothing does."""
    wanted = {
        Gap.MERCHANT: product.merchant.status == "verified",
        Gap.PHOTO: product.photos.exists(),
        Gap.STANDARD: _has_standard(product),
        Gap.SKU: product.skus.filter(is_active=True).exists(),
        Gap.LICENCE: product.category not in LICENSED or bool(product.licence_number),
        Gap.CLAIM: not forbidden_claims(product),
    }
    missing = [gap for gap, present in wanted.items() if not present]
    return missing + _lot_gaps(product, day=day)


def words_of(gaps: Iterable[Gap]) -> str:
    """The sentences, one after the other."""
    return " ".join(str(gap.label) for gap in gaps)


def forbidden_claims(product: Product) -> list[str]:
    """Words of title, story and notes that the current dossier forbids."""
    if product.brand is None or product.brand.current is None:
        return []
    said = "\n".join([product.title, product.story, product.storage_note, product.eating_note])
    return claims_in(product.brand.current.forbidden_claims, said)


def claims_in(forbidden: str, said: str) -> list[str]:
    """The forbidden claims (one per line) that a text makes."""
    claims = (line.strip() for line in forbidden.splitlines())
    return [claim for claim in claims if claim and claim.casefold() in said.casefold()]


def brands_usable_by(merchant_id: int, *, county_id: int | None) -> QuerySet[Brand]:
    """Brands of the merchant, and those that its county's office keeps for all (区域公用品牌)."""
    shared = Q(organisation__kind="county_office", county_id=county_id)
    return Brand.objects.filter(Q(organisation_id=merchant_id) | shared).order_by("name")


def _has_standard(product: Product) -> bool:
    standard = getattr(product, "standard", None)
    return standard is not None and all(
        [standard.grade, standard.size, standard.packing, standard.inspection]
    )


def _lot_gaps(product: Product, *, day: date) -> list[Gap]:
    certified = Lot.objects.filter(product=product, status=Lot.Status.CERTIFIED)
    sellable = Lot.objects.sellable_on(day).filter(product=product)
    if not certified.exists():
        return [Gap.CERTIFICATE]
    if not sellable.exists():
        return [Gap.WINDOW]
    if not sellable.filter(committed_grams__lt=F("declared_grams")).exists():
        return [Gap.VOLUME]
    return []
