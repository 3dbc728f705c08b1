"""A text index beside a table: FTS5 on SQLite, tsvector on PostgreSQL, the same answers."""

from dataclasses import dataclass
from typing import Any

from django.db import connection, migrations
from django.db.models.expressions import RawSQL

from shanhuo.kernel import textsearch

QUERY_TOKENS = 24


@dataclass(frozen=True, slots=True)
class TextIndex:
    """Words by row id. The table is made by `CreateTextIndex` in a migration."""

    table: str

    def put(self, row_id: int, *texts: str) -> None:
        """Let the row be found by the texts, and by nothing else."""
        words = textsearch.tokens_of(*texts)
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                cursor.execute(
                    f"INSERT INTO {self.table} (id, words) VALUES (%s, array_to_tsvector(%s)) "  # noqa: S608
                    "ON CONFLICT (id) DO UPDATE SET words = excluded.words",
                    [row_id, words],
                )
            else:
                cursor.execute(
                    f"INSERT OR REPLACE INTO {self.table} (rowid, words) VALUES (%s, %s)",  # noqa: S608
                    [row_id, " ".join(words)],
                )

    def remove(self, row_id: int) -> None:
        """Let the row be found by nothing."""
        key = "id" if connection.vendor == "postgresql" else "rowid"
        with connection.cursor() as cursor:
            cursor.execute(f"DELETE FROM {self.table} WHERE {key} = %s", [row_id])  # noqa: S608

    def matching(self, query: str) -> RawSQL | list[int]:
        """For `filter(pk__in=…)`: ids of the rows that have every token of the query.

        Never raises, whatever the user typed: tokens hold letters, digits and marks only.
        """
        words = textsearch.query_tokens(query)[:QUERY_TOKENS]
        if not words:
            return []
        if connection.vendor == "postgresql":
            wanted = " & ".join(f"'{word}'" for word in words)
            return RawSQL(f"SELECT id FROM {self.table} WHERE words @@ %s::tsquery", [wanted])  # noqa: S608, S611
        wanted = " AND ".join(f'"{word}"' for word in words)
        return RawSQL(f"SELECT rowid FROM {self.table} WHERE {self.table} MATCH %s", [wanted])  # noqa: S608, S611


class CreateTextIndex(migrations.RunPython):
    """Migration operation: `CreateTextIndex("content_post_text")`."""

    def __init__(self, table: str) -> None:
        def create(apps: Any, schema_editor: Any) -> None:
            for statement in _creation(table, schema_editor.connection.vendor):
                schema_editor.execute(statement)

        def drop(apps: Any, schema_editor: Any) -> None:
            schema_editor.execute(f"DROP TABLE {table}")

        super().__init__(create, drop)


def _creation(table: str, vendor: str) -> list[str]:
    if vendor == "postgresql":
        # array_to_tsvector takes our tokens as they are: no parser of its own, no locale.
        return [
            f"CREATE TABLE {table} (id bigint PRIMARY KEY, words tsvector NOT NULL)",
            f"CREATE INDEX {table}_words ON {table} USING gin (words)",
        ]
    # "ascii" cuts at ASCII punctuation only; everything beyond, rare characters too, is a letter.
    return [f"CREATE VIRTUAL TABLE {table} USING fts5(words, tokenize='ascii', detail='none')"]
