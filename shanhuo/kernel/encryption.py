"""Personal data at rest: AES-256-GCM in the column, a keyed hash where a row must be found.

Several field keys may stand in the settings: the first encrypts, all decrypt, and each value names
its key. Hashes have a key of their own, which stays: a hash cannot be computed anew from a hash.
"""

import os
from base64 import b64decode, b64encode
from collections.abc import Iterable
from functools import cache
from hashlib import blake2b
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.db import models

NONCE_BYTES = 12
SEPARATOR = "."


@cache
def _key(root: str, purpose: str) -> bytes:
    secret = blake2b(root.encode()).digest()
    return blake2b(purpose.encode(), key=secret, digest_size=32).digest()


@cache
def name_of(root: str) -> str:
    """Eight hex digits by which a value names its key; they tell nothing about it."""
    return _key(root, "name").hex()[:8]


def keyed_hash(purpose: str, text: str) -> str:
    """32 hex digits; equal texts of one purpose give equal hashes, nothing can be read back."""
    key = _key(settings.HASH_KEY, f"hash:{purpose}")
    return blake2b(text.encode(), key=key, digest_size=16).hexdigest()


def encrypt(text: str) -> str:
    """Name of the first key, a dot, base64 of nonce ‖ ciphertext ‖ tag; a new nonce each time."""
    root = settings.FIELD_KEYS[0]
    nonce = os.urandom(NONCE_BYTES)
    sealed = nonce + AESGCM(_key(root, "field")).encrypt(nonce, text.encode(), None)
    return f"{name_of(root)}{SEPARATOR}{b64encode(sealed).decode()}"


def decrypt(stored: str) -> str:
    """The text. Raises InvalidTag if the column was altered or none of our keys wrote it."""
    name, _, sealed = stored.rpartition(SEPARATOR)
    raw = b64decode(sealed)
    for root in _roots_named(name):
        try:
            cipher = AESGCM(_key(root, "field"))
            return cipher.decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], None).decode()
        except InvalidTag:
            continue
    raise InvalidTag


def _roots_named(name: str) -> Iterable[str]:
    """The key of that name; every key for a value of the time before values named theirs."""
    return [root for root in settings.FIELD_KEYS if not name or name == name_of(root)]


class EncryptedTextField(models.TextField):  # type: ignore[type-arg]
    """Text that the database never sees. Cannot be searched: keep a `keyed_hash` beside it."""

    def from_db_value(self, value: str | None, *_context: Any) -> str | None:
        return decrypt(value) if value else value

    def get_prep_value(self, value: Any) -> Any:
        text = super().get_prep_value(value)
        return encrypt(text) if text else text
