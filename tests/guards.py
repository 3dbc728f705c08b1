"""The guards of the books and of the audit log, taken away and put back."""

from importlib import import_module
from types import SimpleNamespace

from django.db import connection

from shanhuo.live import guards as live

_KEEPERS = [
    import_module("shanhuo.kernel.migrations.0002_audit_rows_stay"),
    import_module("shanhuo.orders.migrations.0003_books_stay"),
]


def put_up() -> None:
    """As the migrations do."""
    for keeper in _KEEPERS:
        keeper.guard(None, _editor())
    live.put_up(connection)


def take_down() -> None:
    """As their way back does."""
    live.take_down(connection)
    for keeper in reversed(_KEEPERS):
        keeper.unguard(None, _editor())


def _editor() -> SimpleNamespace:
    """What a migration needs of a schema editor; a real one would not work inside a test."""

    def execute(statement: str, params: object = None) -> None:
        with connection.cursor() as cursor:
            cursor.execute(statement)

    return SimpleNamespace(connection=connection, execute=execute)
