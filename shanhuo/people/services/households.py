"""Households: registered with consent, changed, looked at for a reason, erased on request."""

from dataclasses import dataclass, replace
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from shanhuo.kernel import audit, facts
from shanhuo.kernel.errors import Refusal
from shanhuo.kernel.ids import new_public_id
from shanhuo.people import consent, rules
from shanhuo.people.entries import (
    ConsentEntry,
    HouseholdEntry,
    checked,
    name_digest,
    number_digest,
    refuse_consent,
)
from shanhuo.people.events import HouseholdErased
from shanhuo.people.models import (
    Household,
    HouseholdConsent,
    HouseholdImportRow,
    User,
)
from shanhuo.people.services.verification import ReasonMissing


class NotYourCounty(Refusal):
    code = "not_your_county"
    status = 403
    message = _("Only officers of this county may do this.")


class NumberTaken(Refusal):
    code = "number_taken"
    message = _("The county already has a household with this number.")


class HouseholdGone(Refusal):
    code = "household_gone"
    status = 410
    message = _("This household has withdrawn; its data is erased.")


@dataclass(frozen=True, slots=True)
class Revealed:
    """The personal columns of a household, shown for a reason that is in the audit log."""

    head_name: str
    phone: str
    address: str


@transaction.atomic
def register_household(
    *, county_id: int, entry: HouseholdEntry, given: ConsentEntry, officer: User, now: datetime
) -> Household:
    """Put a household that agreed on the county's list.

    Raises NotYourCounty, ConsentMissing, NumberTaken, and what `checked` raises.
    """
    require_officer(officer, county_id)
    entry = checked(entry)
    refuse_consent(given, now=now)
    household = Household(county_id=county_id, registered_at=now, changed_at=now)
    write(household, entry)
    try:
        with transaction.atomic():
            household.save()
    except IntegrityError as taken:
        raise NumberTaken from taken
    consent_row(household, given, officer=officer, now=now).save()
    _note("household.register", officer, household, now=now)
    return household


@transaction.atomic
def change_household(
    *, household: Household, entry: HouseholdEntry, officer: User, now: datetime
) -> None:
    """Raises NotYourCounty, HouseholdGone, NumberTaken, and what `checked` raises."""
    require_officer(officer, household.county_id)
    entry = checked(entry)
    locked = Household.objects.select_for_update(no_key=True).get(pk=household.pk)
    if locked.erased_at:
        raise HouseholdGone
    write(locked, entry)
    locked.changed_at = now
    try:
        with transaction.atomic():
            locked.save()
    except IntegrityError as taken:
        raise NumberTaken from taken
    _note("household.change", officer, locked, now=now)


def amend_household(
    *, household: Household, entry: HouseholdEntry, officer: User, now: datetime
) -> None:
    """`change_household` where an empty name, telephone or address means: as it was. So an officer
    can correct a household without seeing what is personal."""
    merged = replace(
        entry,
        head_name=entry.head_name or household.head_name,
        phone=entry.phone or household.phone,
        address=entry.address or household.address,
    )
    change_household(household=household, entry=merged, officer=officer, now=now)


@transaction.atomic
def reveal_household(
    *, household: Household, officer: User, reason: str, now: datetime
) -> Revealed:
    """Show name, telephone and address to an officer who says what for; the reason is kept.

    Raises NotYourCounty, HouseholdGone, ReasonMissing.
    """
    require_officer(officer, household.county_id)
    if household.erased_at:
        raise HouseholdGone
    reason = reason.strip()
    if len(reason) < 2:
        raise ReasonMissing
    _note("household.reveal", officer, household, now=now, reason=reason[:200])
    return Revealed(household.head_name, household.phone, household.address)


@transaction.atomic
def withdraw_consent(*, household: Household, officer: User, now: datetime) -> None:
    """The family takes its consent back: everything personal is erased, here and in imported lists.

    The row gets a new public id, so that facts of the past lead to no row. Safe to call twice.
    Raises NotYourCounty.
    """
    require_officer(officer, household.county_id)
    locked = Household.objects.select_for_update(no_key=True).get(pk=household.pk)
    if locked.erased_at:
        return
    old_key, county = locked.fact_key, locked.county
    _note("household.withdraw", officer, locked, now=now)
    HouseholdConsent.objects.filter(household=locked, withdrawn_at=None).update(
        withdrawn_at=now, withdrawn_by=officer
    )
    HouseholdImportRow.objects.filter(household=locked).update(cells="", values="", before="")
    _blank(locked, now=now)
    facts.record(HouseholdErased(household_key=old_key, county=county.adcode), now=now)


def write(household: Household, entry: HouseholdEntry) -> None:
    """Set the columns of a household, with their keyed hashes."""
    household.number = entry.number
    household.number_digest = number_digest(entry.number)
    household.head_name = entry.head_name
    household.head_name_digest = name_digest(entry.head_name)
    household.kind, household.risk = entry.kind, entry.risk
    household.village_id = entry.village_id
    household.phone, household.address = entry.phone, entry.address


def entry_of(household: Household) -> HouseholdEntry:
    """A household as it stands, in the shape in which it is written."""
    return HouseholdEntry(
        number=household.number,
        head_name=household.head_name,
        kind=household.kind,
        risk=household.risk,
        village_id=household.village_id,
        phone=household.phone,
        address=household.address,
    )


def consent_row(
    household: Household, given: ConsentEntry, *, officer: User, now: datetime
) -> HouseholdConsent:
    """The consent as a row that is not saved yet."""
    return HouseholdConsent(
        household=household,
        text_version=consent.CURRENT,
        channel=given.channel,
        given_on=given.given_on,
        recorded_by=officer,
        recorded_at=now,
    )


def require_officer(officer: User, county_id: int) -> None:
    """Raises NotYourCounty."""
    if county_id not in rules.officer_county_ids(officer):
        raise NotYourCounty


def _blank(household: Household, *, now: datetime) -> None:
    Household.objects.filter(pk=household.pk).update(
        public_id=new_public_id(),
        village=None,
        number="",
        number_digest=None,
        head_name="",
        head_name_digest="",
        phone="",
        address="",
        changed_at=now,
        erased_at=now,
    )


def _note(
    verb: str, officer: User, household: Household, *, now: datetime, reason: str = ""
) -> None:
    audit.record(
        verb=verb,
        actor=officer,
        subject=f"people.Household:{household.public_id}",
        detail={"county": household.county.adcode} | ({"reason": reason} if reason else {}),
        now=now,
    )
