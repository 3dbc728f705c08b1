"""The signal log as one thing: compacted Parquet, and what still lies in segments.

`parquet/manifest.json` names the Parquet parts that count and the segments that went into them. It
is replaced by rename, and that rename is the one moment at which segments become Parquet: a crash
before it leaves only files that nobody names, a crash after it only segments that are known to be
spent. A signal is counted once by (sheet, slot, kind), whichever process wrote it how often.
"""

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import msgspec
import numpy as np
from django.utils.translation import gettext_lazy as _
from msgspec.structs import replace

from shanhuo.kernel.errors import Refusal
from shanhuo.traffic import moments
from shanhuo.traffic.records import RECORD, RECORD_FIELDS, Records
from shanhuo.traffic.segments import Segments, Torn, sync_folder
from shanhuo.traffic.sheets import LIFE_MS

ATTEMPTS = 20


class LogDamaged(Refusal):
    """Files of the log are missing or not what they were when they were written: what is counted
    from the rest would be too little. `files` are their names."""

    code = "log_damaged"
    status = 503
    message = _("The signal log is damaged, so nothing is counted in it: %(files)s")

    def __init__(self, files: Iterable[str]) -> None:
        self.files = sorted(files)
        super().__init__(files=", ".join(self.files))


class Part(msgspec.Struct, frozen=True):
    """One Parquet file; every signal in it happened in `from_ms <= at_ms <= until_ms`.

    `sha256` of the file as it was written; "" in parts older than this field.
    """

    path: str
    day: str
    rows: int
    from_ms: int
    until_ms: int
    sha256: str = ""


class Manifest(msgspec.Struct, frozen=True):
    """What counts. `spent`: segments that are in the parts, and may still lie about."""

    version: int = 0
    parts: list[Part] = []
    spent: list[str] = []


class SignalLog:
    """The log of one platform, for readers; `compaction` is its only writer."""

    def __init__(self, root: Path) -> None:
        self.segments = Segments(root)
        self.folder = root / "parquet"
        self._manifest_path = self.folder / "manifest.json"

    def manifest(self) -> Manifest:
        """Raises LogDamaged when nobody can say any more which parts count."""
        try:
            return msgspec.json.decode(self._manifest_path.read_bytes(), type=Manifest)
        except FileNotFoundError:
            # The first one is published before the first part is written.
            if self.part_paths() and not self._manifest_path.exists():
                raise LogDamaged([self._manifest_path.name]) from None
            return Manifest()
        except msgspec.DecodeError as error:
            raise LogDamaged([self._manifest_path.name]) from error

    def part_paths(self) -> list[Path]:
        """Every Parquet file that lies about, named by the manifest or not."""
        return sorted(self.folder.glob("day=*/*.parquet"))

    def publish(self, manifest: Manifest) -> None:
        """Replace the manifest, durably and at once."""
        draft = self._manifest_path.with_suffix(".draft")
        with draft.open("wb") as file:
            file.write(msgspec.json.encode(manifest))
            file.flush()
            os.fsync(file.fileno())
        draft.rename(self._manifest_path)
        sync_folder(self.folder)

    def snapshot(self) -> "Snapshot":
        """A manifest and the staged records that belong to exactly that manifest."""
        return self._snapshot_of(self.manifest)

    def what_is_left(self) -> "Snapshot":
        """For those who go on serving when the log is damaged: whatever can still be read of it.
        Nobody publishes what they count in this."""
        return self._snapshot_of(self._sound_manifest)

    def _sound_manifest(self) -> Manifest:
        try:
            manifest = self.manifest()
        except LogDamaged:
            return Manifest()
        return replace(manifest, parts=[part for part in manifest.parts if self.is_sound(part)])

    def _snapshot_of(self, published: Callable[[], Manifest]) -> "Snapshot":
        for _attempt in range(ATTEMPTS):
            manifest = published()
            try:
                snapshot = self._staged(manifest)
            except FileNotFoundError:
                continue
            if published().version == manifest.version:
                return snapshot
        raise RuntimeError("the signal log changed too often while it was read")

    def _staged(self, manifest: Manifest) -> "Snapshot":
        spent = set(manifest.spent)
        parts, offsets, torn = [np.empty(0, RECORD)], {}, []
        for name in self.segments.names():
            records, offsets[name] = self.segments.read(name)
            if name not in spent:
                parts.append(records)
                torn += self.segments.torn(name, offsets[name])
        return Snapshot(manifest, np.concatenate(parts), offsets, torn)

    @contextmanager
    def open(
        self,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        snapshot: "Snapshot | None" = None,
        proved: bool = False,
    ) -> Iterator[duckdb.DuckDBPyConnection]:
        """A DuckDB connection with a view `signals` of all signals with `since <= at < until`.

        Columns as in docs/signals.md; each signal once; the newest ones, not compacted yet, too.
        `proved`: for those who publish what they count. Every file is compared with the digest of
        the day it was written. Raises LogDamaged; without `proved` where a file cannot be read.
        """
        snapshot = snapshot or self.snapshot()
        since_ms = moments.to_ms(since) if since else 0
        until_ms = moments.to_ms(until) if until else 2**62
        if proved and (damaged := self.damaged(snapshot, since_ms, until_ms)):
            raise LogDamaged(damaged)
        try:
            with duckdb.connect() as connection:
                stage(connection, snapshot.records)
                show_parts(connection, self.folder, snapshot.manifest.parts, since_ms, until_ms)
                connection.execute(_VIEW.format(since_ms=since_ms, until_ms=until_ms))
                yield connection
        except duckdb.Error as error:
            # Parts near the edges are read too, for repeats.
            damaged = self.damaged(snapshot, since_ms - LIFE_MS, until_ms + LIFE_MS)
            if damaged:
                raise LogDamaged(damaged) from error
            raise

    def damaged(self, snapshot: "Snapshot", since_ms: int, until_ms: int) -> list[str]:
        """Files with signals of the period that are missing, or not what they were written as."""
        torn = [
            one.name for one in snapshot.torn if one.from_ms < until_ms and one.until_ms >= since_ms
        ]
        parts = touching(snapshot.manifest.parts, since_ms, until_ms)
        return torn + [part.path for part in parts if not self.is_sound(part)]

    def is_sound(self, part: Part) -> bool:
        """Whether the file can be read and has every byte that was written."""
        try:
            with (self.folder / part.path).open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError:
            return False
        return part.sha256 in ("", digest)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The log at one moment. `records`: what is in segments only, repeats included; `offsets`: how
    far each segment was read; `torn`: closed segments that cannot be read to their end."""

    manifest: Manifest
    records: Records
    offsets: dict[str, int]
    torn: list[Torn] = field(default_factory=list)


COLUMNS = ", ".join(f'"{name}"' for name in RECORD_FIELDS)

FRESH = f"""
    SELECT DISTINCT ON (sheet, slot, kind) {COLUMNS} FROM staged
    WHERE NOT EXISTS (
        SELECT 1 FROM near_parts known WHERE known.sheet = staged.sheet
        AND known.slot = staged.slot AND known.kind = staged.kind
    )
    ORDER BY at_ms
