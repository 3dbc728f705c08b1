"""A brand's dossier is drafted, and published version by version."""

from dataclasses import asdict
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from shanhuo.goods.dossier import Dossier
from shanhuo.goods.listing import claims_in
from shanhuo.goods.models import Brand, BrandVersion, Product
from shanhuo.goods.services.search import refresh_search
from shanhuo.kernel.errors import Refusal


class BrandExists(Refusal):
    code = "brand_exists"
    message = _("There is already a brand of that name.")


class DossierIncomplete(Refusal):
    code = "dossier_incomplete"
    status = 422
    message = _(
        "A dossier goes from the survey over selling points and positioning to the slogan, "
        "with proof. Fill in what is missing before you publish."
    )


class SloganBreaksOwnRule(Refusal):
    code = "slogan_breaks_own_rule"
    status = 422
    message = _("The slogan uses words that the dossier forbids: %(words)s")


NEEDED = ("survey", "selling_points", "positioning", "slogan", "proof")


@transaction.atomic
def create_brand(*, organisation_id: int, county_id: int, name: str, now: datetime) -> Brand:
    """A brand with an empty draft. Raises BrandExists."""
    try:
        with transaction.atomic():
            brand = Brand.objects.create(
                organisation_id=organisation_id, county_id=county_id, name=name, created_at=now
            )
    except IntegrityError as error:
        raise BrandExists from error
    BrandVersion.objects.create(brand=brand, number=1)
    return brand


@transaction.atomic
def save_dossier(*, brand_id: int, dossier: Dossier) -> BrandVersion:
    """Write the draft; the first edit after a publication opens the next version."""
    draft = _lock_draft(brand_id)
    for name, text in asdict(dossier).items():
        setattr(draft, name, text)
    draft.save()
    return draft


@transaction.atomic
def publish_dossier(*, brand_id: int, actor_id: int, now: datetime) -> BrandVersion:
    """Make the draft the current version; it never changes again.

    Raises DossierIncomplete naming what is missing, or SloganBreaksOwnRule.
    """
    draft = _lock_draft(brand_id)
    missing = [name for name in NEEDED if not getattr(draft, name).strip()]
    if missing:
        raise DossierIncomplete(missing=missing)
    broken = claims_in(draft.forbidden_claims, f"{draft.slogan}\n{draft.positioning}")
    if broken:
        raise SloganBreaksOwnRule(words="、".join(broken))
    draft.published_at, draft.published_by_id = now, actor_id
    draft.save(update_fields=["published_at", "published_by"])
    Brand.objects.filter(pk=brand_id).update(current=draft)
    refresh_search(Product.objects.filter(brand_id=brand_id))
    return draft


def _lock_draft(brand_id: int) -> BrandVersion:
    """The draft under the brand's lock; a new one continues from the latest version."""
    Brand.objects.select_for_update(no_key=True).get(pk=brand_id)
    latest = BrandVersion.objects.filter(brand_id=brand_id).order_by("-number").first()
    if latest is None:
        return BrandVersion(brand_id=brand_id, number=1)
    if latest.published_at is not None:
        latest.pk, latest._state.adding = None, True
        latest.number += 1
        latest.published_at = latest.published_by = None
    return latest
