"""The viewer token (cookie `sh_viewer`): who is watching, known without a session or a database.

It holds a random number, three flags and a county, signed. It is not a login: it opens nothing
but one's own feed. A signed-in person has the same number on every phone, derived from the account.
"""

import secrets
import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from dataclasses import dataclass, replace
from hashlib import blake2b
from hmac import compare_digest

from django.conf import settings
from django.http import HttpResponse

from shanhuo.kernel import tokens
from shanhuo.traffic.kinds import Flags

COOKIE = "sh_viewer"
LIFE_S = 400 * 24 * 3600
MAC_BYTES = 16
_BODY = struct.Struct("<QBI")
_LONGEST_TOKEN = 64


@dataclass(frozen=True, slots=True)
class Viewer:
    """`county` is the place the viewer chose (adcode), 0 for none; `key` is never 0."""

    key: int
    flags: int = 0
    county: int = 0

    @property
    def personal(self) -> bool:
        return not self.flags & Flags.NOT_PERSONAL

    @property
    def youth(self) -> bool:
        return bool(self.flags & Flags.YOUTH)

    @property
    def signed_in(self) -> bool:
        return bool(self.flags & Flags.SIGNED_IN)

    def with_flag(self, flag: Flags, *, on: bool) -> "Viewer":
        return replace(self, flags=(self.flags | flag) if on else (self.flags & ~flag))


def new_viewer() -> Viewer:
    """Somebody we know nothing about."""
    return Viewer(secrets.randbits(63) | 1)


def viewer_of(secret: str, *, flags: int = 0, county: int = 0) -> Viewer:
    """The viewer that an account always is, by the account's `viewer_secret`.

    The account cannot be found from it without our key, and by nobody once the secret is erased.
    """
    mac = blake2b(secret.encode(), key=tokens.key_for("viewer-of"), digest_size=8)
    key = int.from_bytes(mac.digest(), "little") >> 1 or 1
    return Viewer(key, flags | Flags.SIGNED_IN, county)


def write(viewer: Viewer) -> str:
    """The cookie's value."""
    body = _BODY.pack(viewer.key, viewer.flags, viewer.county)
    return urlsafe_b64encode(body + _mac(body)).rstrip(b"=").decode()


def read(token: str) -> Viewer | None:
    """The viewer, or None for a token that we did not write."""
    if not token or len(token) > _LONGEST_TOKEN:
        return None
    try:
        raw = urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except (NotBase64, ValueError):
        return None
    body, mac = raw[: _BODY.size], raw[_BODY.size :]
    if len(body) < _BODY.size or not compare_digest(mac, _mac(body)):
        return None
    key, flags, county = _BODY.unpack(body)
    return Viewer(key, flags, county)


def give(response: HttpResponse, viewer: Viewer) -> None:
    """Let the browser keep this token."""
    response.set_cookie(
        COOKIE,
        write(viewer),
        max_age=LIFE_S,
        httponly=True,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )


def _mac(body: bytes) -> bytes:
    return blake2b(body, key=tokens.key_for("viewer"), digest_size=MAC_BYTES).digest()
