"""Passkeys: a key in the person's own device opens the account, with no code and no password.

The signatures are checked by fido2 (Yubico). A ceremony has two steps: `begin_…` makes a challenge
for the browser and a state for its session, the second step takes both back. The telephone number
stays the way in that cannot be removed, so removing every passkey locks nobody out.
"""

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext_lazy as _
from fido2.server import Fido2Server
from fido2.webauthn import (
    AttestedCredentialData,
    AuthenticationResponse,
    PublicKeyCredentialRpEntity,
    PublicKeyCredentialUserEntity,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from shanhuo.kernel import audit, limits
from shanhuo.kernel.errors import Refusal
from shanhuo.people.models import Passkey, User
from shanhuo.people.services.sign_in import HOUR, AccountClosed, SignedIn, network_of

CHALLENGE_VALID_FOR = timedelta(minutes=5)
AT_MOST = 10
# What a parser meets in bytes that no device made.
_MALFORMED = (ValueError, TypeError, KeyError, IndexError, AttributeError, struct.error)


class PasskeyRefused(Refusal):
    code = "passkey_refused"
    status = 422
    message = _("This passkey does not open an account here. Use a code instead.")


class TooManyPasskeys(Refusal):
    code = "too_many_passkeys"
    message = _("An account has at most %(most)s passkeys. Remove one that you no longer use.")


class PasskeyNameMissing(Refusal):
    code = "passkey_name_missing"
    status = 422
    message = _("Give the passkey a name of 1 to 50 characters.")


@dataclass(frozen=True, slots=True)
class Ceremony:
    """`options` go to the browser as JSON, `state` waits in its session for the answer."""

    options: dict[str, Any]
    state: dict[str, Any]


def begin_adding(*, user: User, now: datetime) -> Ceremony:
    """Ask the device for a new key that needs the person's finger, face or PIN at each use."""
    person = PublicKeyCredentialUserEntity(
        id=user.public_id.encode(), name=user.display_name, display_name=user.display_name
    )
    options, state = _server().register_begin(
        user=person,
        credentials=[_key_of(passkey) for passkey in user.passkeys.all()],
        resident_key_requirement=ResidentKeyRequirement.REQUIRED,
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return Ceremony(dict(options.public_key), _lasting(state, now=now))


@transaction.atomic
def add_passkey(
    *, user: User, state: Mapping[str, Any], credential: Any, name: str, now: datetime
) -> Passkey:
    """Keep the public half of a key that the device has just made.

    Raises PasskeyRefused, TooManyPasskeys, PasskeyNameMissing.
    """
    name = _clean(name)
    _require_standing(state, now=now)
    try:
        made = _server().register_complete(state, credential)
    except _MALFORMED as error:
        raise PasskeyRefused from error
    key = made.credential_data
    assert key is not None  # noqa: S101 - fido2 refuses a registration without one
    User.objects.select_for_update().get(pk=user.pk)
    if user.passkeys.count() >= AT_MOST:
        raise TooManyPasskeys(most=AT_MOST)
    passkey, is_new = Passkey.objects.get_or_create(
        credential_digest=_digest(key.credential_id),
        defaults={
            "user": user,
            "name": name,
            "credential": bytes(key),
            "signature_count": made.counter,
            "added_at": now,
        },
    )
    if not is_new:
        raise PasskeyRefused
    _note("account.add_passkey", passkey, now=now)
    return passkey


def begin_entering(*, now: datetime) -> Ceremony:
    """Ask for a signature of any key that the device holds for this site; it knows whose it is."""
    options, state = _server().authenticate_begin(
        user_verification=UserVerificationRequirement.REQUIRED
    )
    return Ceremony(dict(options.public_key), _lasting(state, now=now))


def enter_with_passkey(
    *, state: Mapping[str, Any], credential: Any, address: str, now: datetime
) -> SignedIn:
    """Trade a signature for the account of the key. Raises PasskeyRefused, AccountClosed, TooMany.

    A device that counts its signatures must count upwards: a copy of the key would not.
    """
    limits.take(scope="people.guess.address", key=network_of(address), cap=60, window=HOUR, now=now)
    _require_standing(state, now=now)
    passkey, answer = _signed_by(credential)
    try:
        _server().authenticate_complete(state, [_key_of(passkey)], answer)
    except _MALFORMED as error:
        raise PasskeyRefused from error
    if not passkey.user.is_active:
        raise AccountClosed
    _count(passkey, answer.response.authenticator_data.counter, now=now)
    return SignedIn(user=passkey.user, is_new=False)


def rename_passkey(*, passkey: Passkey, name: str) -> None:
    """Raises PasskeyNameMissing."""
    Passkey.objects.filter(pk=passkey.pk).update(name=_clean(name))


@transaction.atomic
def remove_passkey(*, passkey: Passkey, now: datetime) -> User:
    """The key opens nothing any more, and what it had opened is closed: every session ends.

    Returns the user as it now is, for signing this browser in again.
    """
    _note("account.remove_passkey", passkey, now=now)
    passkey.delete()
    User.objects.filter(pk=passkey.user_id).update(session_epoch=F("session_epoch") + 1)
    return User.objects.get(pk=passkey.user_id)


def _server() -> Fido2Server:
    """Believes signatures made for exactly the public address of this platform."""
    origin = settings.PUBLIC_ORIGIN.rstrip("/")
    party = PublicKeyCredentialRpEntity(id=urlsplit(origin).hostname or "", name="Shanhuo 山货")
    return Fido2Server(party, verify_origin=lambda claimed: claimed == origin)


def _lasting(state: Any, *, now: datetime) -> dict[str, Any]:
    return {**state, "until": (now + CHALLENGE_VALID_FOR).timestamp()}


def _require_standing(state: Mapping[str, Any], *, now: datetime) -> None:
    if state.get("until", 0) <= now.timestamp():
        raise PasskeyRefused


def _signed_by(credential: Any) -> tuple[Passkey, AuthenticationResponse]:
    """The key that the answer names, if the answer also names that key's owner."""
    try:
        answer = AuthenticationResponse.from_dict(credential)
        owner = (answer.response.user_handle or b"").decode()
    except _MALFORMED as error:
        raise PasskeyRefused from error
    rows = Passkey.objects.select_related("user").filter(user__public_id=owner)
    passkey = rows.filter(credential_digest=_digest(answer.raw_id)).first()
    if passkey is None:
        raise PasskeyRefused
    return passkey, answer


def _count(passkey: Passkey, counted: int, *, now: datetime) -> None:
    rows = Passkey.objects.filter(pk=passkey.pk)
    if counted or passkey.signature_count:
        # The update is the claim: the same signature, sent twice at once, enters once.
        rows = rows.filter(signature_count__lt=counted)
    if not rows.update(signature_count=counted, used_at=now):
        raise PasskeyRefused


def _key_of(passkey: Passkey) -> AttestedCredentialData:
    return AttestedCredentialData(bytes(passkey.credential))


def _digest(credential_id: bytes) -> str:
    return sha256(credential_id).hexdigest()


def _clean(name: str) -> str:
    name = name.strip()
    if not 1 <= len(name) <= 50:
        raise PasskeyNameMissing
    return name


def _note(verb: str, passkey: Passkey, *, now: datetime) -> None:
    audit.record(
        verb=verb,
        actor=passkey.user,
        subject=f"people.User:{passkey.user.public_id}",
        detail={"passkey": passkey.public_id},
        now=now,
    )
