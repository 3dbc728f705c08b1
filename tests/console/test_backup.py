import sqlite3
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.db import connection

from shanhuo.console import backup
from shanhuo.kernel import clock


@pytest.fixture
def installation(tmp_path: Path, settings: object, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder with one row and one file in it."""
    monkeypatch.setattr(django_settings, "DATA_DIR", tmp_path)
    path = tmp_path / "shanhuo.sqlite3"
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE plum (name TEXT)")
        database.execute("INSERT INTO plum VALUES ('脆李')")
    monkeypatch.setitem(connection.settings_dict, "NAME", str(path))
    monkeypatch.setattr(connection, "vendor", "sqlite")
    (tmp_path / "media").mkdir()
    (tmp_path / "media" / "a.jpg").write_bytes(b"picture")
    return tmp_path


def empty(installation: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (installation / "shanhuo.sqlite3").unlink()
    (installation / "media" / "a.jpg").unlink()
    monkeypatch.setattr(connection.introspection, "table_names", list)


def test_what_was_backed_up_comes_back(
    installation: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = tmp_path_factory.mktemp("backups") / "today.tar"
    written = backup.write(archive, now=clock.now())
    empty(installation, monkeypatch)

    assert backup.restore(archive) == written
    with sqlite3.connect(installation / "shanhuo.sqlite3") as database:
        assert database.execute("SELECT name FROM plum").fetchall() == [("脆李",)]
    assert (installation / "media" / "a.jpg").read_bytes() == b"picture"
    assert sorted(path.name for path in archive.parent.iterdir()) == ["today.tar"]


def test_nothing_is_restored_over_files_that_are_there(
    installation: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = tmp_path_factory.mktemp("backups") / "today.tar"
    backup.write(archive, now=clock.now())
    monkeypatch.setattr(connection.introspection, "table_names", list)

    with pytest.raises(backup.BackupFailed):
        backup.restore(archive)
    assert (installation / "media" / "a.jpg").read_bytes() == b"picture"


def test_an_archive_is_never_overwritten(installation: Path, tmp_path: Path) -> None:
    archive = tmp_path / "today.tar"
    archive.write_bytes(b"yesterday's")
    with pytest.raises(backup.BackupFailed):
        backup.write(archive, now=clock.now())
    assert archive.read_bytes() == b"yesterday's"
