"""What is signed, on both sides.

A request: method, path with query, timestamp, nonce, body, each followed by a newline.
An answer or a notice: timestamp, nonce, body, each followed by a newline.
"""

import re
import secrets
import time
from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from collections.abc import Mapping

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from demopay.keys import KeyPair, serial_of

SCHEME = "DEMOPAY-ED25519"
TOLERANCE_SECONDS = 300

_FIELD = re.compile(r'(\w+)="([^"]*)"')


class Unsigned(Exception):
    """The request does not carry a fresh, valid signature of a known merchant."""


def signed_headers(body: bytes, *, keys: KeyPair) -> dict[str, str]:
    """The four headers that vouch for an answer or a notice."""
    timestamp, nonce = str(int(time.time())), secrets.token_hex(16)
    message = b"\n".join([timestamp.encode(), nonce.encode(), body, b""])
    return {
        "Demopay-Timestamp": timestamp,
        "Demopay-Nonce": nonce,
        "Demopay-Serial": keys.serial,
        "Demopay-Signature": b64encode(keys.private.sign(message)).decode(),
    }


def verify_request(
    authorization: str,
    *,
    method: str,
    target: str,
    body: bytes,
    known: Mapping[str, Ed25519PublicKey],
) -> str:
    """The merchant id that signed the request. Raises Unsigned."""
    scheme, _, rest = authorization.partition(" ")
    fields = dict(_FIELD.findall(rest))
    key = known.get(fields.get("merchant_id", ""))
    if scheme != SCHEME or key is None or fields.get("serial") != serial_of(key):
        raise Unsigned
    timestamp, nonce = fields.get("timestamp", ""), fields.get("nonce", "")
    if not timestamp.isascii() or not timestamp.isdigit():
        raise Unsigned
    if abs(time.time() - int(timestamp)) > TOLERANCE_SECONDS:
        raise Unsigned
    message = b"\n".join([f"{method}\n{target}\n{timestamp}\n{nonce}".encode(), body, b""])
    try:
        key.verify(b64decode(fields.get("signature", ""), validate=True), message)
    except (InvalidSignature, NotBase64) as error:
        raise Unsigned from error
    return str(fields["merchant_id"])
