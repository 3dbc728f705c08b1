"""What can be asked about people."""

import json
import unicodedata
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

from django.db.models import Case, Count, Exists, OuterRef, Q, QuerySet, When
from django.utils.translation import gettext_lazy as _

from shanhuo.kernel.errors import Refusal
from shanhuo.people import entries, masks, phones, rules
from shanhuo.people.household_list import Reason
from shanhuo.people.models import (
    Household,
    HouseholdConsent,
    HouseholdImport,
    HouseholdImportRow,
    Invitation,
    Membership,
    Organisation,
    Passkey,
    User,
    Verification,
    VerificationDocument,
)

# For faces, which may name the type but not the table.
AnyUser: TypeAlias = User
HouseholdRow: TypeAlias = Household


def user_by_phone(phone: str) -> User | None:
    """The account of a normalised number."""
    return User.objects.filter(phone_digest=phones.digest(phone)).first()


@dataclass(frozen=True, slots=True)
class Speaker:
    """Somebody who may say something in public now: an active account that is not in youth mode."""

    is_operator: bool
    county_ids: frozenset[int]


def speakers(user_ids: Collection[int]) -> dict[int, Speaker]:
    """Those of the users who may speak, with the offices they speak from; two statements."""
    able = set(
        User.objects.filter(pk__in=user_ids, is_active=True, youth_pin="").values_list(
            "pk", flat=True
        )
    )
    kinds = Organisation.Kind
    held = Membership.objects.filter(
        user__in=able,
        ended_at=None,
        organisation__status=Organisation.Status.VERIFIED,
        organisation__kind__in=[kinds.PLATFORM, kinds.COUNTY_OFFICE],
    ).values_list("user_id", "organisation__kind", "organisation__county_id")
    operators = {user_id for user_id, kind, _ in held if kind == kinds.PLATFORM}
    offices: dict[int, set[int]] = {user_id: set() for user_id in able}
    for user_id, kind, county_id in held:
        if kind == kinds.COUNTY_OFFICE:
            offices[user_id].add(county_id)
    return {pk: Speaker(pk in operators, frozenset(offices[pk])) for pk in able}


def numbers_are_found() -> bool:
    """Whether the hash key is the one that numbers were entered under; one account tells."""
    user = User.objects.exclude(phone_digest=None).order_by("-pk").first()
    return user is None or user.phone_digest == phones.digest(user.phone)


def passkeys_of(user: User) -> QuerySet[Passkey]:
    """The keys that open the account, the oldest first."""
    return Passkey.objects.filter(user=user).select_related("user")


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


def houses_of(user: Any) -> list[Organisation]:
    """Everything verified that the user speaks for: merchants, creators and county offices, each
    with its county, by name."""
    roles = rules.roles_of(user)
    own = Q(pk__in=roles.merchant_ids | roles.creator_ids)
    offices = Q(
        kind=Organisation.Kind.COUNTY_OFFICE,
        status=Organisation.Status.VERIFIED,
        pk__in=organisations_of(user).values("organisation_id"),
    )
    rows = Organisation.objects.filter(own | offices, county__isnull=False)
    return list(rows.select_related("county").order_by("name", "pk"))


def auditors_of(user: Any) -> QuerySet[Organisation]:
    """The verified auditors the user works for, by name."""
    rows = organisations_of(user).filter(
        organisation__kind=Organisation.Kind.AUDITOR,
        organisation__status=Organisation.Status.VERIFIED,
    )
    return Organisation.objects.filter(pk__in=rows.values("organisation_id")).order_by("name")


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


def consents_of(household: Household) -> QuerySet[HouseholdConsent]:
    """When and how the household agreed, the newest first."""
    rows = HouseholdConsent.objects.filter(household=household).select_related("recorded_by")
    return rows.order_by("-recorded_at")


def import_rows(batch: HouseholdImport, *, outcome: str = "") -> QuerySet[HouseholdImportRow]:
    """Lines of a list in the order of the file; refused ones first while nothing is chosen."""
    rows = HouseholdImportRow.objects.filter(batch=batch).select_related("household")
    if outcome in HouseholdImportRow.Outcome.values:
        return rows.filter(outcome=outcome).order_by("line")
    refused = Case(When(outcome="refused", then=0), default=1)
    return rows.order_by(refused, "line")


@dataclass(frozen=True, slots=True)
class ImportLine:
    """A line of a list as the preview shows it: masked, with what is wrong in words."""

    line: int
    number: str
    masked_name: str
    outcome: str
    outcome_label: str
    reasons: list[str]
    household: str


