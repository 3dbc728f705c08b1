"""Ids that may be shown: random, so that nobody can count or guess; short, so that one can read
them over the telephone (Crockford's base 32 has no i, l, o, u)."""

import re
import secrets
import unicodedata
from typing import Any

from django.db import models

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
LENGTH = 16
_MISREAD = str.maketrans("oil", "011")


def new_public_id() -> str:
    """16 characters, 80 random bits."""
    bits = secrets.randbits(5 * LENGTH)
    return "".join(ALPHABET[(bits >> shift) & 31] for shift in range(0, 5 * LENGTH, 5))


def as_typed(text: str) -> str:
    """What somebody typed from a label, as an id: in any case, with dashes, o for 0, i or l for 1.

    "4GQ1-ZV0O…" -> "4gq1zv00…". Whether such an id exists is another question.
    """
    plain = re.sub(r"[\s\-]", "", unicodedata.normalize("NFKC", text)).lower()
    return plain.translate(_MISREAD)


class PublicIdField(models.CharField):  # type: ignore[type-arg]
    """The only id that appears in addresses, exports and the API."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("default", new_public_id)
        super().__init__(**{**kwargs, "max_length": LENGTH, "unique": True, "editable": False})
