"""Django's backend with a cheap question after the connection's health, and standing statements."""

import select
from typing import Any

import psycopg
from django.db.backends.postgresql import base, operations

MOST_STANDING = 500
"""Statements that a connection remembers; the house has far fewer."""


class StandingCursor(psycopg.Cursor[Any]):
    """The server parses and plans a statement once per connection; afterwards it is filled in."""

    def execute(self, query: Any, params: Any = None, **options: Any) -> Any:
        return super().execute(query, params, **{**options, "prepare": True})


class DatabaseOperations(operations.DatabaseOperations):
    """A standing statement is shown without its values, which were never part of it."""

    def last_executed_query(self, cursor: Any, sql: Any, params: Any) -> Any:
        return super().last_executed_query(cursor, sql, params) or sql


class DatabaseWrapper(base.DatabaseWrapper):
    """Everything as in Django, but for what stands here."""

    ops_class = DatabaseOperations

    def get_connection_params(self) -> dict[str, Any]:
        """Django forbids standing statements; its own cursors make none in any case."""
        return {**super().get_connection_params(), "prepare_threshold": 0}

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        connection = super().get_new_connection(conn_params)
        connection.prepared_max = MOST_STANDING
        return connection

    def is_usable(self) -> bool:
        """A server that ended an idle connection left something to read: that it did.

        Only then the connection is tried by a question.
        """
        if self.connection is None:
            return False
        waiting = select.poll()
        waiting.register(self.connection.fileno(), select.POLLIN)
        return not waiting.poll(0) or super().is_usable()

    def standing_cursor(self) -> Any:
        """For statements of a fixed text with values of fixed types.

        Django's other statements are sent whole: some mean something else to PostgreSQL when their
        values come apart from them.
        """
        self.close_if_health_check_failed()
        self.ensure_connection()
        with self.wrap_database_errors:
            return self._prepare_cursor(StandingCursor(self.connection))  # type: ignore[attr-defined]
