"""One archive with everything but the keys: database, public and private files, signals.

The database is copied first, as one consistent moment; files are only ever added, so whatever the
database names is in the archive. Keys stay out: whoever holds an archive alone reads no household.
"""

import json
import os
import shutil
import sqlite3
import subprocess
import tarfile
import tempfile
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection

from shanhuo import __version__
from shanhuo.kernel.errors import Refusal

FOLDERS = ("media", "private", "signals")
_MANIFEST, _DATABASE = "manifest.json", "database"


class BackupFailed(Refusal):
    code = "backup_failed"
    message = "%(reason)s"


@dataclass(frozen=True, slots=True)
class Manifest:
    """What an archive holds, read before anything is restored from it."""

    version: str
    engine: str
    made_at: str


def write(archive: Path, *, now: datetime) -> Manifest:
    """Write `archive` (.tar). Raises BackupFailed, and then leaves no archive behind."""
    if archive.exists():
        raise BackupFailed(reason=f"{archive} exists already; choose another name.")
    manifest = Manifest(__version__, connection.vendor, now.isoformat())
    unfinished = archive.with_suffix(".part")
    with tempfile.TemporaryDirectory(dir=archive.parent) as folder:
        dump = Path(folder) / _DATABASE
        _dump_database(dump)
        (Path(folder) / _MANIFEST).write_text(json.dumps(asdict(manifest)))
        with tarfile.open(unfinished, "w") as tar:
            tar.add(Path(folder) / _MANIFEST, _MANIFEST)
            tar.add(dump, _DATABASE)
            for name in FOLDERS:
                if (settings.DATA_DIR / name).exists():
                    tar.add(settings.DATA_DIR / name, name)
    unfinished.rename(archive)
    return manifest


def restore(archive: Path) -> Manifest:
    """Fill an empty installation from `archive`. BackupFailed: nothing was touched."""
    _require_empty()
    with tarfile.open(archive) as tar, tempfile.TemporaryDirectory() as folder:
        tar.extractall(folder, filter="data")
        manifest = Manifest(**json.loads((Path(folder) / _MANIFEST).read_text()))
        if manifest.engine != connection.vendor:
            raise BackupFailed(
                reason=f"The archive is of {manifest.engine}; we run {connection.vendor}."
            )
        settings.DATA_DIR.mkdir(parents=True, exist_ok=True)
        _load_database(Path(folder) / _DATABASE)
        for name in FOLDERS:
            if (Path(folder) / name).exists():
                shutil.copytree(Path(folder) / name, settings.DATA_DIR / name, dirs_exist_ok=True)
    return manifest


def _require_empty() -> None:
    if connection.introspection.table_names():
        raise BackupFailed(
            reason="The database is not empty; restore into a new one, so that nothing is lost."
        )
    if any(_has_files(settings.DATA_DIR / name) for name in FOLDERS):
        raise BackupFailed(reason=f"{settings.DATA_DIR} holds files; restore into an empty folder.")


def _has_files(folder: Path) -> bool:
    return any(path.is_file() for path in folder.rglob("*"))


def _dump_database(target: Path) -> None:
    if connection.vendor == "sqlite":
        with (
            closing(sqlite3.connect(_sqlite_path())) as source,
            closing(sqlite3.connect(target)) as copy,
        ):
            source.backup(copy)
        return
    _run_postgres_tool("pg_dump", "--format=custom", f"--file={target}")


def _load_database(dump: Path) -> None:
    if connection.vendor == "sqlite":
        connection.close()
        shutil.copyfile(dump, _sqlite_path())
        return
    _run_postgres_tool(
        "pg_restore", "--no-owner", "--exit-on-error", "--dbname", _name(), str(dump)
    )


def _sqlite_path() -> Path:
    return Path(connection.settings_dict["NAME"])


def _name() -> str:
    return str(connection.settings_dict["NAME"])


def _run_postgres_tool(name: str, *arguments: str) -> None:
    program = shutil.which(name)
    if program is None:
        raise BackupFailed(
            reason=f"{name} is not on this machine; install PostgreSQL's client tools."
        )
    given: dict[str, Any] = connection.settings_dict
    environment = {
        "PGHOST": given["HOST"],
        "PGPORT": str(given["PORT"]),
        "PGUSER": given["USER"],
        "PGPASSWORD": given["PASSWORD"],
        "PGDATABASE": _name(),
    }
    asked = {name: value for name, value in environment.items() if value}
    done = subprocess.run(  # noqa: S603 - a tool of PostgreSQL and our own arguments
        [program, *arguments],
        env={**os.environ, **asked},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise BackupFailed(reason=f"{name} failed: {done.stderr.strip()[-300:]}")
