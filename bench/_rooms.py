"""What the tracks of live rooms share: a town with one show on air, a crowd written in C, and how
the two are brought together on two cores."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.lib import CLIENT_CORE, Server, server

HERE = Path(__file__).parent
PORT = 8124


@dataclass(frozen=True, slots=True)
class Evening:
    """What a crowd does, a second: `stay_ms` belongs to those who come and go."""

    residents: int
    joins: float = 0
    stay_ms: int = 1000
    beats: float = 0
    likes: float = 0
    lines: float = 0
    warm_s: float = 1
    run_s: float = 10


@dataclass(frozen=True, slots=True)
class Seen:
    """What came of it: the crowd's own report, and what the server used while it ran."""

    crowd: Mapping[str, Any]
    cpu_s: float
    wall_s: float
    bytes_per_socket: float
    waited_s: float

    @property
    def kept_waiting(self) -> float:
        """The part of the time for which it could have run, but somebody else did."""
        return self.waited_s / self.wall_s

    @property
    def core(self) -> float:
        """The part of one core that the server was busy for."""
        return self.cpu_s / self.wall_s

    @property
    def us_per_frame(self) -> float:
        return self.cpu_s / self.crowd["frames"] * 1e6


@contextmanager
def town(users: int, tickets: int) -> Iterator[dict[str, str]]:
    """The environment of a platform with one show on air; `BENCH_TICKETS` names its tickets."""
    with tempfile.TemporaryDirectory(prefix="bench-rooms-") as folder:
        environment = {
            "SHANHUO_DEBUG": "1",
            "SHANHUO_DATA_DIR": folder,
            "SHANHUO_ROOMS_SOCKETS_PER_ADDRESS": "1000000",
            "BENCH_TICKETS": f"{folder}/tickets",
        }
        arguments = [str(users), str(tickets), environment["BENCH_TICKETS"]]
        command = [sys.executable, "-m", "bench._roomtown", *arguments]
        subprocess.run(command, check=True, env={**os.environ, **environment})
        yield environment


def rooms(port: int = PORT) -> list[str]:
    """Our program, as production starts it."""
    return [sys.executable, "-m", "shanhuo", "rooms", "--port", str(port)]


def bare(frame_bytes: int, port: int = PORT) -> list[str]:
    """The library alone."""
    return [sys.executable, "-m", "bench._roombare", str(port), str(frame_bytes)]


def floor(frame_bytes: int, port: int = PORT) -> list[str]:
    """A loop of send() in C."""
    return [str(compiled("_roomfloor")), str(port), str(frame_bytes)]


def has_compiler() -> bool:
    """The crowd is written in C: in Python it would be slower than what it measures."""
    return shutil.which("cc") is not None


def compiled(name: str) -> Path:
    """A program of this folder, made when its source is newer."""
    source = HERE / f"{name}.c"
    target = Path(tempfile.gettempdir()) / f"shanhuo-bench-{os.getuid()}" / name
    if not target.exists() or target.stat().st_mtime < source.stat().st_mtime:
        target.parent.mkdir(mode=0o700, exist_ok=True)
        compiler = shutil.which("cc") or "cc"
        subprocess.run([compiler, "-O2", "-o", str(target), str(source)], check=True)
    return target


def watch(command: Sequence[str], environment: Mapping[str, str], evening: Evening) -> Seen:
    """Open the server on its core, send the crowd from the other, and measure while it runs."""
    with server(list(command), port=PORT, env=environment) as one:
        time.sleep(0.5)
        return _watch(one, environment["BENCH_TICKETS"], evening)


def _watch(one: Server, tickets: str, evening: Evening) -> Seen:
    empty_mb = one.memory_mb()
    numbers = [evening.residents, evening.joins, evening.stay_ms, evening.beats, evening.likes]
    numbers += [evening.lines, evening.warm_s, evening.run_s]
    crowd = subprocess.Popen(
        [str(compiled("_roomload")), str(PORT), tickets, *map(str, numbers)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: os.sched_setaffinity(0, {CLIENT_CORE}),
    )
    assert crowd.stdin and crowd.stdout
    if crowd.stdout.readline() != "go\n":
        raise RuntimeError("the crowd did not get in")
    full_mb = one.memory_mb()
    waited_s, cpu_s, started = _waited_s(one), one.cpu_s(), time.perf_counter()
    crowd.stdin.write("\n")
    crowd.stdin.flush()
    said = json.loads(crowd.stdout.readline())
    cpu_s, wall_s = one.cpu_s() - cpu_s, time.perf_counter() - started
    waited_s = _waited_s(one) - waited_s
    crowd.wait(30)
    if said["residents"] != evening.residents or said["lost"]:
        raise RuntimeError(f"viewers were lost: {said}")
    per_socket = (full_mb - empty_mb) * 1e6 / max(1, evening.residents)
    return Seen(said, cpu_s, wall_s, per_socket, waited_s)


def _waited_s(one: Server) -> float:
    """For how long its main thread has been ready to run and did not get the core."""
    told = Path(f"/proc/{one.pid}/schedstat")
    return int(told.read_text().split()[1]) / 1e9 if told.exists() else 0.0
