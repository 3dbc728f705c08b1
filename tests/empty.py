"""The database of an empty platform, kept as a file: to migrate takes seconds, to copy does not."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from django.db import connection

_KEPT_IN = Path(os.environ["SHANHUO_DATA_DIR"]) / "empty"
_DATABASE = "shanhuo.sqlite3"


def keep() -> None:
    """Keep the test database as the migrations have just left it."""
    _KEPT_IN.mkdir(exist_ok=True)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM INTO %s", [str(_KEPT_IN / _DATABASE)])


def move_in(data_dir: Path) -> None:
    """Give the platform of `data_dir` its tables, where it has none yet."""
    if (data_dir / _DATABASE).exists():
        return
    if not (_KEPT_IN / _DATABASE).exists():
        _migrate()
    shutil.copyfile(_KEPT_IN / _DATABASE, data_dir / _DATABASE)


def _migrate() -> None:
    """What `keep` would have kept, in a run without any test of the database."""
    command = [sys.executable, "-m", "shanhuo", "migrate", "-v0"]
    environment = {**os.environ, "SHANHUO_DATA_DIR": str(_KEPT_IN), "SHANHUO_DEBUG": "1"}
    subprocess.run(command, check=True, env=environment)
