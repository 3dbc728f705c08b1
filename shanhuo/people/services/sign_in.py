"""Signing in with a telephone: ask for a code, type it. The account is made at the first sign-in.

The code lives in a row and not in the session, so that guesses are counted across parallel
requests, a code works once, and the number is never written down in the clear.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address, ip_network

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from shanhuo.kernel import audit, limits
from shanhuo.kernel.encryption import keyed_hash
from shanhuo.kernel.errors import Refusal
from shanhuo.people import phones, proof_of_work, sms
from shanhuo.people.models import SignInCode, User

CODE_VALID_FOR = timedelta(minutes=10)
GUESSES = 5
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


class CodeExpired(Refusal):
    code = "code_expired"
    status = 410
    message = _("This code no longer works. Ask for a new one.")


class WrongCode(Refusal):
    code = "wrong_code"
    status = 422
    message = _("The code is not right. %(left)s more tries.")


class AccountClosed(Refusal):
    code = "account_closed"
    status = 403
    message = _("This account is closed. Write to the operator if that is a mistake.")


@dataclass(frozen=True, slots=True)
class SentCode:
    """A code is on its way. `reference` stays in the browser's session; `demo_code` is set in the
    demo only, whose page shows it in place of a telephone."""

    reference: str
    masked_phone: str
    expires_at: datetime
    demo_code: str


@dataclass(frozen=True, slots=True)
class SignedIn:
    user: User
    is_new: bool


def request_code(*, phone: str, address: str, proof: str, now: datetime) -> SentCode:
    """Send a six-digit code to `phone` (as typed), asked for from the network `address`.

    `proof`: the solved challenge of `proof_of_work`, or empty from a browser without script, which
    then gets very few. Raises NotAPhone, CountryNotServed, BadProof, TooMany, SmsFailed.
    """
    number = phones.normalise(phone)
    if proof:
        proof_of_work.spend(proof, now=now)
    _take_caps(number, address=address, with_proof=bool(proof), now=now)
    code = f"{secrets.randbelow(10**6):06d}"
    row = SignInCode(
        phone=number, created_at=now, expires_at=now + CODE_VALID_FOR, guesses_left=GUESSES
    )
    row.code_digest = SignInCode.digest_of(row.reference, code)
    # Sent before it is stored: a code that nobody received is not worth a row.
    sms.sender().send_code(phone=number, code=code)
    row.save()
    return SentCode(
        reference=row.reference,
        masked_phone=phones.masked(number),
        expires_at=row.expires_at,
        demo_code=code if settings.DEMO else "",
    )


def confirm_code(*, reference: str, guess: str, address: str, now: datetime) -> SignedIn:
    """Trade a code for the account of its telephone number.

    Raises CodeExpired (too old, used, out of guesses, another browser's), WrongCode, AccountClosed,
    TooMany.
    """
    return _redeem(_proven(reference, guess, address, now=now), now=now)


def change_phone(*, user: User, reference: str, guess: str, address: str, now: datetime) -> None:
    """Move an account to the number that a code was sent to; every other session ends.

    Raises what `confirm_code` raises, and PhoneTaken.
    """
    _move(user, _proven(reference, guess, address, now=now), now=now)


class PhoneTaken(Refusal):
    code = "phone_taken"
    message = _("This number already belongs to another account.")


def sweep_codes(*, now: datetime) -> int:
    """Delete codes past their time, and with them the numbers they went to; returns how many."""
    return SignInCode.objects.filter(expires_at__lte=now).delete()[0]


def _take_caps(number: str, *, address: str, with_proof: bool, now: datetime) -> None:
    """What a thousand numbers from one address, or one number from a thousand, runs into.

    The address comes first: whom it stops has not used up the number's or the site's share.
    """
    who, whom = network_of(address), phones.digest(number)
    if not with_proof:
        limits.take(scope="people.sms.plain", key=who, cap=2, window=DAY, now=now)
        limits.take(scope="people.sms.plain.site", key="", cap=100, window=DAY, now=now)
    caps = (
        ("people.sms.address.hour", who, 20, HOUR),
        ("people.sms.address.day", who, 60, DAY),
        ("people.sms.phone.minute", whom, 1, MINUTE),
        ("people.sms.phone.day", whom, 10, DAY),
        ("people.sms.site.day", "", settings.SMS_DAILY_CAP, DAY),
    )
    for scope, key, cap, window in caps:
        limits.take(scope=scope, key=key, cap=cap, window=window, now=now)


def network_of(address: str) -> str:
    """The keyed hash of an address; of the /64 for IPv6, where one household holds 2^64."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return keyed_hash("people.address", "unknown")
    if isinstance(parsed, IPv6Address):
        parsed = ip_network(f"{parsed}/64", strict=False).network_address
    return keyed_hash("people.address", str(parsed))


def _proven(reference: str, guess: str, address: str, *, now: datetime) -> SignInCode:
    """The code that was guessed. Raises CodeExpired, WrongCode, TooMany."""
    limits.take(scope="people.guess.address", key=network_of(address), cap=60, window=HOUR, now=now)
    code = _spend_guess(reference, now=now)
    if not code.matches(_digits(guess)):
        if not code.guesses_left:
            raise CodeExpired
        raise WrongCode(left=code.guesses_left)
    return code


def _spend_guess(reference: str, *, now: datetime) -> SignInCode:
    """The update is the claim: of two guesses at once, each takes one from the count."""
    live = SignInCode.objects.filter(
        reference=reference, used_at=None, expires_at__gt=now, guesses_left__gt=0
    )
    if not live.update(guesses_left=F("guesses_left") - 1):
        raise CodeExpired
    return SignInCode.objects.get(reference=reference)


@transaction.atomic
def _redeem(code: SignInCode, *, now: datetime) -> SignedIn:
    _use_up(code, now=now)
    signed_in = account_of(code.phone, now=now)
    if not signed_in.user.is_active:
        raise AccountClosed
    return signed_in


def account_of(number: str, *, now: datetime) -> SignedIn:
    """The account of a normalised number, opened if there is none: a step of the services."""
    user, is_new = User.objects.get_or_create(
        phone_digest=phones.digest(number),
        defaults={"phone": number, "joined_at": now},
    )
    if is_new:
        user.display_name = f"用户{user.public_id[:4]}"
        user.set_unusable_password()
        user.save(update_fields=["display_name", "password"])
    return SignedIn(user=user, is_new=is_new)


@transaction.atomic
def _move(user: User, code: SignInCode, *, now: datetime) -> None:
    _use_up(code, now=now)
    digest = phones.digest(code.phone)
    if User.objects.filter(phone_digest=digest).exclude(pk=user.pk).exists():
        raise PhoneTaken
    User.objects.filter(pk=user.pk).update(
        phone=code.phone, phone_digest=digest, session_epoch=F("session_epoch") + 1
    )
    audit.record(
        verb="account.change_phone", actor=user, subject=f"people.User:{user.public_id}", now=now
    )


def _use_up(code: SignInCode, *, now: datetime) -> None:
    if not SignInCode.objects.filter(pk=code.pk, used_at=None).update(used_at=now):
        raise CodeExpired


def _digits(guess: str) -> str:
    """ "１２３ 456" -> "123456"."""
    return "".join(str(int(c)) for c in guess if c.isdecimal())
