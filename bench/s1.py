"""S1: the feed endpoint through HTTP, at 10,000, 100,000 and a million clips.

One server on core 0, a client on core 1. The learned ranker answers; 500 contracts run and lend;
2,000 viewers have a past. First the peak: 64 connections that never rest. Then half of that rate,
with arrivals drawn beforehand and latency counted from the moment a request was due, so that a
pause is charged to all who came in it. Every fifth list is reported back, as phones do: counts,
tastes, boards and leases change all the while.

The platform is written by SQL in bulk (`bench._town`) and read by the server as always.
Baselines on the same rows: a bare Django view on the ORM that orders by newest, a naive engine that
scores every clip in Python, and, as the limit, the same server saying hello.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from bench.lib import Figure, Load, Server, arrive, granian, hammer, request, server

PORT = 8155
CONNECTIONS = 64
TELL_EVERY = 6
"""Every sixth request reports what came of a list."""
NAMES = {10_000: "10k", 100_000: "100k", 1_000_000: "1m"}
MUST_MS, GOALS_MS = {100_000: 20.0}, {100_000: 10.0, 1_000_000: 25.0}
GOAL_PER_CORE = 1_000.0


@dataclass(frozen=True, slots=True)
class Measured:
    """One size of platform."""

    posts: int
    ready_s: float
    memory_mb: float
    peak: Load
    half: Load


def run(quick: bool) -> list[Figure]:
    """All sizes; the quick run leaves out the million."""
    sizes = [10_000, 100_000] if quick else [10_000, 100_000, 1_000_000]
    with tempfile.TemporaryDirectory(prefix="bench-s1-") as folder:
        empty = Path(folder) / "empty"
        _run_in(empty, "-m", "django", "migrate", "-v0")
        measured, rivals = [], {}
        for posts in sizes:
            with _town(empty, posts) as home:
                measured.append(_ours(home, posts, quick))
                if posts == 100_000:
                    rivals = _rivals(home)
    return [*_latencies(measured, rivals), *_throughputs(measured, rivals), *_memory(measured)]


@contextmanager
def _town(empty: Path, posts: int) -> Iterator[Path]:
    home = empty.with_name(NAMES[posts])
    shutil.copytree(empty, home)
    _run_in(home, "-m", "bench._town", str(posts))
    yield home
    shutil.rmtree(home)


def _run_in(home: Path, *arguments: str) -> None:
    home.mkdir(exist_ok=True)
    subprocess.run([sys.executable, *arguments], check=True, env={**os.environ, **_env(home)})


def _env(home: Path) -> dict[str, str]:
    return {
        "SHANHUO_DEBUG": "0",
        "SHANHUO_DEMO": "1",
        "SHANHUO_DATA_DIR": str(home),
        "DJANGO_SETTINGS_MODULE": "shanhuo.settings",
    }


def _ours(home: Path, posts: int, quick: bool) -> Measured:
    cookies = _cookies()
    asks = [request("GET", "/hot/feed", headers={"Cookie": cookie}) for cookie in cookies]
    command = granian("shanhuo.realtime.door:app", port=PORT)
    began = time.perf_counter()
    with server(command, port=PORT, env=_env(home), ready_s=600) as one:
        _first_answer(one, asks[0])
        ready_s = time.perf_counter() - began
        hammer(one, lambda i: asks[i % len(asks)], count=500, connections=16)
        count = 1_500 if quick else 10_000
        peak = hammer(one, lambda i: asks[i % len(asks)], count=count, connections=CONNECTIONS)
        visit = _Visit(cookies, asks)
        half = arrive(
            one,
            visit.next_request,
            rate=peak.per_s / 2,
            count=int(peak.per_s / 2 * (5 if quick else 30)),
            on_answer=visit.note,
            timed=visit.is_list,
        )
        visit.check(peak, half)
        return Measured(posts, ready_s, one.memory_mb(), peak, half)


def _first_answer(one: Server, ask: bytes) -> None:
    """The port is open before the first board stands."""
    stage = []
    hammer(one, lambda _: ask, count=1, on_answer=lambda _, body: stage.append(json.loads(body)))
    if stage[0]["stage"] != "learned":
        raise RuntimeError(f"the feed ranks by {stage[0]['stage']}")


class _Visit:
    """Who asks when, and what they report."""

    def __init__(self, cookies: list[str], asks: list[bytes]) -> None:
        self._cookies, self._asks = cookies, asks
        self._untold: list[tuple[int, str]] = []
        self._supported = self._items = 0

    def next_request(self, number: int) -> bytes:
        if self.is_list(number) or not self._untold:
            return self._asks[number % len(self._asks)]
        viewer, sheet = self._untold.pop()
        signals = [[0, slot, 1, 0, 0] for slot in range(10)]
        signals += [[0, slot, 2, 0, 0] for slot in range(6)] + [[0, 3, 3, 0, 0], [0, 4, 4, 0, 0]]
        body = json.dumps({"sheets": [sheet], "signals": signals}).encode()
        headers = {"Cookie": self._cookies[viewer], "Content-Type": "application/json"}
        return request("POST", "/hot/signals", body=body, headers=headers)

    def is_list(self, number: int) -> bool:
        return number % TELL_EVERY > 0

    def note(self, number: int, body: bytes) -> None:
        """Keep every fifth list, to be told; look whether contracts take part."""
        if number % TELL_EVERY == 1 and body.startswith(b'{"sheet"'):
            sheet = body[10 : body.index(b'"', 10)].decode()
            self._untold.append((number % len(self._asks), sheet))
            self._supported += body.count(b'"why":"grant"')
            self._items += body.count(b'"why"')

    def check(self, *loads: Load) -> None:
        """A figure counts only if every answer was right and contracts were given out."""
        if any(set(load.statuses) != {200} for load in loads):
            raise RuntimeError(f"not every answer was a list: {[one.statuses for one in loads]}")
        if self._supported < 0.01 * self._items:
            raise RuntimeError(f"{self._supported} of {self._items} places were supported")


def _cookies() -> list[str]:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shanhuo.settings")
    os.environ.setdefault("SHANHUO_DEBUG", "1")
    from bench._town import viewers  # noqa: PLC0415
    from shanhuo.traffic.viewers import COOKIE, write  # noqa: PLC0415

    return [f"{COOKIE}={write(viewer)}" for viewer in viewers()]


def _rivals(home: Path) -> dict[str, tuple[Load, Load]]:
    """Peak and half of it, for each."""
    wanted = {
        "Django view on the ORM": ("bench.plain:application", "wsgi", "/feed", 600),
        "naive engine in Python": ("bench._scorer:app", "rsgi", "/", 24),
        "hello": ("bench.hello:app", "rsgi", "/", 20_000),
    }
    found = {}
    for name, (target, interface, path, count) in wanted.items():
        command = granian(target, port=PORT + 1, interface=interface)
        with server(command, port=PORT + 1, env=_env(home)) as one:
            found[name] = _peak_and_half(one, request("GET", path), count)
    return found


def _peak_and_half(one: Server, ask: bytes, count: int) -> tuple[Load, Load]:
    def next_request(_: int) -> bytes:
        return ask

    hammer(one, next_request, count=max(4, count // 10), connections=4)
    peak = hammer(one, next_request, count=count, connections=4)
    rate = min(peak.per_s / 2, 2_000)
    return peak, arrive(one, next_request, rate=rate, count=min(count, int(5 * rate) + 4))


def _latencies(measured: list[Measured], rivals: dict[str, tuple[Load, Load]]) -> Iterator[Figure]:
    for one in measured:
        beside = rivals if one.posts == 100_000 else {}
        note = (
            f"{one.half.requests:,} requests at {one.half.per_s:,.0f}/s, half of the peak; "
            "from the moment they were due"
        )
        for percent in (50, 99):
            yield Figure(
                track="s1",
                metric=f"p{percent}_ms_{NAMES[one.posts]}",
                ours=one.half.percentile_ms(percent),
                unit="ms",
                baselines={
                    name: half.percentile_ms(percent)
                    for name, (_, half) in beside.items()
                    if name != "hello"
                },
                limit=beside["hello"][1].percentile_ms(percent) if beside else None,
                must=MUST_MS.get(one.posts) if percent == 99 else None,
                goal=GOALS_MS.get(one.posts) if percent == 99 else None,
                higher_is_better=False,
                note=note,
            )


def _throughputs(
    measured: list[Measured], rivals: dict[str, tuple[Load, Load]]
) -> Iterator[Figure]:
    for one in measured:
        beside = rivals if one.posts == 100_000 else {}
        suffix = "" if one.posts == 100_000 else f"_{NAMES[one.posts]}"
        yield Figure(
            track="s1",
            metric=f"requests_per_core_s{suffix}",
            ours=one.peak.per_cpu_s,
            unit="lists/CPU-s",
            baselines={
                name: peak.per_cpu_s for name, (peak, _) in beside.items() if name != "hello"
            },
            limit=beside["hello"][0].per_cpu_s if beside else None,
            goal=GOAL_PER_CORE if beside else None,
            note=f"{one.posts:,} clips; wall {one.peak.per_s:,.0f}/s",
        )


def _memory(measured: list[Measured]) -> Iterator[Figure]:
    smallest = measured[0]
    for one, before in zip(measured, [None, *islice(measured, len(measured) - 1)], strict=True):
        more = (one.memory_mb - smallest.memory_mb) * 1e6
        each = f"; {more / (one.posts - smallest.posts):,.0f} bytes a clip" if before else ""
        yield Figure(
            track="s1",
            metric=f"memory_mb_{NAMES[one.posts]}",
            ours=one.memory_mb,
            unit="MB",
            higher_is_better=False,
            note=f"the whole process, 2,000 viewers with it{each}; "
            f"ready {one.ready_s:.1f} s after its start",
        )
