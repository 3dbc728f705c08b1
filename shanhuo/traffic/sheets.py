"""The exposure sheet: one sealed token for all slots of one answer.

It says what was really shown, to whom, from which source, under which policy, at which price and
with which chance. The client hands it back with its signals and cannot read, alter or lend it. A
signal without one is not believed; so views and likes cannot be made by calling an address.

Token: `base64url(issued_at ‖ random ‖ AES-256-GCM(head ‖ slots))`. Sealing rather than signing
hides primary keys and prices from whoever collects tokens, and costs less than a separate MAC
(0.6 µs).
"""

import os
import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from dataclasses import dataclass
from functools import cache

import numpy as np
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from shanhuo.kernel import tokens
from shanhuo.traffic.kinds import ObjectKind, Source, Surface
from shanhuo.traffic.records import SLOT, Records

LIFE_MS = 2 * 60 * 60 * 1000
"""How long after the answer its signals are still believed. Long enough for a phone that lost the
network in a valley; short enough that single use can be remembered."""

CHARGED_MS = 30 * 60 * 1000
"""How long after the answer an exposure is still charged to its grant; a later one is believed, and
free. Until then nobody else can give it out: what is not seen of a small contract would hold up the
rest of it for the whole life of the sheet."""

MOST_SLOTS = 48
NONCE_BYTES = 12
_NONCE = struct.Struct("<IQ")
_HEAD = struct.Struct("<BBBBQ")
_VERSION = 1
_LONGEST_TOKEN = (NONCE_BYTES + _HEAD.size + MOST_SLOTS * SLOT.itemsize + 16 + 3) * 4 // 3 + 4


@dataclass(frozen=True, slots=True)
class Slot:
    """One thing shown. `propensity` is the chance (0–1] that this policy shows it in this slot to
    this viewer; `price` is what grants added to its score, or floors (see
    `feed.is_weighed`); `grant` 0 means none."""

    object_kind: ObjectKind
    object: int
    county: int
    source: Source
    policy: int = 0
    price: float = 0.0
    propensity: float = 1.0
    grant: int = 0


@dataclass(frozen=True, slots=True)
class Sheet:
    """An opened sheet. `slots` is an array of SLOT."""

    id: int
    issued_ms: int
    viewer: int
    surface: int
    flags: int
    slots: Records


class NotASheet(ValueError):
    """The token was not made by this platform, or was altered."""


@cache
def _sealer() -> AESGCM:
    return AESGCM(tokens.key_for("exposure-sheet"))


def seal_packed(
    slots: bytes, count: int, *, viewer: int, surface: int, flags: int, now_ms: int
) -> tuple[int, str]:
    """(sheet id, token) for `count` slots that are already packed as SLOT."""
    nonce = (now_ms // 1000).to_bytes(4, "little") + os.urandom(8)
    head = _HEAD.pack(_VERSION, surface, flags, count, viewer)
    sealed = _sealer().encrypt(nonce, head + slots, None)
    token = urlsafe_b64encode(nonce + sealed).rstrip(b"=").decode()
    return int.from_bytes(nonce[4:], "little"), token


def seal(
    slots: list[Slot], *, viewer: int, surface: Surface, flags: int = 0, now_ms: int
) -> tuple[int, str]:
    """(sheet id, token) for any page that shows things: search, a county page, a product page.

    Raises ValueError for more than MOST_SLOTS slots.
    """
    if len(slots) > MOST_SLOTS:
        raise ValueError(f"a sheet has at most {MOST_SLOTS} slots")
    packed = np.zeros(len(slots), SLOT)
    for row, slot in zip(packed, slots, strict=True):
        for name in SLOT.names or ():
            row[name] = getattr(slot, name)
    return seal_packed(
        packed.tobytes(), len(slots), viewer=viewer, surface=surface, flags=flags, now_ms=now_ms
    )


def unseal_own(token: str, slot: str | int, *, viewer: int) -> tuple[Sheet, int]:
    """A slot of a sheet of this viewer: it tells what somebody was shown, so only they may use it.

    slot: a number, or one as a form sends it. Raises NotASheet.
    """
    sheet, typed = unseal(token), str(slot)
    number = int(typed) if typed.isascii() and typed.isdigit() and len(typed) <= 3 else -1
    if sheet.viewer != viewer or not 0 <= number < len(sheet.slots):
        raise NotASheet
    return sheet, number


def unseal(token: str) -> Sheet:
    """The sheet. Raises NotASheet; says nothing about age or viewer."""
    if len(token) > _LONGEST_TOKEN:
        raise NotASheet
    try:
        raw = urlsafe_b64decode(token + "=" * (-len(token) % 4))
        body = _sealer().decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], None)
        issued_s, sheet_id = _NONCE.unpack_from(raw)
        version, surface, flags, count, viewer = _HEAD.unpack_from(body)
    except (NotBase64, InvalidTag, ValueError, struct.error) as error:
        raise NotASheet from error
    if version != _VERSION:
        raise NotASheet
    slots = np.frombuffer(body, SLOT, count, _HEAD.size)
    return Sheet(sheet_id, issued_s * 1000, viewer, surface, flags, slots)
