"""Loaded by pytest before Django's settings: a test run sees none of this machine's platforms.

Every process of a run gets a data directory of its own, in memory where the machine has such a
place, and loses it at the end.
"""

import atexit
import os
import shutil
import socket
import tempfile
from pathlib import Path

_MEMORY = Path("/dev/shm")  # noqa: S108 - a fresh private folder is made inside


def _forget_the_machine() -> None:
    for name in [name for name in os.environ if name.startswith(("SHANHUO_", "DJANGO_"))]:
        del os.environ[name]
    parent = _MEMORY if os.access(_MEMORY, os.W_OK) else None
    data_dir = tempfile.mkdtemp(prefix="shanhuo-test-", dir=parent)
    os.environ["SHANHUO_DATA_DIR"] = data_dir
    os.environ["SHANHUO_DEMOPAY_URL"] = f"http://127.0.0.1:{_free_port()}"
    atexit.register(shutil.rmtree, data_dir, ignore_errors=True)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


_forget_the_machine()
