"""What officers add to the reference data. Loading the pack is `loading.load_regions`."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from shanhuo.kernel import audit
from shanhuo.kernel.errors import Refusal
from shanhuo.regions import rules
from shanhuo.regions.loading import search_keys
from shanhuo.regions.models import County, Village


class NotYourCounty(Refusal):
    code = "not_your_county"
    status = 403
    message = _("Only officers of this county may do this.")


class VillageExists(Refusal):
    code = "village_exists"
    status = 409
    message = _("%(name)s is already in this township.")


class SourceMissing(Refusal):
    code = "source_missing"
    status = 422
    message = _("Say which notice names the county, for example its title and date.")


@transaction.atomic
def add_village(
    *,
    county: County,
    township: str,
    name: str,
    actor: audit.Actor,
    office_county_ids: frozenset[int],
    now: datetime,
) -> Village:
    """Add a village of the officer's own county.

    Raises NotYourCounty, VillageExists.
    """
    _require_own(county, office_county_ids)
    township, name = township.strip(), name.strip()
    village, is_new = Village.objects.get_or_create(
        county=county, township=township, name=name, defaults={"search_keys": search_keys([name])}
    )
    if not is_new:
        raise VillageExists(name=name)
    audit.record(
        verb="village.add",
        actor=actor,
        subject=f"regions.Village:{village.public_id}",
        detail={"county": county.adcode, "township": township, "name": name},
        now=now,
    )
    return village


@transaction.atomic
def name_key_county(
    *,
    county: County,
    source: str,
    actor: audit.Actor,
    office_county_ids: frozenset[int],
    now: datetime,
) -> None:
    """Note that the county is a key county of 2021, on the word of its office.

    `source` names the notice. A county that the pack already names stays as it is.
    Raises NotYourCounty, SourceMissing.
    """
    _require_own(county, office_county_ids)
    source = source.strip()
    if not source:
        raise SourceMissing
    unnamed = County.objects.filter(pk=county.pk, key_county_basis="")
    if unnamed.update(key_county_basis=County.KeyCountyBasis.OFFICER, key_county_source=source):
        audit.record(
            verb="county.name_key_county",
            actor=actor,
            subject=f"regions.County:{county.adcode}",
            detail={"source": source},
            now=now,
        )


def _require_own(county: County, office_county_ids: frozenset[int]) -> None:
    if not rules.may_describe(county_id=county.pk, office_county_ids=office_county_ids):
        raise NotYourCounty
