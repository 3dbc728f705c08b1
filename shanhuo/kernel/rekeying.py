"""Changing the key of encrypted columns while the platform runs.

The values themselves remember how far the work got, since each names its key: whoever starts it
again goes on where it stopped. See docs/operations.md for the whole way from one key to another.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cryptography.exceptions import InvalidTag
from django.apps import apps
from django.conf import settings
from django.db import models, transaction
from django.db.models import QuerySet
from django.db.models.functions import Cast

from shanhuo.kernel import audit
from shanhuo.kernel.encryption import SEPARATOR, EncryptedTextField, decrypt, name_of

BATCH = 500


@dataclass(frozen=True, slots=True)
class Column:
    """An encrypted column of a table."""

    model: type[models.Model]
    field: str

    def __str__(self) -> str:
        return f"{self.model._meta.label}.{self.field}"

    def values(self) -> QuerySet[Any]:
        """Its rows that are not empty, with the value as it stands in the database as `stored`."""
        rows = self.model._base_manager.annotate(stored=Cast(self.field, models.TextField()))
        return rows.exclude(stored=None).exclude(stored="")


@dataclass(frozen=True, slots=True)
class State:
    """How many values are under the first key, under another one of ours, and under none."""

    current: int
    older: int
    unknown: int


@dataclass(frozen=True, slots=True)
class Done:
    """What became of one column: values written anew, and values that no key of ours opens."""

    column: Column
    rewritten: int
    unreadable: int


def columns() -> Iterator[Column]:
    """Every encrypted column of every room."""
    for model in apps.get_models():
        for field in model._meta.concrete_fields:
            if isinstance(field, EncryptedTextField):
                yield Column(model, field.name)


def state() -> State:
    """Looks at names of keys only; opens nothing."""
    current = older = unknown = 0
    first, *others = (f"{name_of(root)}{SEPARATOR}" for root in settings.FIELD_KEYS)
    for column in columns():
        rows = column.values()
        count = rows.filter(stored__startswith=first).count()
        known = sum(rows.filter(stored__startswith=other).count() for other in others)
        # Values of the time before values named their key: which one it was, only opening tells.
        known += rows.exclude(stored__contains=SEPARATOR).count()
        current, older = current + count, older + known
        unknown += rows.count() - count - known
    return State(current, older, unknown)


def rekey(*, now: datetime) -> Iterator[Done]:
    """Write every value anew under the first key, column by column. Safe to repeat."""
    for column in columns():
        done = _rekey_column(column)
        if done.rewritten:
            audit.record(
                verb="keys.rekey",
                subject=f"kernel.FieldKey:{name_of(settings.FIELD_KEYS[0])}",
                detail={"column": str(column), "values": done.rewritten},
                now=now,
            )
        yield done


def _rekey_column(column: Column) -> Done:
    prefix = f"{name_of(settings.FIELD_KEYS[0])}{SEPARATOR}"
    rewritten = unreadable = last = 0
    while True:
        rows = column.values().exclude(stored__startswith=prefix).filter(pk__gt=last)
        batch = list(rows.order_by("pk").values_list("pk", "stored")[:BATCH])
        if not batch:
            return Done(column, rewritten, unreadable)
        with transaction.atomic():
            outcomes = [_rewrite(column, pk, stored) for pk, stored in batch]
        rewritten += outcomes.count(True)
        unreadable += outcomes.count(None)
        last = batch[-1][0]


def _rewrite(column: Column, pk: Any, stored: str) -> bool | None:
    """True: done; False: somebody changed the value meanwhile; None: no key of ours opens it."""
    try:
        text = decrypt(stored)
    except (InvalidTag, ValueError):
        return None
    # Only the value that was read: a person who changes a number at this moment keeps the new one.
    return bool(column.values().filter(pk=pk, stored=stored).update(**{column.field: text}))
