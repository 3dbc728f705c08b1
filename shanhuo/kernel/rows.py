"""Rows of the deeds that every buyer does: written by statements that are made once per table.

Like `bulk_create`, `update` and `delete` of a queryset, without the building of SQL and the search
for signals, parents and batches that make up most of their cost. For rows that nothing listens to.
"""

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Field, Model


def standing_cursor(here: BaseDatabaseWrapper) -> Any:
    """A cursor for statements that come again and again: PostgreSQL plans them only once."""
    ask = getattr(here, "standing_cursor", here.cursor)
    return ask()


def whole_numbers(*values: int) -> list[Any]:
    """As values of a statement of one's own: always of the same width, or it would be planned again
    for larger numbers."""
    adapt = connections[DEFAULT_DB_ALIAS].ops.adapt_integerfield_value
    return [adapt(value, "BigIntegerField") for value in values]


def insert(rows: Iterable[Model], *, unless_there: bool = False) -> bool:
    """Write rows of one table with one statement, and give them their ids.

    `unless_there`: a row that a unique constraint forbids is left out silently.
    Returns whether all were written.
    """
    new = list(rows)
    if not new:
        return True
    here = connections[DEFAULT_DB_ALIAS]
    inserting = _inserting(type(new[0]), len(new), unless_there=unless_there)
    with standing_cursor(here) as cursor:
        cursor.execute(inserting, _values(new, here))
        keys = cursor.fetchall()
    if len(keys) < len(new):
        return False
    for row, (key,) in zip(new, keys, strict=True):
        row.pk, row._state.adding, row._state.db = key, False, DEFAULT_DB_ALIAS
    return True


def put(rows: Iterable[Model], *, unique: Sequence[str]) -> None:
    """Write rows of one table with one statement; one that stands there already, with the same
    values in the columns of a `unique` constraint, is overwritten. Columns by attribute name."""
    new = list(rows)
    if not new:
        return
    here = connections[DEFAULT_DB_ALIAS]
    with standing_cursor(here) as cursor:
        cursor.execute(_putting(type(new[0]), tuple(unique), len(new)), _values(new, here))


def change(rows: Iterable[Model], **values: Any) -> None:
    """Give rows of one table the same new values, there and in memory. Columns by attribute name.

    Whoever changes what others may change too has locked the rows.
    """
    known = list(rows)
    if not known:
        return
    here, model = connections[DEFAULT_DB_ALIAS], type(known[0])
    fields = [model._meta.get_field(name) for name in values]
    new = [
        field.get_db_prep_save(value, connection=here)  # type: ignore[union-attr]
        for field, value in zip(fields, values.values(), strict=True)
    ]
    with standing_cursor(here) as cursor:
        cursor.execute(_changing(model, tuple(values), len(known)), [*new, *_keys(known, here)])
    for row in known:
        for name, value in values.items():
            setattr(row, name, value)


def change_each(rows: Iterable[Model], *names: str) -> None:
    """Write these columns of rows of one table as they are in memory, each row with its own."""
    known = list(rows)
    if not known:
        return
    here, model = connections[DEFAULT_DB_ALIAS], type(known[0])
    fields = [*map(model._meta.get_field, names), model._meta.pk]
    values = [
        [field.get_db_prep_save(getattr(row, field.attname), connection=here) for field in fields]  # type: ignore[union-attr]
        for row in known
    ]
    with standing_cursor(here) as cursor:
        cursor.executemany(_changing(model, names, 1), values)


def remove(rows: Iterable[Model]) -> None:
    """Delete rows of one table to which no other row points."""
    known = list(rows)
    if not known:
        return
    here = connections[DEFAULT_DB_ALIAS]
    with standing_cursor(here) as cursor:
        cursor.execute(_removing(type(known[0]), len(known)), _keys(known, here))


def _values(rows: Sequence[Model], here: BaseDatabaseWrapper) -> list[Any]:
    fields = _fields_of(type(rows[0]))
    return [
        field.get_db_prep_save(getattr(row, field.attname), connection=here)
        for row in rows
        for field in fields
    ]


def _keys(rows: Sequence[Model], here: BaseDatabaseWrapper) -> list[Any]:
    return [row._meta.pk.get_db_prep_save(row.pk, connection=here) for row in rows]


@cache
def _fields_of(model: type[Model]) -> Sequence["Field[Any, Any]"]:
    """Every column, but not an id that the database counts up."""
    fields = model._meta.local_concrete_fields
    return [field for field in fields if field is not model._meta.auto_field]


@cache
def _inserting(model: type[Model], count: int, *, unless_there: bool) -> str:
    """The same on SQLite and PostgreSQL, as are the others."""
    conflict = "ON CONFLICT DO NOTHING " if unless_there else ""
    _, key = _table_and_key(model)
    return f"{_into(model, count)} {conflict}RETURNING {key}"


@cache
def _putting(model: type[Model], unique: Sequence[str], count: int) -> str:
    found = [str(model._meta.get_field(name).column) for name in unique]  # type: ignore[union-attr]
    quoted = connection.ops.quote_name
    others = [quoted(str(field.column)) for field in _fields_of(model) if field.column not in found]
    setting = ", ".join(f"{column} = excluded.{column}" for column in others)
    there = ", ".join(map(quoted, found))
    return f"{_into(model, count)} ON CONFLICT ({there}) DO UPDATE SET {setting}"


def _into(model: type[Model], count: int) -> str:
    fields = _fields_of(model)
    columns = ", ".join(connection.ops.quote_name(str(field.column)) for field in fields)
    places = ", ".join([f"({_places(len(fields))})"] * count)
    table, _ = _table_and_key(model)
    return f"INSERT INTO {table} ({columns}) VALUES {places}"  # noqa: S608


@cache
def _changing(model: type[Model], names: Sequence[str], count: int) -> str:
    columns = [str(model._meta.get_field(name).column) for name in names]  # type: ignore[union-attr]
    setting = ", ".join(f"{connection.ops.quote_name(column)} = %s" for column in columns)
    table, key = _table_and_key(model)
    return f"UPDATE {table} SET {setting} WHERE {key} IN ({_places(count)})"  # noqa: S608


@cache
def _removing(model: type[Model], count: int) -> str:
    table, key = _table_and_key(model)
    return f"DELETE FROM {table} WHERE {key} IN ({_places(count)})"  # noqa: S608


def _places(count: int) -> str:
    return ", ".join(["%s"] * count)


def _table_and_key(model: type[Model]) -> tuple[str, str]:
    quoted = connection.ops.quote_name
    return quoted(model._meta.db_table), quoted(str(model._meta.pk.column))
