"""New rows of the deeds that every buyer does: their INSERT is made once per table."""

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.db.models import Field, Model


def insert(rows: Iterable[Model], *, unless_there: bool = False) -> bool:
    """Write rows of one table with one statement, and give them their ids.

    Like `bulk_create`, without the search for signals, parents and batches that makes up most of
    its cost. `unless_there`: a row that a unique constraint forbids is left out silently.
    Returns whether all were written.
    """
    new = list(rows)
    if not new:
        return True
    here = connections[DEFAULT_DB_ALIAS]
    fields = _fields_of(type(new[0]))
    values = [
        field.get_db_prep_save(getattr(row, field.attname), connection=here)
        for row in new
        for field in fields
    ]
    with here.cursor() as cursor:
        cursor.execute(_statement(type(new[0]), len(new), unless_there=unless_there), values)
        keys = cursor.fetchall()
    if len(keys) < len(new):
        return False
    for row, (key,) in zip(new, keys, strict=True):
        row.pk, row._state.adding, row._state.db = key, False, DEFAULT_DB_ALIAS
    return True


@cache
def _fields_of(model: type[Model]) -> Sequence["Field[Any, Any]"]:
    """Every column, but not an id that the database counts up."""
    fields = model._meta.local_concrete_fields
    return [field for field in fields if field is not model._meta.auto_field]


@cache
def _statement(model: type[Model], count: int, *, unless_there: bool) -> str:
    """The same on SQLite and PostgreSQL."""
    quoted, fields = connection.ops.quote_name, _fields_of(model)
    columns = ", ".join(quoted(str(field.column)) for field in fields)
    places = ", ".join(["(" + ", ".join(["%s"] * len(fields)) + ")"] * count)
    conflict = "ON CONFLICT DO NOTHING " if unless_there else ""
    table, key = quoted(model._meta.db_table), quoted(str(model._meta.pk.column))
    return f"INSERT INTO {table} ({columns}) VALUES {places} {conflict}RETURNING {key}"  # noqa: S608