def import_line(row: HouseholdImportRow) -> ImportLine:
    entry = json.loads(row.values)["entry"] if row.values else {}
    return ImportLine(
        line=row.line,
        number=entry.get("number", ""),
        masked_name=masks.name(entry.get("head_name", "")),
        outcome=row.outcome,
        outcome_label=row.get_outcome_display(),
        reasons=[str(Reason(*reason)) for reason in row.reasons],
        household=row.household.public_id if row.household else "",
    )


def import_counts(batch: HouseholdImport) -> list[tuple[str, str, int]]:
    """(outcome, its name, lines) for every outcome, zeros included."""
    counted = dict(
        HouseholdImportRow.objects.filter(batch=batch)
        .values_list("outcome")
        .annotate(lines=Count("pk"))
    )
    return [
        (outcome.value, str(outcome.label), counted.get(outcome.value, 0))
        for outcome in HouseholdImportRow.Outcome
    ]


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


def organisation_names(public_ids: Iterable[str]) -> dict[str, str]:
    """Public id -> name, for those that exist; the name of an organisation is public."""
    rows = Organisation.objects.filter(public_id__in=list(public_ids))
    return dict(rows.values_list("public_id", "name"))


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


def invitations_visible_to(user: Any, *, now: datetime) -> QuerySet[Invitation]:
    """Those to the user's number, and those of organisations that the user owns."""
    owned = organisations_of(user).filter(role=Membership.Role.OWNER)
    return Invitation.objects.filter(
        Q(phone_digest=getattr(user, "phone_digest", None) or "-")
        | Q(organisation__in=owned.values("organisation_id")),
        expires_at__gt=now,
    ).select_related("organisation")


def has_creator_organisation(user: Any) -> bool:
    """Whether the user already opened a creator's organisation, in whatever state."""
    return Organisation.objects.filter(founder=user.pk, kind=Organisation.Kind.CREATOR).exists()


# ---- verification ----


def latest_verification(organisation: Organisation) -> Verification | None:
    """The newest look at the organisation's papers."""
    rows = Verification.objects.filter(organisation=organisation)
    return rows.prefetch_related("documents").order_by("-applied_at", "-pk").first()


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


def verification_queue(user: Any, *, status: str) -> QuerySet[Verification]:
    """Of `verifications_visible_to`, those in one state: open ones oldest first."""
    rows = verifications_visible_to(user).filter(status=status)
    return rows.order_by("applied_at" if status == "open" else "-decided_at", "pk")


# ---- accounts, for operators ----


class PersonUnknown(Refusal):
    code = "person_unknown"
    status = 404
    message = _("Nobody has signed in with this number.")


def accounts() -> QuerySet[User]:
    """Every account; only the operator's pages ask."""
    return User.objects.all()


def find_person(text: str) -> User | None:
    """The account with exactly this telephone number or public id."""
    by_id = User.objects.filter(public_id=text.strip()).first()
    if by_id:
        return by_id
    try:
        return user_by_phone(phones.normalise(text))
    except Refusal:
        return None


def person_to_add(phone: str) -> User:
    """Whom an operator names by number. Raises PersonUnknown, NotAPhone."""
    user = user_by_phone(phones.normalise(phone))
    if user is None:
        raise PersonUnknown
    return user


def organisations_by_kind(user: Any, *, kind: str) -> QuerySet[Organisation]:
    """Of `organisations_visible_to`, one kind or all, newest first."""
    rows = organisations_visible_to(user).select_related("county")
    return (rows.filter(kind=kind) if kind else rows).order_by("-pk")


# ---- words that forms of the faces offer ----

KINDS_WITH_PAPERS = [
    (kind.value, kind.label)
    for kind in (Organisation.Kind.MERCHANT, Organisation.Kind.COUNTY_OFFICE)
]
KINDS_OPENED_BY_OPERATORS = [
    (kind.value, kind.label)
    for kind in (
        Organisation.Kind.COUNTY_OFFICE,
        Organisation.Kind.AUDITOR,
        Organisation.Kind.PLATFORM,
    )
]
ORGANISATION_KINDS = Organisation.Kind.choices
VERIFICATION_STATUSES = Verification.Status.choices
MEMBER_ROLES = Membership.Role.choices
HOUSEHOLD_KINDS = Household.Kind.choices
HOUSEHOLD_RISKS = Household.Risk.choices
CONSENT_CHANNELS = HouseholdConsent.Channel.choices
