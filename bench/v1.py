"""V1: a clip. From its last byte to a player that has bytes; two renditions of 15 s of film.

The clip is what a phone writes: 1080 x 1920, 30 frames, H.264 at 16 Mbit/s, sound. It is sent
through HTTP in pieces of 1 MiB; "playable" is when its author's player has received 64 KB.
Quality is measured beside speed, so that neither is bought with the other.
"""

import json
import os
import re
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path

from bench.lib import Figure, granian, server
from shanhuo.content.media import jail, probe, render

PORT = 8141
PIECE = 1024 * 1024
FIRST_BYTES = 64 * 1024
CSRF = "a" * 32


def run(quick: bool) -> list[Figure]:
    """Upload to playable over HTTP; renditions beside naive, copy and decode-only runs."""
    seconds = 5 if quick else 15
    with tempfile.TemporaryDirectory(prefix="bench-v1-") as name:
        folder = Path(name)
        clip = _make_clip(folder, seconds)
        playable = _uploads(folder, clip, times=2 if quick else 7)
        return [_playable(playable, folder, clip), *_renditions(folder, clip, seconds)]


def _playable(measured: Sequence[float], folder: Path, clip: Path) -> Figure:
    copy = ("-i", clip.name, "-c", "copy", "-movflags", "+faststart", "copy.mp4")
    wait = _timed(folder, *_naive(clip, 720, "1800k"))
    return Figure(
        track="v1",
        metric="upload_to_playable_s",
        ours=statistics.median(measured),
        unit="s after the last piece is sent",
        baselines={"wait for one 720p veryfast": wait.wall_s},
        limit=_timed(folder, *copy).wall_s,
        must=1.0,
        goal=0.3,
        higher_is_better=False,
        note=f"{clip.stat().st_size / 1e6:.0f} MB through HTTP, worst of {len(measured)}: "
        f"{max(measured):.2f} s; limit: ffmpeg -c copy alone",
    )


def _renditions(folder: Path, clip: Path, seconds: int) -> Iterator[Figure]:
    ours = _render(folder, clip)
    naive = [
        _timed(folder, *_naive(clip, short, bits))
        for short, bits in ((720, "1800k"), (480, "400k"))
    ]
    decode = _timed(folder, "-i", clip.name, "-map", "0:v", "-f", "null", "-")
    naive_wall, naive_cpu = sum(one.wall_s for one in naive), sum(one.cpu_s for one in naive)
    yield Figure(
        track="v1",
        metric="two_renditions_x_duration",
        ours=ours.wall_s / seconds,
        unit="x duration, 2 cores",
        baselines={"two veryfast runs": naive_wall / seconds},
        limit=decode.wall_s / seconds,
        must=0.6,
        goal=0.4,
        higher_is_better=False,
        note=f"{ours.cpu_s:.1f} CPU-s = {ours.cpu_s / 2 / seconds:.2f} x on two cores that nobody "
        f"else uses (naive {naive_cpu:.1f} CPU-s, decode only {decode.cpu_s:.1f})",
    )
    for short in (720, 480):
        mine, theirs = folder / "ours" / f"{short}p.mp4", folder / f"naive{short}.mp4"
        yield Figure(
            track="v1",
            metric=f"vmaf_{short}p",
            ours=_vmaf(folder, mine, clip, short),
            unit="VMAF",
            baselines={"veryfast": _vmaf(folder, theirs, clip, short)},
            limit=100,
            note=f"{_kilobits(mine, seconds)} kbit/s (veryfast {_kilobits(theirs, seconds)})",
        )


# --- ffmpeg -----------------------------------------------------------------------------------


class _Run:
    """Wall and CPU seconds of what happened inside `with`."""

    wall_s = cpu_s = 0.0


@contextmanager
def _watch() -> Iterator[_Run]:
    run, before, started = _Run(), _children_s(), time.perf_counter()
    yield run
    run.wall_s, run.cpu_s = time.perf_counter() - started, _children_s() - before


def _children_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _timed(folder: Path, *arguments: str) -> _Run:
    with _watch() as run:
        _ffmpeg(folder, *arguments)
    return run