"""
"""Staged signals that are in no part yet, each once."""

_VIEW = f"""
    CREATE TEMP VIEW signals AS
    SELECT * FROM (
        SELECT {COLUMNS} FROM parts UNION ALL SELECT {COLUMNS} FROM ({FRESH})
    ) WHERE at_ms >= {{since_ms}} AND at_ms < {{until_ms}}
"""


def stage(connection: duckdb.DuckDBPyConnection, staged: Records) -> None:
    """Make records visible to SQL as `staged`."""
    columns: Any = {name: np.ascontiguousarray(staged[name]) for name in RECORD_FIELDS}
    connection.register("staged_columns", columns)
    connection.execute(f"CREATE TEMP TABLE staged AS SELECT {COLUMNS} FROM staged_columns")


def show_parts(
    connection: duckdb.DuckDBPyConnection,
    folder: Path,
    parts: list[Part],
    since_ms: int = 0,
    until_ms: int = 2**62,
) -> None:
    """Views `parts` (those that touch the period) and `near_parts` (those that may hold repeats of
    what is staged: no repeat is further away in time than a sheet lives)."""
    wanted = touching(parts, since_ms, until_ms)
    (row,) = connection.execute("SELECT min(at_ms), max(at_ms) FROM staged").fetchall()
    first, last = (0, -1) if row[0] is None else (row[0] - LIFE_MS, row[1] + LIFE_MS)
    near = [one for one in parts if one.from_ms <= last and one.until_ms >= first]
    for name, chosen in (("parts", wanted), ("near_parts", near)):
        _view_of(connection, name, [folder / one.path for one in chosen])


def touching(parts: Iterable[Part], since_ms: int, until_ms: int) -> list[Part]:
    """The parts with signals of `since_ms <= at_ms < until_ms`."""
    return [one for one in parts if one.from_ms < until_ms and one.until_ms >= since_ms]


def _view_of(connection: duckdb.DuckDBPyConnection, name: str, paths: list[Path]) -> None:
    source = "(SELECT * FROM staged WHERE false)"
    if paths:
        listed = ", ".join(map(quoted, paths))
        source = f"read_parquet([{listed}])"
    connection.execute(f"CREATE TEMP VIEW {name} AS SELECT {COLUMNS} FROM {source}")


def quoted(path: Path) -> str:
    """A path as an SQL text."""
    return "'" + str(path).replace("'", "''") + "'"
