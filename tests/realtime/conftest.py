"""A real door: granian with the whole house behind it, on an empty platform of its own."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests import empty
from tests.ports import free_port

ROOT = Path(__file__).resolve().parents[2]
MEDIA_KEY = "k7"


@dataclass(frozen=True, slots=True)
class Said:
    """An answer as it came over the line."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> str:
        return next((value for key, value in self.headers if key == name), "")

    @property
    def code(self) -> str:
        return str(json.loads(self.body)["code"])


@dataclass(slots=True)
class Door:
    """Speaks bytes: what no ordinary client would send can be sent here."""

    port: int
    data_dir: Path
    pid: int
    cookies: dict[str, str] = field(default_factory=dict)

    def send(self, raw: bytes, *, timeout_s: float = 15) -> Said:
        """One request, one answer, on a line of its own."""
        with socket.create_connection(("127.0.0.1", self.port), timeout_s) as line:
            line.sendall(raw)
            return read_answer(line, head=raw.startswith(b"HEAD"))

    def ask(self, method: str, path: str, body: bytes = b"", **headers: str) -> Said:
        """A well-formed request; header names are written with underscores."""
        lines = [f"{method} {path} HTTP/1.1", "Host: localhost"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        if body or method == "POST":
            lines.append(f"Content-Length: {len(body)}")
        return self.send("\r\n".join(lines).encode() + b"\r\n\r\n" + body)


def read_answer(line: socket.socket, *, head: bool = False) -> Said:
    data = b""
    while b"\r\n\r\n" not in data:
        piece = line.recv(65_536)
        if not piece:
            return Said(0, [], data)
        data += piece
    top, _, body = data.partition(b"\r\n\r\n")
    status_line, *rest = top.decode("latin-1").split("\r\n")
    headers = [(name.lower(), value.strip()) for name, _, value in (x.partition(":") for x in rest)]
    length = next((int(value) for name, value in headers if name == "content-length"), None)
    chunked = ("transfer-encoding", "chunked") in headers
    while not head and (len(body) < (length or 0) or (chunked and not body.endswith(b"0\r\n\r\n"))):
        piece = line.recv(65_536)
        if not piece:
            break
        body += piece
    return Said(int(status_line.split()[1]), headers, body)


@pytest.fixture(scope="session")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    folder = tmp_path_factory.mktemp("door")
    with opened_door(folder) as running:
        yield running


class opened_door:  # noqa: N801  used like a function
    """Move an empty platform into `folder` and open its door."""

    def __init__(self, folder: Path, **more: str) -> None:
        self.folder = folder
        self.environment = {
            **os.environ,
            "SHANHUO_DATA_DIR": str(folder),
            "SHANHUO_DEBUG": "1",
            "DJANGO_SETTINGS_MODULE": "tests.realtime.settings",
            "PYTHONPATH": str(ROOT),
            **more,
        }

    def __enter__(self) -> Door:
        empty.move_in(self.folder)
        port = free_port()
        command = [sys.executable, "-m", "granian", "--interface", "rsgi", "--port", str(port)]
        command += ["--no-ws", "--log-level", "warning", "shanhuo.realtime.door:app"]
        self.process = subprocess.Popen(
            command, env=self.environment, cwd=ROOT, start_new_session=True
        )
        _wait(port)
        return Door(port, self.folder, self.process.pid)

    def __exit__(self, *_error: object) -> None:
        self.process.terminate()
        self.process.wait(20)


def _wait(port: int) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise TimeoutError("the door did not open")
