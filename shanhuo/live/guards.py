"""Records of a show that was on air stay until they are let go: no database deletes them before.

`released_at` lets them go; a constraint keeps it behind `keep_until`, which only ever moves later.
These triggers look from one table into another, and SQLite refuses to alter a table that a trigger
of another one reads. So they are not a migration: they are taken down before the tables change and
put up again after.
"""

from typing import Any

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

_OWN = "OLD.session_id"
_OF_ITEM = "(SELECT session_id FROM live_showcaseitem WHERE id = OLD.item_id)"
_OF_MESSAGE = "(SELECT session_id FROM live_message WHERE id = OLD.message_id)"
_OF_BUNDLE = "(SELECT session_id FROM live_bundle WHERE id = OLD.bundle_id)"
_SESSION_OF = {
    "live_session": "OLD.id",
    "live_sessionstep": _OWN,
    "live_check": _OWN,
    "live_cast": _OWN,
    "live_take": _OWN,
    "live_showcaseitem": _OWN,
    "live_couponout": _OWN,
    "live_pin": _OF_ITEM,
    "live_explanation": _OF_ITEM,
    "live_message": _OWN,
    "live_messagereport": _OF_MESSAGE,
    "live_penalty": _OWN,
    "live_question": _OWN,
    "live_roomminute": _OWN,
    "live_bundle": _OWN,
    "live_supplement": _OF_BUNDLE,
    "live_evidenceexport": _OF_BUNDLE,
}
_IS_KEPT = "on_air_at IS NOT NULL AND released_at IS NULL"
_SHORTER = (
    "OLD.keep_until IS NOT NULL AND (NEW.keep_until IS NULL OR NEW.keep_until < OLD.keep_until)"
)
_POSTGRESQL = f"""
    CREATE OR REPLACE FUNCTION records_of_a_show_stay() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE the_session bigint;
    BEGIN
        EXECUTE 'SELECT ' || replace(TG_ARGV[0], 'OLD.', '($1).') INTO the_session USING OLD;
        IF EXISTS (SELECT 1 FROM live_session WHERE id = the_session AND {_IS_KEPT}) THEN
            RAISE EXCEPTION '% is kept until the session is let go', TG_TABLE_NAME
            USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        RETURN OLD;
    END $$
"""  # noqa: S608


def before_tables_change(using: str, plan: list[Any], **_: Any) -> None:
    """Receiver of `pre_migrate`."""
    if plan:
        take_down(connections[using])


def after_tables_changed(using: str, plan: list[Any] | None = None, **_: Any) -> None:
    """Receiver of `post_migrate`. Emptying a test database sends it too, without a plan."""
    if plan:
        put_up(connections[using])


def put_up(connection: BaseDatabaseWrapper) -> None:
    """Guard every table that there is already."""
    there = set(connection.introspection.table_names())
    make = _sqlite if connection.vendor == "sqlite" else _postgresql
    with connection.cursor() as cursor:
        for statement in make({t: s for t, s in _SESSION_OF.items() if t in there}):
            cursor.execute(statement, None)


def take_down(connection: BaseDatabaseWrapper) -> None:
    """Leave no guard; harmless where there is none."""
    names = [(table, f"{table}_keeps_rows") for table in _SESSION_OF]
    with connection.cursor() as cursor:
        for table, name in [*names, ("live_session", "live_session_keeps_time")]:
            on_table = "" if connection.vendor == "sqlite" else f" ON {table}"
            cursor.execute(f"DROP TRIGGER IF EXISTS {name}{on_table}")


def _sqlite(tables: dict[str, str]) -> list[str]:
    made = [
        f"CREATE TRIGGER {table}_keeps_rows BEFORE DELETE ON {table} "  # noqa: S608
        f"WHEN EXISTS (SELECT 1 FROM live_session WHERE id = {session} AND {_IS_KEPT}) "
        f"BEGIN SELECT RAISE(ABORT, '{table} is kept until the session is let go'); END"
        for table, session in tables.items()
    ]
    if "live_session" in tables:
        made.append(
            "CREATE TRIGGER live_session_keeps_time BEFORE UPDATE OF keep_until ON live_session "
            f"WHEN {_SHORTER} "
            "BEGIN SELECT RAISE(ABORT, 'keep_until of a session only moves later'); END"
        )
    return made


def _postgresql(tables: dict[str, str]) -> list[str]:
    made = [_POSTGRESQL]
    made += [
        f"CREATE TRIGGER {table}_keeps_rows BEFORE DELETE ON {table} FOR EACH ROW "
        f"EXECUTE FUNCTION records_of_a_show_stay('{session}')"
        for table, session in tables.items()
    ]
    if "live_session" in tables:
        made.append(
            "CREATE TRIGGER live_session_keeps_time BEFORE UPDATE OF keep_until ON live_session "
            f"FOR EACH ROW WHEN ({_SHORTER}) EXECUTE FUNCTION only_added_to()"
        )
    return made
