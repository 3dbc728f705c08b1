"""Personal data at rest: AES-256-GCM in the column, a keyed hash where a row must be found."""

import os
from base64 import b64decode, b64encode
from functools import cache
from hashlib import blake2b
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.db import models

NONCE_BYTES = 12


@cache
def _key(purpose: str) -> bytes:
    root = blake2b(settings.FIELD_KEY.encode()).digest()
    return blake2b(purpose.encode(), key=root, digest_size=32).digest()


def keyed_hash(purpose: str, text: str) -> str:
    """32 hex digits; equal texts of one purpose give equal hashes, nothing can be read back."""
    return blake2b(text.encode(), key=_key(f"hash:{purpose}"), digest_size=16).hexdigest()


def encrypt(text: str) -> str:
    """Base64 of nonce ‖ ciphertext ‖ tag; a new nonce each time."""
    nonce = os.urandom(NONCE_BYTES)
    return b64encode(nonce + AESGCM(_key("field")).encrypt(nonce, text.encode(), None)).decode()


def decrypt(stored: str) -> str:
    """The text. Raises cryptography.exceptions.InvalidTag if the column was altered."""
    raw = b64decode(stored)
    return AESGCM(_key("field")).decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], None).decode()


class EncryptedTextField(models.TextField):  # type: ignore[type-arg]
    """Text that the database never sees. Cannot be searched: keep a `keyed_hash` beside it."""

    def from_db_value(self, value: str | None, *_context: Any) -> str | None:
        return decrypt(value) if value else value

    def get_prep_value(self, value: Any) -> Any:
        text = super().get_prep_value(value)
        return encrypt(text) if text else text
