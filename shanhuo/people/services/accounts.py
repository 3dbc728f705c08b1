"""What people do with their own account, and operators with one that misbehaves."""

from datetime import datetime

from django.contrib.auth.hashers import check_password, make_password
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from shanhuo.kernel import audit, facts, limits
from shanhuo.kernel.errors import Refusal
from shanhuo.people import personal_data, rules
from shanhuo.people.events import AccountErased, AccountSuspended
from shanhuo.people.models import Invitation, Membership, Organisation, Passkey, User
from shanhuo.people.services.sign_in import DAY


class NameMissing(Refusal):
    code = "name_missing"
    status = 422
    message = _("Write a name of 1 to 50 characters.")


class LastOwner(Refusal):
    code = "last_owner"
    message = _("You are the last owner of %(organisation)s. Make somebody else an owner first.")


class StillNeeded(Refusal):
    code = "still_needed"
    message = _("This must be finished first: %(what)s")


class WrongGuardianCode(Refusal):
    code = "wrong_guardian_code"
    status = 422
    message = _("The guardian code is not right.")


class NotOperator(Refusal):
    code = "not_operator"
    status = 403
    message = _("Only operators of the platform may do this.")


def rename(*, user: User, display_name: str) -> None:
    """Raises NameMissing. A name is kept as written: rare characters and middle dots included."""
    name = display_name.strip()
    if not 1 <= len(name) <= 50:
        raise NameMissing
    User.objects.filter(pk=user.pk).update(display_name=name)


@transaction.atomic
def end_all_sessions(*, user: User, now: datetime) -> User:
    """Sign out everywhere. Returns the user as it now is, for signing this browser in again."""
    User.objects.filter(pk=user.pk).update(session_epoch=F("session_epoch") + 1)
    audit.record(verb="account.end_sessions", actor=user, subject=_subject(user), now=now)
    return User.objects.get(pk=user.pk)


@transaction.atomic
def delete_account(*, user: User, now: datetime) -> None:
    """Erase a person: number, passkeys, name, memberships, invitations, sessions. Public content
    and orders are for the rooms above, which receive AccountErased.

    Raises LastOwner, and StillNeeded where a room above reports something unfinished.
    """
    _refuse_last_owner(user)
    if unfinished := personal_data.unfinished(user):
        raise StillNeeded(what=", ".join(unfinished))
    personal_data.erase(user, now=now)
    digest = user.phone_digest
    Membership.objects.filter(user=user, ended_at=None).update(ended_at=now)
    Organisation.objects.filter(founder=user, kind=Organisation.Kind.CREATOR).update(
        founder=None, name="", status=Organisation.Status.SUSPENDED
    )
    Passkey.objects.filter(user=user).delete()
    if digest:
        Invitation.objects.filter(phone_digest=digest).delete()
    User.objects.filter(pk=user.pk).update(
        display_name="",
        phone="",
        phone_digest=None,
        youth_pin="",
        viewer_secret="",
        is_active=False,
        is_staff=False,
        is_superuser=False,
        erased_at=now,
        session_epoch=F("session_epoch") + 1,
    )
    audit.record(verb="account.delete", actor=user, subject=_subject(user), now=now)
    facts.record(AccountErased(user=user.public_id), now=now)


@transaction.atomic
def suspend_account(*, user: User, operator: User, reason: str, now: datetime) -> None:
    """An operator closes an account at once: no sign-in, no session, no role.

    Raises NotOperator.
    """
    _set_active(user, operator=operator, active=False, reason=reason, now=now)
    facts.record(AccountSuspended(user=user.public_id), now=now)


@transaction.atomic
def reopen_account(*, user: User, operator: User, reason: str, now: datetime) -> None:
    """Undo `suspend_account`; an erased account stays erased. Raises NotOperator."""
    _set_active(user, operator=operator, active=True, reason=reason, now=now)


@transaction.atomic
def release_phone(*, user: User, operator: User, reason: str, now: datetime) -> None:
    """The carrier gave the number to somebody else: the account lets go of it and of its roles, so
    that the number's new owner starts anew. Passkeys go too: the new owner may have added one.
    Raises NotOperator."""
    _require_operator(operator)
    Passkey.objects.filter(user=user).delete()
    Membership.objects.filter(user=user, ended_at=None).update(ended_at=now)
    User.objects.filter(pk=user.pk).update(
        phone="", phone_digest=None, session_epoch=F("session_epoch") + 1
    )
    audit.record(
        verb="account.release_phone",
        actor=operator,
        subject=_subject(user),
        detail={"reason": reason},
        now=now,
    )


def turn_youth_mode_on(*, user: User, guardian_code: str) -> None:
    """From now on the account pays, sells and publishes nothing (青少年模式)."""
    User.objects.filter(pk=user.pk).update(youth_pin=make_password(guardian_code))


def turn_youth_mode_off(*, user: User, guardian_code: str, now: datetime) -> None:
    """Raises WrongGuardianCode, TooMany (five tries a day)."""
    limits.take(scope="people.youth", key=user.public_id, cap=5, window=DAY, now=now)
    if not check_password(guardian_code, user.youth_pin):
        raise WrongGuardianCode
    User.objects.filter(pk=user.pk).update(youth_pin="")


def _set_active(user: User, *, operator: User, active: bool, reason: str, now: datetime) -> None:
    _require_operator(operator)
    User.objects.filter(pk=user.pk, erased_at=None).update(
        is_active=active, session_epoch=F("session_epoch") + 1
    )
    audit.record(
        verb="account.reopen" if active else "account.suspend",
        actor=operator,
        subject=_subject(user),
        detail={"reason": reason},
        now=now,
    )


def _require_operator(user: User) -> None:
    if not rules.is_operator(user):
        raise NotOperator


def _refuse_last_owner(user: User) -> None:
    """A creator's organisation goes with its only person; any other must be left in good hands."""
    mine = Membership.objects.filter(user=user, ended_at=None, role=Membership.Role.OWNER)
    for membership in mine.exclude(organisation__kind="creator").select_related("organisation"):
        others = Membership.objects.filter(
            organisation=membership.organisation, ended_at=None, role=Membership.Role.OWNER
        ).exclude(user=user)
        if not others.exists():
            raise LastOwner(organisation=membership.organisation.name)


def _subject(user: User) -> str:
    return f"people.User:{user.public_id}"
