"""Who may: predicates over users. Unknown, inactive and anonymous people may nothing.

Every question is asked of the database anew, so that an ended membership ends the right at once.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from shanhuo.people.models import Membership, Organisation, Verification

Kind = Organisation.Kind


@dataclass(frozen=True, slots=True)
class Roles:
    """Everything a person may act as, read with one query; all empty for a stranger."""

    is_operator: bool = False
    is_auditor: bool = False
    county_ids: frozenset[int] = frozenset()
    merchant_ids: frozenset[int] = frozenset()
    creator_ids: frozenset[int] = frozenset()


def roles_of(user: Any) -> Roles:
    """For pages that ask many of the questions below at once, as the navigation does."""
    rows = list(
        _living(user, Kind.values).values_list(
            "organisation__kind", "organisation_id", "organisation__county_id"
        )
    )
    held = {kind for kind, _, _ in rows}
    return Roles(
        is_operator=Kind.PLATFORM in held,
        is_auditor=Kind.AUDITOR in held,
        county_ids=frozenset(county for kind, _, county in rows if kind == Kind.COUNTY_OFFICE),
        merchant_ids=frozenset(pk for kind, pk, _ in rows if kind == Kind.MERCHANT),
        creator_ids=frozenset(pk for kind, pk, _ in rows if kind == Kind.CREATOR),
    )


def is_operator(user: Any) -> bool:
    """Runs the platform."""
    return _living(user, [Kind.PLATFORM]).exists()


def is_auditor(user: Any) -> bool:
    """Reads every book and writes in none; signs figures off, or objects to them."""
    return _living(user, [Kind.AUDITOR]).exists()


def officer_county_ids(user: Any) -> frozenset[int]:
    """Ids of the counties whose office the user works for."""
    offices = _living(user, [Kind.COUNTY_OFFICE])
    return frozenset(offices.values_list("organisation__county_id", flat=True))


def merchant_ids(user: Any) -> frozenset[int]:
    """Ids of the verified cooperatives and merchants the user sells for."""
    return _organisation_ids(user, [Kind.MERCHANT])


def creator_ids(user: Any) -> frozenset[int]:
    """Ids of the verified creators the user publishes as."""
    return _organisation_ids(user, [Kind.CREATOR])


def is_member(user: Any, organisation: Organisation | None) -> bool:
    """A living membership in exactly this organisation, whatever its status."""
    return _membership_in(user, organisation).exists()


def can_manage(user: Any, organisation: Organisation | None) -> bool:
    """May invite people to it, remove them, and hand in its papers: an owner."""
    return _membership_in(user, organisation).filter(role=Membership.Role.OWNER).exists()


def can_decide(user: Any, verification: Verification | None) -> bool:
    """May accept or refuse the papers: an operator who neither handed them in nor belongs there."""
    return (
        verification is not None
        and is_operator(user)
        and verification.applied_by_id != user.pk
        and not Membership.objects.filter(
            user=user, organisation=verification.organisation_id
        ).exists()
    )


def may_trade(user: Any) -> bool:
    """May pay, publish and sell: everybody signed in except in youth mode (青少年模式)."""
    return _may_act(user) and not user.youth_pin


def _may_act(user: Any) -> bool:
    return bool(getattr(user, "is_authenticated", False) and user.is_active)


def _living(user: Any, kinds: Iterable[str]) -> QuerySet[Membership]:
    """Memberships that give a role: not ended, in a verified organisation, of one of the kinds."""
    if not _may_act(user):
        return Membership.objects.none()
    return Membership.objects.filter(
        user=user,
        ended_at=None,
        organisation__kind__in=kinds,
        organisation__status=Organisation.Status.VERIFIED,
    )


def _organisation_ids(user: Any, kinds: Iterable[str]) -> frozenset[int]:
    return frozenset(_living(user, kinds).values_list("organisation_id", flat=True))


def _membership_in(user: Any, organisation: Organisation | None) -> QuerySet[Membership]:
    if organisation is None or not _may_act(user):
        return Membership.objects.none()
    return Membership.objects.filter(user=user, organisation=organisation, ended_at=None)
