"""Who may: predicates over users. Unknown, inactive and anonymous people may nothing."""

from collections.abc import Iterable
from typing import Any

from shanhuo.people.models import Membership, Organisation

_VERIFIED = Organisation.Status.VERIFIED
Kind = Organisation.Kind


def is_operator(user: Any) -> bool:
    """Runs the platform."""
    return bool(_organisation_ids(user, [Kind.PLATFORM]))


def is_auditor(user: Any) -> bool:
    """Reads every book and writes in none."""
    return bool(_organisation_ids(user, [Kind.AUDITOR]))


def officer_county_ids(user: Any) -> frozenset[int]:
    """Ids of the counties whose office the user works for."""
    offices = _memberships(user, [Kind.COUNTY_OFFICE])
    return frozenset(offices.values_list("organisation__county_id", flat=True))


def merchant_ids(user: Any) -> frozenset[int]:
    """Ids of the verified cooperatives and merchants the user sells for."""
    return _organisation_ids(user, [Kind.MERCHANT])


def creator_ids(user: Any) -> frozenset[int]:
    """Ids of the verified creators the user publishes as."""
    return _organisation_ids(user, [Kind.CREATOR])


def is_member(user: Any, organisation: Organisation | None) -> bool:
    """A living membership in exactly this organisation, whatever its status."""
    if organisation is None or not _may_act(user):
        return False
    living = Membership.objects.filter(user=user, ended_at=None)
    return living.filter(organisation=organisation).exists()


def _may_act(user: Any) -> bool:
    return bool(getattr(user, "is_authenticated", False) and user.is_active)


def _memberships(user: Any, kinds: Iterable[str]) -> Any:
    if not _may_act(user):
        return Membership.objects.none()
    return Membership.objects.filter(
        user=user, ended_at=None, organisation__kind__in=kinds, organisation__status=_VERIFIED
    )


def _organisation_ids(user: Any, kinds: Iterable[str]) -> frozenset[int]:
    return frozenset(_memberships(user, kinds).values_list("organisation_id", flat=True))
