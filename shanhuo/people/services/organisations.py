"""Organisations and who acts for them."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from shanhuo.kernel import audit, facts, limits
from shanhuo.kernel.errors import Refusal
from shanhuo.people import phones, rules
from shanhuo.people.events import MembershipEnded, OrganisationVerified
from shanhuo.people.models import Invitation, Membership, Organisation, User
from shanhuo.people.services.accounts import LastOwner, NameMissing, NotOperator
from shanhuo.people.services.sign_in import account_of

INVITATION_VALID_FOR = timedelta(days=14)
Kind = Organisation.Kind
Status = Organisation.Status
Role = Membership.Role


class NotOwner(Refusal):
    code = "not_owner"
    status = 403
    message = _("Only an owner of the organisation may do this.")


class AlreadyMember(Refusal):
    code = "already_member"
    message = _("This person already belongs to the organisation.")


class AlreadyCreator(Refusal):
    code = "already_creator"
    message = _("You already publish as a creator.")


class AgeNotDeclared(Refusal):
    code = "age_not_declared"
    status = 422
    message = _("Only people of 18 and over may publish and sell. Please confirm your age.")


class CountyMissing(Refusal):
    code = "county_missing"
    status = 422
    message = _("A county office needs its county.")


class InvitationGone(Refusal):
    code = "invitation_gone"
    status = 410
    message = _("This invitation is no longer open.")


class OrganisationClosed(Refusal):
    code = "organisation_closed"
    message = _("This organisation is refused or suspended.")


@transaction.atomic
def open_organisation(
    *,
    kind: str,
    name: str,
    county: Any = None,
    owners: Iterable[User] = (),
    opened_by: User | None,
    now: datetime,
) -> Organisation:
    """An operator (or, with None, the command line) opens an organisation that needs no papers: the
    platform itself, auditors, a county office known in person. Raises NotOperator, NameMissing.
    """
    if opened_by is not None and not rules.is_operator(opened_by):
        raise NotOperator
    organisation = create(kind=kind, name=name, county=county, founder=None, now=now)
    for owner in owners:
        join(owner, organisation, role=Role.OWNER, actor=opened_by, now=now)
    verify(organisation, actor=opened_by, now=now)
    return organisation


@transaction.atomic
def appoint_operator(*, phone: str, name: str, now: datetime) -> Organisation:
    """The command line makes somebody an operator of the platform, which is opened if it is new.

    Raises NotAPhone, AlreadyMember, NameMissing (a new platform needs one).
    """
    user = account_of(phones.normalise(phone), now=now).user
    platform = Organisation.objects.filter(kind=Kind.PLATFORM).order_by("pk").first()
    if platform is None:
        return open_organisation(
            kind=Kind.PLATFORM, name=name, owners=[user], opened_by=None, now=now
        )
    join(user, platform, role=Role.OWNER, actor=None, now=now)
    return platform


@transaction.atomic
def become_creator(
    *, user: User, name: str, county: Any, is_adult: bool, now: datetime
) -> Organisation:
    """One step for a farmer: own-grown farm goods need no business registration.

    Raises AgeNotDeclared (also in youth mode), AlreadyCreator, NameMissing.
    """
    if not is_adult or not rules.may_trade(user):
        raise AgeNotDeclared
    if Organisation.objects.filter(founder=user, kind=Kind.CREATOR).exists():
        raise AlreadyCreator
    organisation = create(kind=Kind.CREATOR, name=name, county=county, founder=user, now=now)
    join(user, organisation, role=Role.OWNER, actor=user, now=now)
    verify(organisation, actor=user, now=now)
    return organisation


@transaction.atomic
def invite(
    *, organisation: Organisation, phone: str, role: str, inviter: User, now: datetime
) -> Invitation:
    """Ask whoever signs in with `phone` (as typed) to join. Answers the same whether or not that
    number has an account. Raises NotOwner, NotAPhone, AlreadyMember, TooMany."""
    if not rules.can_manage(inviter, organisation):
        raise NotOwner
    number = phones.normalise(phone)
    limits.take(
        scope="people.invite", key=organisation.public_id, cap=50, window=timedelta(days=1), now=now
    )
    digest = phones.digest(number)
    if Membership.objects.filter(
        organisation=organisation, user__phone_digest=digest, ended_at=None
    ).exists():
        raise AlreadyMember
    invitation, _is_new = Invitation.objects.update_or_create(
        organisation=organisation,
        phone_digest=digest,
        defaults={
            "phone_hint": phones.masked(number),
            "role": role if role in Role.values else Role.STAFF,
            "invited_by": inviter,
            "invited_at": now,
            "expires_at": now + INVITATION_VALID_FOR,
        },
    )
    audit.record(
        verb="membership.invite",
        actor=inviter,
        subject=_subject(organisation),
        detail={"role": invitation.role},
        now=now,
    )
    return invitation


@transaction.atomic
def accept_invitation(*, invitation: Invitation, user: User, now: datetime) -> Membership:
    """Join. Raises InvitationGone (withdrawn, too old, for another number), OrganisationClosed."""
    claimed = Invitation.objects.filter(
        pk=invitation.pk, phone_digest=user.phone_digest or "-", expires_at__gt=now
    ).delete()[0]
    if not claimed:
        raise InvitationGone
    organisation = invitation.organisation
    if organisation.status in (Status.REFUSED, Status.SUSPENDED):
        raise OrganisationClosed
    return join(user, organisation, role=invitation.role, actor=user, now=now)


@transaction.atomic
def withdraw_invitation(*, invitation: Invitation, actor: User, now: datetime) -> None:
    """The owner takes it back, or the invited person declines. Raises NotOwner."""
    is_mine = bool(actor.phone_digest) and invitation.phone_digest == actor.phone_digest
    if not is_mine and not rules.can_manage(actor, invitation.organisation):
        raise NotOwner
    invitation.delete()
    audit.record(
        verb="membership.withdraw_invitation",
        actor=actor,
        subject=_subject(invitation.organisation),
        now=now,
    )


@transaction.atomic
def end_membership(*, membership: Membership, actor: User, now: datetime) -> None:
    """A person leaves or is removed; every right that came with it is gone at once.

    Safe to call twice. Raises NotOwner, and LastOwner if nobody could manage it afterwards.
    """
    organisation = membership.organisation
    is_own = membership.user_id == actor.pk
    if not (is_own or rules.can_manage(actor, organisation) or rules.is_operator(actor)):
        raise NotOwner
    # One owner at a time may leave: two leaving at once must not leave nobody.
    Organisation.objects.select_for_update(no_key=True).get(pk=organisation.pk)
    if membership.role == Role.OWNER and not _has_other_owner(membership):
        raise LastOwner(organisation=organisation.name)
    if not Membership.objects.filter(pk=membership.pk, ended_at=None).update(ended_at=now):
        return
    audit.record(
        verb="membership.end",
        actor=actor,
        subject=_subject(organisation),
        detail={"user": membership.user.public_id, "role": membership.role},
        now=now,
    )
    facts.record(
        MembershipEnded(user=membership.user.public_id, organisation=organisation.public_id),
        now=now,
    )


@transaction.atomic
def suspend_organisation(
    *, organisation: Organisation, operator: User, reason: str, now: datetime
) -> None:
    """Every role in it rests until it is verified again. Raises NotOperator."""
    if not rules.is_operator(operator):
        raise NotOperator
    Organisation.objects.filter(pk=organisation.pk).update(status=Status.SUSPENDED)
    audit.record(
        verb="organisation.suspend",
        actor=operator,
        subject=_subject(organisation),
        detail={"reason": reason},
        now=now,
    )


def create(
    *, kind: str, name: str, county: Any, founder: User | None, now: datetime, licence: str = ""
) -> Organisation:
    """An organisation without anybody in it, not yet verified: a step of the services."""
    name = name.strip()
    if not 1 <= len(name) <= 80:
        raise NameMissing
    if kind == Kind.COUNTY_OFFICE and county is None:
        raise CountyMissing
    try:
        with transaction.atomic():
            return Organisation.objects.create(
                kind=kind,
                name=name,
                county=county,
                founder=founder,
                licence_number=licence,
                opened_at=now,
            )
    except IntegrityError as twice:
        raise AlreadyCreator from twice


def join(
    user: User, organisation: Organisation, *, role: str, actor: User | None, now: datetime
) -> Membership:
    """Start a membership and note it: a step of the services."""
    try:
        with transaction.atomic():
            membership = Membership.objects.create(
                user=user, organisation=organisation, role=role, started_at=now
            )
    except IntegrityError as twice:
        raise AlreadyMember from twice
    audit.record(
        verb="membership.start",
        actor=actor,
        subject=_subject(organisation),
        detail={"user": user.public_id, "role": role},
        now=now,
    )
    return membership


def verify(organisation: Organisation, *, actor: User | None, now: datetime) -> None:
    """Give the organisation's members their roles: a step of the services."""
    organisation.status = Status.VERIFIED
    organisation.save(update_fields=["status"])
    audit.record(
        verb="organisation.verify",
        actor=actor,
        subject=_subject(organisation),
        detail={"kind": organisation.kind},
        now=now,
    )
    facts.record(
        OrganisationVerified(
            organisation=organisation.public_id,
            kind=organisation.kind,
            county=organisation.county.adcode if organisation.county else "",
        ),
        now=now,
    )


def _has_other_owner(membership: Membership) -> bool:
    others = Membership.objects.filter(
        organisation=membership.organisation_id, role=Role.OWNER, ended_at=None
    ).exclude(pk=membership.pk)
    return others.exists()


def _subject(organisation: Organisation) -> str:
    return f"people.Organisation:{organisation.public_id}"
