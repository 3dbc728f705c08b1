"""L5: the state of a room as a small file beside the playlist, for everybody who only watches.

Through our own door, and through nginx where it is installed: the same file, the same client. While
it is read it is replaced once a second, as the room program does.
"""

import getpass
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import msgspec

from bench.lib import Figure, Load, granian, hammer, request, server

PORT = 8126
CONNECTIONS = 64
NAME = "media/live/k7k7k7k7k7k7k7k7/room.json"
NGINX = """
user {user};
worker_processes 1;
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/nginx.log;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    types {{ application/json json; }}
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    {reading}
    keepalive_requests 1000000;
    server {{
        listen 127.0.0.1:{port};
        location /media/ {{ root {folder}; add_header Cache-Control "public, max-age=1"; }}
    }}
}}
"""
# As docs/operations.md has it: files that many ask for stay open, once a second nginx looks whether
# they still are the same, and for so few bytes sendfile costs more than it saves.
KEPT_OPEN = "sendfile off; open_file_cache max=10000 inactive=60s; open_file_cache_valid 1s;"
AS_IT_COMES = "sendfile on;"


def run(quick: bool) -> list[Figure]:
    """Ours; nginx if there is one; the same server saying hello."""
    count = 5_000 if quick else 60_000
    with tempfile.TemporaryDirectory(prefix="bench-l5-") as name:
        folder = Path(name)
        size = write(folder / NAME, 0)
        environment = {"SHANHUO_DEBUG": "1", "SHANHUO_DATA_DIR": name}
        migrate = [sys.executable, "-m", "shanhuo", "migrate", "--verbosity", "0"]
        subprocess.run(migrate, check=True, env={**os.environ, **environment})
        with kept_fresh(folder / NAME):
            door = granian("shanhuo.realtime.door:app", port=PORT)
            ours = measured(door, PORT, f"/{NAME}", environment, count)
            nginx = behind_nginx(folder, count, KEPT_OPEN)
            usual = behind_nginx(folder, count, AS_IT_COMES)
        hello = measured(granian("bench.hello:app", port=PORT), PORT, "/", environment, count)
    size_and_lines = f"{size:,} bytes, {CONNECTIONS} connections"
    figures = [
        Figure(
            track="l5",
            metric="room_states_per_cpu_s (our own door)",
            ours=ours.per_cpu_s,
            unit="files/CPU-s",
            baselines={"hello": hello.per_cpu_s},
            note=f"{size_and_lines}, p99 {ours.percentile_ms(99):.1f} ms",
        )
    ]
    if nginx and usual:
        figures.append(
            Figure(
                track="l5",
                metric="room_states_per_cpu_s (behind nginx)",
                ours=nginx.per_cpu_s,
                unit="files/CPU-s",
                baselines={"nginx as it comes": usual.per_cpu_s},
                goal=100_000,
                note=f"{size_and_lines}, p99 {nginx.percentile_ms(99):.1f} ms",
            )
        )
    else:
        print("L5: nginx is not installed here; its figure is not printed.")
    return figures


def measured(
    command: list[str], port: int, path: str, environment: dict[str, str], count: int
) -> Load:
    ask = request("GET", path)
    with server(command, port=port, env=environment) as one:
        hammer(one, lambda i: ask, count=500, connections=16)
        load = hammer(one, lambda i: ask, count=count, connections=CONNECTIONS)
    if set(load.statuses) != {200}:
        raise RuntimeError(f"not every answer was the file: {load.statuses}")
    return load


def behind_nginx(folder: Path, count: int, reading: str) -> Load | None:
    program = shutil.which("nginx")
    if program is None:
        return None
    settings = folder / "nginx.conf"
    user = getpass.getuser()
    text = NGINX.format(folder=folder, port=PORT + 1, user=user, reading=reading)
    settings.write_text(text, "utf-8")
    command = [program, "-p", str(folder), "-c", str(settings)]
    return measured(command, PORT + 1, f"/{NAME}", {}, count)


class kept_fresh:  # noqa: N801  used like a function
    """Replace the file once a second while the block runs."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_error: object) -> None:
        self._done.set()
        self._thread.join()

    def _run(self) -> None:
        likes = 0
        while not self._done.wait(1):
            likes += 18_000
            write(self._path, likes)


def write(path: Path, likes: int) -> int:
    """A room in full swing: eight products, twenty lines. Returns its size in bytes."""
    offer = {"id": "o" * 16, "price_fen": 990, "left": 120, "sold_out_at": None}
    items = [
        {
            "id": number,
            "title": "巫山脆李 五斤装 产地直发",
            "price_fen": 3980,
            "state": "explained",
            "left": 800,
            "address": f"/g/{number:016d}",
            "offer": offer if not number else None,
        }
        for number in range(8)
    ]
    line = {"name": "巫山脆李爱好者", "body": "脆李又甜又脆，去年买过", "badge": ""}
    lines = [{"id": f"{number:016d}", **line} for number in range(20)]
    state = {"state": "on_air", "viewers": 98_000, "likes": likes, "version": 41}
    content = msgspec.json.encode({**state, "items": items, "pinned": items[0], "messages": lines})
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    fresh.write_bytes(content)
    fresh.replace(path)
    return len(content)
