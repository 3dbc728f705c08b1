"""Questions that every buyer asks: Django makes their SQL once, and only fills it in afterwards.

Building and compiling a queryset costs several times what the database needs to answer it. On the
way of a checkout, which asks thirty questions, that was half of the work of the whole server.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from django.core.exceptions import EmptyResultSet
from django.db import DEFAULT_DB_ALIAS, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Expression, QuerySet
from django.db.models.query import ModelIterable, ValuesListIterable, get_related_populators

from shanhuo.kernel.rows import standing_cursor

P = ParamSpec("P")
Row = TypeVar("Row")


def prepared(question: Callable[P, "QuerySet[Any, Row]"]) -> Callable[P, list[Row]]:
    """Decorate a function of keywords that returns a queryset: calls return its rows as a list.

    The function sees a `Hole` in place of each value: it may compare it with a column, or, where
    the value is a list, ask for columns that are `__in` it. For a prefetch, ask a second question.
    """
    plans: dict[Any, _Plan | None] = {}

    @wraps(question)
    def ask(*nothing: P.args, **values: P.kwargs) -> list[Row]:
        here = connections[DEFAULT_DB_ALIAS]
        given = {name: _padded(value) for name, value in values.items()}
        shape = (here.vendor, *(len(v) for v in given.values() if type(v) is list))
        if shape not in plans:
            holes = {name: Hole(name, value) for name, value in given.items()}
            plans[shape] = _plan(question(*nothing, **holes))  # type: ignore[arg-type]
        plan = plans[shape]
        return plan.rows(given, here) if plan else []

    return ask


@dataclass(frozen=True, slots=True)
class Place:
    """Where in the SQL a value goes: which keyword's, and for a list which of its elements."""

    name: str
    number: int | None = None

    def value(self, given: Mapping[str, Any], here: BaseDatabaseWrapper) -> Any:
        value = given[self.name] if self.number is None else given[self.name][self.number]
        if isinstance(value, datetime):
            return here.ops.adapt_datetimefield_value(value)
        if isinstance(value, date):
            return here.ops.adapt_datefield_value(value)
        if type(value) is int:
            return here.ops.adapt_integerfield_value(value, "BigIntegerField")
        return value


class Hole(Expression):
    """A value that is not known yet. Lookups take it for an expression, and leave it alone."""

    def __init__(self, name: str, example: Any) -> None:
        super().__init__()
        self.name, self.length = name, len(example) if type(example) is list else None

    def as_sql(self, _compiler: Any, _connection: Any) -> tuple[str, Any]:
        if self.length is None:
            return "%s", [Place(self.name)]
        if not self.length:
            raise EmptyResultSet
        places = ", ".join(["%s"] * self.length)
        return f"({places})", [Place(self.name, number) for number in range(self.length)]


def _padded(value: Any) -> Any:
    """Lists grow to the next power of two by repeating an element: fewer shapes, equal answers."""
    if not isinstance(value, list | tuple) or not value:
        return value
    size = 1 << (len(value) - 1).bit_length()
    return [*value, *value[-1:] * (size - len(value))]


def _plan(rows: "QuerySet[Any, Any]") -> "_Plan | None":
    try:
        return _Plan(rows)
    except EmptyResultSet:
        return None


class _Plan:
    """The SQL of a queryset, where its values stand, and how its rows become objects."""

    def __init__(self, rows: "QuerySet[Any, Any]") -> None:
        self.kind = rows._iterable_class
        fetched = rows._prefetch_related_lookups  # type: ignore[attr-defined]
        if self.kind not in (ModelIterable, ValuesListIterable) or fetched:
            raise TypeError("a prepared question has plain rows: models or tuples")
        here = connections[DEFAULT_DB_ALIAS]
        self.compiler = rows.query.get_compiler(connection=here)
        self.sql, self.params = self.compiler.as_sql()
        self.locks = rows.query.select_for_update and here.features.has_select_for_update
        select = self.compiler.select
        self.converters = self.compiler.get_converters([column for column, _, _ in select])
        if self.kind is ModelIterable:
            self._read_columns(self.compiler.klass_info, select)

    def _read_columns(self, info: Any, select: Sequence[Any]) -> None:
        places = info["select_fields"]
        self.columns = slice(places[0], places[-1] + 1)
        self.names = [column.target.attname for column, _, _ in select[self.columns]]
        self.related = get_related_populators(info, select, DEFAULT_DB_ALIAS)  # type: ignore[call-arg]
        self.extras = self.compiler.annotation_col_map or {}
        self.from_db = info["model"].from_db

    def rows(self, given: Mapping[str, Any], here: BaseDatabaseWrapper) -> list[Any]:
        """Ask with these values."""
        if self.locks and here.get_autocommit():
            raise transaction.TransactionManagementError("rows are locked in a transaction")
        params = [p.value(given, here) if type(p) is Place else p for p in self.params]
        with standing_cursor(here) as cursor:
            cursor.execute(self.sql, params)
            found: Any = cursor.fetchall()
        if self.converters:
            found = self.compiler.apply_converters(found, self.converters)
        if self.kind is ValuesListIterable:
            return [tuple(row) for row in found]
        return [self._object(row) for row in found]

    def _object(self, row: Sequence[Any]) -> Any:
        one = self.from_db(DEFAULT_DB_ALIAS, self.names, row[self.columns])
        for populator in self.related:
            populator.populate(row, one)
        for name, place in self.extras.items():
            setattr(one, name, row[place])
        return one
