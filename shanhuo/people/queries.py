"""What can be asked about people."""

import unicodedata
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

from django.db.models import Exists, OuterRef, Q, QuerySet

from shanhuo.people import entries, masks, phones, rules
from shanhuo.people.models import (
    Household,
    HouseholdConsent,
    HouseholdImport,
    Invitation,
    Membership,
    Organisation,
    User,
    Verification,
    VerificationDocument,
)

# For faces, which may name the type but not the table.
AnyUser: TypeAlias = User


def user_by_phone(phone: str) -> User | None:
    """The account of a normalised number."""
    return User.objects.filter(phone_digest=phones.digest(phone)).first()


def open_verification_of(organisation: Organisation) -> Verification:
    """The papers that wait for a decision. Raises Verification.DoesNotExist."""
    return Verification.objects.select_related("organisation").get(
        organisation=organisation, status=Verification.Status.OPEN
    )


def merchants_of(user: Any) -> QuerySet[Organisation]:
    """The verified cooperatives and merchants the user sells for, with their counties, by name."""
    rows = Organisation.objects.filter(pk__in=rules.merchant_ids(user))
    return rows.select_related("county").order_by("name")


def publishers_of(user: Any) -> QuerySet[Organisation]:
    """The verified creators and merchants for whom the user may post, by name."""
    ids = rules.creator_ids(user) | rules.merchant_ids(user)
    return Organisation.objects.filter(pk__in=ids).select_related("county").order_by("name")


def offices_of(user: Any) -> QuerySet[Organisation]:
    """The county offices the user works for, with their counties, by name."""
    rows = Organisation.objects.filter(
        kind=Organisation.Kind.COUNTY_OFFICE, county__in=rules.officer_county_ids(user)
    )
    return rows.select_related("county").order_by("name")


# ---- households ----


def households_visible_to(user: Any) -> QuerySet[Household]:
    """Households of the counties whose office the user works for; nobody else sees any."""
    return Household.objects.filter(
        county_id__in=rules.officer_county_ids(user), erased_at=None
    ).select_related("village", "county")


def imports_visible_to(user: Any) -> QuerySet[HouseholdImport]:
    """Lists handed in to the counties whose office the user works for."""
    return HouseholdImport.objects.filter(county_id__in=rules.officer_county_ids(user))


def search_households(households: QuerySet[Household], text: str) -> QuerySet[Household]:
    """Narrow to an exact household number or an exact name; both are encrypted, so no parts."""
    number = unicodedata.normalize("NFKC", text).strip()
    return households.filter(
        Q(number_digest=entries.number_digest(number))
        | Q(head_name_digest=entries.name_digest(text.strip()))
    )


@dataclass(frozen=True, slots=True)
class PayableHousehold:
    """What a cooperative sees of a household that it buys from. `fact_key` stands for it in facts.

    Only with standing consent, only in the cooperative's own county; the name is masked.
    """

    id: int
    public_id: str
    number: str
    masked_name: str
    village: str
    kind: str
    county_id: int
    fact_key: str


def payable_households(user: Any) -> list[PayableHousehold]:
    """Households that the user's cooperatives may write purchase slips for, by number."""
    return sorted(
        (_payable(row) for row in households_payable_by(user)), key=lambda one: one.number
    )


def payable_household(user: Any, public_id: str) -> PayableHousehold | None:
    """One of `payable_households`."""
    row = households_payable_by(user).filter(public_id=public_id).first()
    return _payable(row) if row else None


def households_payable_by(user: Any) -> QuerySet[Household]:
    """Households with standing consent in the counties of the user's cooperatives."""
    counties = Organisation.objects.filter(pk__in=rules.merchant_ids(user)).values("county_id")
    standing = HouseholdConsent.objects.filter(household=OuterRef("pk"), withdrawn_at=None)
    return Household.objects.filter(
        Exists(standing), county_id__in=counties, erased_at=None
    ).select_related("village")


def _payable(row: Household) -> PayableHousehold:
    return PayableHousehold(
        id=row.pk,
        public_id=row.public_id,
        number=row.number,
        masked_name=masks.name(row.head_name),
        village=row.village.name if row.village else "",
        kind=row.kind,
        county_id=row.county_id,
        fact_key=row.fact_key,
    )


# ---- organisations ----


def organisations_of(user: Any) -> QuerySet[Membership]:
    """The user's living memberships, whatever the organisation's status; owners first."""
    if not getattr(user, "is_authenticated", False):
        return Membership.objects.none()
    return (
        Membership.objects.filter(user=user, ended_at=None)
        .select_related("organisation__county")
        .order_by("organisation__kind", "pk")
    )


def organisations_visible_to(user: Any) -> QuerySet[Organisation]:
    """Those the user belongs to; operators see all."""
    if rules.is_operator(user):
        return Organisation.objects.all()
    return Organisation.objects.filter(pk__in=organisations_of(user).values("organisation_id"))


def members_of(organisation: Organisation) -> QuerySet[Membership]:
    """Living memberships of an organisation, owners first."""
    return (
        Membership.objects.filter(organisation=organisation, ended_at=None)
        .select_related("user")
        .order_by("role", "started_at")
    )


def invitations_for(user: Any, *, now: datetime) -> QuerySet[Invitation]:
    """Open invitations to the user's telephone number."""
    digest = getattr(user, "phone_digest", None)
    return Invitation.objects.filter(phone_digest=digest or "-", expires_at__gt=now).select_related(
        "organisation"
    )


def invitations_of(organisation: Organisation, *, now: datetime) -> QuerySet[Invitation]:
    """Invitations that the organisation has given and nobody has answered."""
    return Invitation.objects.filter(organisation=organisation, expires_at__gt=now)


# ---- verification ----


def verifications_visible_to(user: Any) -> QuerySet[Verification]:
    """Operators see all; others those of organisations they own."""
    rows = Verification.objects.select_related("organisation__county", "applied_by", "decided_by")
    if rules.is_operator(user):
        return rows
    owned = organisations_of(user).filter(role=Membership.Role.OWNER)
    return rows.filter(organisation__in=owned.values("organisation_id"))


def documents_visible_to(user: Any) -> QuerySet[VerificationDocument]:
    """Papers of `verifications_visible_to`."""
    return VerificationDocument.objects.filter(verification__in=verifications_visible_to(user))
