"""What every page knows: the reader's mode, their roles, and the platform's licence fields."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext_lazy as _

from shanhuo.config import config
from shanhuo.kernel import clock, limits, tokens
from shanhuo.kernel.encryption import keyed_hash
from shanhuo.kernel.errors import Refusal
from shanhuo.people import services as people
from shanhuo.people.access import Access, roles_of
from shanhuo.people.services.accounts import WrongGuardianCode

CARE_COOKIE = "sh_care"
YOUTH_COOKIE = "sh_youth"
_YEARS = timedelta(days=3650)


class YouthModeIsOn(Refusal):
    code = "youth_mode"
    status = 403
    message = _("Youth mode is on: nothing can be bought or posted until a guardian turns it off.")


@dataclass(frozen=True, slots=True)
class Shell:
    """Care mode (长辈版: larger letters and targets) and youth mode (青少年模式: no buying)."""

    care: bool
    youth: bool


def read(request: HttpRequest) -> Shell:
    """What the browser's cookies and the account say; a forged youth cookie counts as none."""
    in_browser = _guardian_hash(request) is not None
    return Shell(
        care=request.COOKIES.get(CARE_COOKIE) == "1",
        youth=in_browser or bool(getattr(request.user, "youth_pin", "")),
    )


def context(request: HttpRequest) -> dict[str, Any]:
    """Context processor: `shell`, `roles` (asked of the database only where used), `platform`."""
    return {
        "shell": getattr(request, "shell", Shell(care=False, youth=False)),
        "roles": SimpleLazyObject(lambda: _roles(request)),
        "platform": config(),
    }


def set_care(response: HttpResponse, *, on: bool) -> None:
    """Remember care mode in this browser, or forget it."""
    if on:
        _set_cookie(response, CARE_COOKIE, "1")
    else:
        response.delete_cookie(CARE_COOKIE)


def turn_youth_on(
    request: HttpRequest, response: HttpResponse, *, code: str, now: datetime
) -> None:
    """From now on this browser, and the account signed in there, buy and post nothing."""
    if request.user.is_authenticated:
        people.turn_youth_mode_on(user=request.user, guardian_code=code)
    digest = keyed_hash("youth", code).encode()
    _set_cookie(response, YOUTH_COOKIE, tokens.sign("youth", digest, expires_at=now + _YEARS))


def turn_youth_off(
    request: HttpRequest, response: HttpResponse, *, code: str, now: datetime
) -> None:
    """Where it is on: the account, the browser, or both. Raises WrongGuardianCode, TooMany."""
    user = request.user
    if user.is_authenticated and user.youth_pin:
        people.turn_youth_mode_off(user=user, guardian_code=code, now=now)
        response.delete_cookie(YOUTH_COOKIE)
        return
    # Without an account there is only the browser to count tries by.
    address = keyed_hash("address", str(request.META.get("REMOTE_ADDR")))
    limits.take(scope="web.youth", key=address, cap=10, window=timedelta(hours=1), now=now)
    if _guardian_hash(request) != keyed_hash("youth", code).encode():
        raise WrongGuardianCode
    response.delete_cookie(YOUTH_COOKIE)


def _guardian_hash(request: HttpRequest) -> bytes | None:
    token = request.COOKIES.get(YOUTH_COOKIE)
    if not token:
        return None
    try:
        return tokens.read("youth", token, now=clock.now())
    except tokens.BadToken:
        return None


def _roles(request: HttpRequest) -> frozenset[str]:
    """Lower-case names for templates: `{% if "seller" in roles %}`."""
    held = roles_of(getattr(request, "user", None))
    return frozenset(role.name.lower() for role in Access if role in held and role.name)


def _set_cookie(response: HttpResponse, name: str, value: str) -> None:
    secure = config().public_origin.startswith("https://")
    response.set_cookie(
        name,
        value,
        max_age=int(_YEARS.total_seconds()),
        httponly=True,
        samesite="Lax",
        secure=secure,
    )
