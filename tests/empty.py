"""The database of an empty platform, made once and copied: to migrate takes seconds, to copy none.

It is kept in pytest's cache folder for all processes and later runs, until something that makes
tables has changed.
"""

import fcntl
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import closing
from hashlib import sha256
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
_DATABASE = "shanhuo.sqlite3"
_KEPT_IN = ROOT / ".pytest_cache" / "empty"
# The migrations, what they call, and the packages that bring tables of their own.
_MAKERS = (
    "shanhuo/*/migrations/*.py",
    "shanhuo/*/guards.py",
    "shanhuo/kernel/*.py",
    "constraints.txt",
)


def move_in(data_dir: Path, database: str = _DATABASE) -> None:
    """Give the platform of `data_dir` its tables, where it has none yet."""
    if not (data_dir / database).exists():
        shutil.copyfile(_kept(), data_dir / database)


def _kept() -> Path:
    """Made by the first who asks; others wait for it."""
    _KEPT_IN.mkdir(parents=True, exist_ok=True)
    kept = _KEPT_IN / f"{_digest()}.sqlite3"
    with (_KEPT_IN / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not kept.exists():
            for former in _KEPT_IN.glob("*.sqlite3"):
                former.unlink()
            _migrate(kept)
    return kept


def _digest() -> str:
    files = sorted(file for pattern in _MAKERS for file in ROOT.glob(pattern))
    return sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:16]


def _migrate(target: Path) -> None:
    """As a new platform does it; `target` appears when it is whole."""
    with tempfile.TemporaryDirectory(dir=_KEPT_IN) as folder:
        environment = {**os.environ, "SHANHUO_DATA_DIR": folder, "SHANHUO_DEBUG": "1"}
        command = [sys.executable, "-m", "shanhuo", "migrate", "-v0"]
        subprocess.run(command, check=True, env=environment, cwd=ROOT)
        whole = Path(folder) / "whole"
        with closing(sqlite3.connect(Path(folder) / _DATABASE)) as made:
            made.execute("VACUUM INTO ?", [str(whole)])
        whole.rename(target)
