"""Signed tokens: `base64url(expiry ‖ payload ‖ mac)`, a separate key for every purpose."""

import hmac
import struct
from base64 import urlsafe_b64encode
from binascii import Error as NotBase64
from binascii import a2b_base64
from datetime import datetime
from functools import cache
from hashlib import blake2b

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from shanhuo.kernel.errors import Refusal

MAC_BYTES = 16
_FROM_ADDRESS = bytes.maketrans(b"-_", b"+/")
_EXPIRY = struct.Struct(">Q")


class BadToken(Refusal):
    code = "bad_token"
    status = 403
    message = _("This link or form is no longer valid. Open the page again.")


@cache
def key_for(purpose: str) -> bytes:
    """32 key bytes that serve `purpose` alone, derived from the platform's secret key."""
    return blake2b(purpose.encode(), key=blake2b(settings.SECRET_KEY.encode()).digest()).digest()[
        :32
    ]


def sign(purpose: str, payload: bytes, *, expires_at: datetime) -> str:
    """A token that `read` accepts for the same purpose until `expires_at`."""
    body = _EXPIRY.pack(int(expires_at.timestamp())) + payload
    return urlsafe_b64encode(body + _mac(purpose, body)).rstrip(b"=").decode()


def read(purpose: str, token: str, *, now: datetime) -> bytes:
    """The payload. Raises BadToken if it is forged, for another purpose, or past its time."""
    try:
        # As `urlsafe_b64decode` does it, but for what it asks of its arguments.
        raw = a2b_base64(token.encode("ascii").translate(_FROM_ADDRESS) + b"==")
    except (NotBase64, UnicodeEncodeError) as error:
        raise BadToken from error
    body, mac = raw[:-MAC_BYTES], raw[-MAC_BYTES:]
    if len(body) < _EXPIRY.size or not hmac.compare_digest(mac, _mac(purpose, body)):
        raise BadToken
    if _EXPIRY.unpack_from(body)[0] <= now.timestamp():
        raise BadToken
    return body[_EXPIRY.size :]


def _mac(purpose: str, body: bytes) -> bytes:
    hasher = _hasher_for(purpose).copy()
    hasher.update(body)
    return hasher.digest()


@cache
def _hasher_for(purpose: str) -> blake2b:
    """With the key mixed in already: half of what a short token costs."""
    return blake2b(key=key_for(purpose), digest_size=MAC_BYTES)