def _ffmpeg(folder: Path, *arguments: str) -> str:
    command = [jail.program(), "-hide_banner", "-nostdin", "-y", *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    return done.stderr


def _make_clip(folder: Path, seconds: int) -> Path:
    picture = f"testsrc2=size=1080x1920:rate=30:duration={seconds}"
    sound = f"sine=frequency=440:duration={seconds}"
    sources = ("-f", "lavfi", "-i", picture, "-f", "lavfi", "-i", sound)
    film = ("-vf", "noise=alls=12:allf=t", "-c:v", "libx264", "-preset", "veryfast", "-g", "60")
    rate = ("-b:v", "16M", "-maxrate", "16M", "-bufsize", "32M", "-pix_fmt", "yuv420p")
    _ffmpeg(folder, *sources, *film, *rate, "-c:a", "aac", "-b:a", "128k", "clip.mp4")
    return folder / "clip.mp4"


def _naive(clip: Path, short: int, bits: str) -> list[str]:
    """What one would write first: a run of its own for each size, at a well-known preset."""
    return [
        *("-i", clip.name, "-vf", f"scale={short}:-2", "-c:v", "libx264", "-preset", "veryfast"),
        *("-crf", "26", "-maxrate", bits, "-bufsize", bits, "-pix_fmt", "yuv420p"),
        *("-c:a", "aac", "-b:a", "80k", "-movflags", "+faststart", f"naive{short}.mp4"),
    ]


def _render(folder: Path, clip: Path) -> _Run:
    ours = folder / "ours"
    ours.mkdir()
    shutil.copy(clip, ours / "input")
    with _watch() as run:
        film = probe.probe("input", "mov", folder=ours)
        render.render("input", "mov", film, folder=ours)
    return run


def _vmaf(folder: Path, made: Path, clip: Path, short: int) -> float:
    graph = (
        f"[1:v]scale={short}:{round(short * 16 / 9 / 2) * 2}:flags=bicubic[a];"
        f"[0:v]scale={short}:{round(short * 16 / 9 / 2) * 2}:flags=bicubic[b];"
        "[b][a]libvmaf=n_threads=2:n_subsample=5"
    )
    sources = ("-i", str(made), "-i", clip.name, "-t", "5")
    said = _ffmpeg(folder, *sources, "-filter_complex", graph, "-f", "null", "-")
    return float(re.findall(r"VMAF score: ([\d.]+)", said)[-1])


def _kilobits(film: Path, seconds: int) -> int:
    return round(film.stat().st_size * 8 / 1000 / seconds)


# --- HTTP -------------------------------------------------------------------------------------


def _uploads(folder: Path, clip: Path, *, times: int) -> list[float]:
    """Seconds from sending the last piece to bytes in the player, once per upload."""
    data = folder / "data"
    data.mkdir()
    environment = {"SHANHUO_DEBUG": "1", "SHANHUO_DATA_DIR": str(data)}
    made = subprocess.run(
        [sys.executable, "-m", "bench._v1_house"],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    house = json.loads(made.stdout.splitlines()[-1])
    film = clip.read_bytes()
    command = granian("shanhuo.realtime.door:app", port=PORT)
    with server(command, port=PORT, env=environment, log=folder / "server.log"):
        phone = _Phone(house["session"])
        # The first one starts the application; it is not counted.
        return [phone.upload(film, house["organisation"]) for _ in range(times + 1)][1:]


class _Phone:
    """A signed-in client that speaks tus over one kept-alive connection."""

    def __init__(self, session: str) -> None:
        self.line = HTTPConnection("127.0.0.1", PORT, timeout=60)
        self.cookies = {"Cookie": f"sessionid={session}; csrftoken={CSRF}", "X-CSRFToken": CSRF}

    def ask(
        self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> tuple[HTTPResponse, bytes]:
        sent = {"Host": "localhost", "Tus-Resumable": "1.0.0", **self.cookies, **(headers or {})}
        self.line.request(method, path, body, sent)
        answer = self.line.getresponse()
        said = answer.read()
        if answer.status >= 400:
            raise RuntimeError(f"{method} {path}: {answer.status} {said[:300]!r}")
        return answer, said

    def upload(self, film: bytes, organisation: str) -> float:
        words = json.dumps({"organisation": organisation, "caption": "V1"}).encode()
        _, said = self.ask("POST", "/api/posts", words, {"Content-Type": "application/json"})
        post = json.loads(said)["id"]
        announced, _ = self.ask("POST", "/api/uploads", b"", _announcement(post, len(film)))
        address = announced.headers["Location"]
        last = (len(film) - 1) // PIECE * PIECE
        for offset in range(0, last, PIECE):
            self.send(address, film, offset)
        started = time.perf_counter()
        self.send(address, film, last)
        wanted = {"Range": f"bytes=0-{FIRST_BYTES - 1}"}
        _, shown = self.ask("GET", f"/private-media/{post}/quick.mp4", headers=wanted)
        took = time.perf_counter() - started
        assert (len(shown), shown[4:8]) == (FIRST_BYTES, b"ftyp")
        return took

    def send(self, address: str, film: bytes, offset: int) -> None:
        headers = {"Content-Type": "application/offset+octet-stream", "Upload-Offset": str(offset)}
        self.ask("PATCH", address, film[offset : offset + PIECE], headers)


def _announcement(post: str, length: int) -> dict[str, str]:
    coded = b64encode(post.encode()).decode()
    return {"Upload-Length": str(length), "Upload-Metadata": f"post {coded}"}
