"""Closed segments become Parquet: sorted by (county, kind, time), one folder per Shanghai day."""

import fcntl
import hashlib
import logging
import os
import secrets
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb
import numpy as np
from msgspec.structs import replace

from shanhuo.kernel import clock
from shanhuo.traffic import moments
from shanhuo.traffic.log import (
    COLUMNS,
    FRESH,
    LogDamaged,
    Manifest,
    Part,
    SignalLog,
    quoted,
    show_parts,
    stage,
)
from shanhuo.traffic.records import RECORD, Records
from shanhuo.traffic.segments import sync_folder

_log = logging.getLogger(__name__)

MOST_PARTS_A_DAY = 48
GRACE_S = 60
"""How long a spent segment stays, for those who follow the log and are a little behind."""

MOST_RECORDS = 4_000_000
"""Per run: 240 MB of records in memory. What is left waits for the next run."""


@dataclass(frozen=True, slots=True)
class Compacted:
    """What one run did: signals published, and repeats dropped."""

    signals: int
    repeats: int


def compact(log: SignalLog) -> Compacted:
    """Publish everything that lies in closed segments. Safe to kill at any point, and to run twice.

    Does nothing while another process compacts.
    """
    with _alone(log) as mine:
        if not mine:
            return Compacted(0, 0)
        log.segments.close_abandoned()
        manifest = _tidy(log)
        names, staged = _take(log, spent=set(manifest.spent))
        if not names:
            return Compacted(0, 0)
        if not manifest.version:
            # From now on there is one: parts without a manifest mean that it was lost.
            log.publish(manifest)
        parts = _write_parts(log, manifest, staged)
        kept = _merge_crowded_days(log, [*manifest.parts, *parts])
        log.publish(Manifest(manifest.version + 1, kept, [*manifest.spent, *names]))
        published = sum(part.rows for part in parts)
        return Compacted(published, len(staged) - published)


@contextmanager
def _alone(log: SignalLog) -> Iterator[bool]:
    log.folder.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(log.folder / "lock", os.O_CREAT | os.O_RDWR, 0o640)
    try:
        yield _locked(descriptor)
    finally:
        os.close(descriptor)


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _tidy(log: SignalLog) -> Manifest:
    """Remove what runs leave: segments spent for a while, and Parquet files that nobody names."""
    manifest = _manifest(log)
    named = {part.path for part in manifest.parts}
    for path in log.folder.glob("day=*/*.parquet*"):
        if str(path.relative_to(log.folder)) not in named:
            path.unlink()
    return replace(manifest, spent=[one for one in manifest.spent if _keep(log, one)])


def _manifest(log: SignalLog) -> Manifest:
    """What counts. A manifest that was lost is made anew from all files there are, each signal
    once: what a killed run left holds nothing that is not a signal."""
    try:
        return log.manifest()
    except LogDamaged:
        _log.error("the manifest of the signal log is lost: made anew from the files")
    days: dict[str, list[Path]] = defaultdict(list)
    for path in log.part_paths():
        days[path.parent.name.removeprefix("day=")].append(path)
    log.publish(Manifest(1, [_gathered(log, day, paths) for day, paths in days.items()]))
    return log.manifest()


def _gathered(log: SignalLog, day: str, paths: list[Path]) -> Part:
    listed = ", ".join(map(quoted, paths))
    with duckdb.connect() as connection:
        connection.execute(
            f"CREATE TEMP TABLE gathered AS SELECT DISTINCT ON (sheet, slot, kind) {COLUMNS}"
            f" FROM read_parquet([{listed}]) ORDER BY at_ms"
        )
        return _write(connection, log, date.fromisoformat(day), "gathered")


def _keep(log: SignalLog, name: str) -> bool:
    """Whether a spent segment stays: followers of the log may not have read its end yet."""
    path = log.segments.closed / name
    try:
        age_s = time.time() - path.stat().st_ctime
    except FileNotFoundError:
        return False
    if age_s < GRACE_S:
        return True
    path.unlink()
    return False


def _take(log: SignalLog, *, spent: set[str]) -> tuple[list[str], Records]:
    """The oldest closed segments, up to MOST_RECORDS, and their records."""
    names: list[str] = []
    parts = [np.empty(0, RECORD)]
    for name in log.segments.closed_names():
        if name in spent:
            continue
        if sum(map(len, parts)) >= MOST_RECORDS:
            break
        records, end = log.segments.read(name)
        if log.segments.torn(name, end):
            # It stays, so that nobody takes what is left of it for all there was.
            _log.error("segment damaged, not compacted: %s", name)
            continue
        parts.append(records)
        names.append(name)
    return names, np.concatenate(parts)


def _write_parts(log: SignalLog, manifest: Manifest, staged: Records) -> list[Part]:
    with duckdb.connect() as connection:
        stage(connection, staged)
        show_parts(connection, log.folder, manifest.parts)
        connection.execute(f"CREATE TEMP TABLE fresh AS {FRESH}")
        return [_write(connection, log, day, "fresh") for day in _days(connection)]


def _days(connection: duckdb.DuckDBPyConnection) -> list[date]:
    """The Shanghai days on which something in `fresh` happened."""
    hours = connection.execute("SELECT DISTINCT at_ms // 3600000 FROM fresh").fetchall()
    return sorted({clock.day_of(moments.from_ms(hour * 3_600_000)) for (hour,) in hours})


def _write(connection: duckdb.DuckDBPyConnection, log: SignalLog, day: date, table: str) -> Part:
    """One sorted, durable Parquet file with the rows of `table` that fall on `day`."""
    start, end = (moments.to_ms(edge) for edge in clock.day_bounds(day))
    path = log.folder / f"day={day}" / f"{secrets.token_hex(8)}.parquet"
    path.parent.mkdir(exist_ok=True)
    rows = f"FROM {table} WHERE at_ms >= {start} AND at_ms < {end}"
    connection.execute(
        f"COPY (SELECT * {rows} ORDER BY county, kind, at_ms) TO {quoted(path)}"
        " (FORMAT parquet, COMPRESSION zstd)"
    )
    _sync(path)
    edges = connection.execute(f"SELECT count(*), min(at_ms), max(at_ms) {rows}").fetchall()
    ((count, first_ms, last_ms),) = edges
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return Part(str(path.relative_to(log.folder)), str(day), count, first_ms, last_ms, digest)


def _sync(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())
    sync_folder(path.parent)
    sync_folder(path.parent.parent)


def _merge_crowded_days(log: SignalLog, parts: list[Part]) -> list[Part]:
    """Rewrite a day of many small parts as one; the parts to be named from now on.

    A damaged part is left as it is: merged, it would look whole.
    """
    by_day: dict[str, list[Part]] = defaultdict(list)
    for part in parts:
        by_day[part.day].append(part)
    merged = [
        [_merge(log, day, some)]
        if len(some) > MOST_PARTS_A_DAY and all(map(log.is_sound, some))
        else some
        for day, some in by_day.items()
    ]
    return [part for some in merged for part in some]


def _merge(log: SignalLog, day: str, parts: list[Part]) -> Part:
    listed = ", ".join(quoted(log.folder / part.path) for part in parts)
    with duckdb.connect() as connection:
        connection.execute(f"CREATE TEMP VIEW together AS SELECT * FROM read_parquet([{listed}])")
        return _write(connection, log, date.fromisoformat(day), "together")
