"""E1: signals. POST of 20, token checked, deduplicated, acknowledged after the fsync.

Every request brings a sheet of its own (10 slots, exposure and play of each), the dearest honest
case: nothing about a token can be remembered from an earlier request.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import msgspec

from bench.lib import Figure, Load, granian, hammer, request, server

PORT = 8151
SLOTS = 10
SIGNALS = 2 * SLOTS
CONNECTIONS = 256


def run(quick: bool) -> list[Figure]:
    """Ours, the naive Django view, and the disk alone."""
    count = 4_000 if quick else 40_000
    with tempfile.TemporaryDirectory(prefix="bench-e1-") as folder:
        ours = _ours(Path(folder) / "ours", count)
        naive = _naive(Path(folder) / "naive", 150 if quick else 1_500)
        append = _raw_append(Path(folder), count)
    return [
        Figure(
            track="e1",
            metric="events_per_cpu_s",
            ours=ours.per_cpu_s * SIGNALS,
            unit="signals/CPU-s",
            baselines={"Django view, ORM rows, one transaction": naive.per_cpu_s * SIGNALS},
            limit=append,
            must=100_000,
            goal=300_000,
            note=f"{CONNECTIONS} connections; wall {ours.per_s * SIGNALS:,.0f}/s, "
            f"p50 {ours.percentile_ms(50):.1f} ms, p99 {ours.percentile_ms(99):.1f} ms; "
            "limit: the same records appended and fsynced in one process, without HTTP",
        )
    ]


def _environment(data: Path) -> dict[str, str]:
    data.mkdir(parents=True)
    return {"SHANHUO_DEBUG": "0", "SHANHUO_DEMO": "1", "SHANHUO_DATA_DIR": str(data)}


def _ours(data: Path, count: int) -> Load:
    environment = _environment(data)
    migrate = [sys.executable, "-m", "shanhuo", "migrate", "--verbosity", "0"]
    subprocess.run(migrate, check=True, env={**os.environ, **environment})
    bodies = _requests(count)
    with server(granian("shanhuo.realtime.door:app", port=PORT), port=PORT, env=environment) as one:
        hammer(one, lambda i: bodies[count + i], count=1_000, connections=64)
        load = hammer(one, bodies.__getitem__, count=count, connections=CONNECTIONS)
    _check(data, (count + 1_000) * SIGNALS, load)
    return load


def _requests(count: int) -> list[bytes]:
    """Requests of as many viewers, and a thousand more to warm up."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shanhuo.settings")
    os.environ.setdefault("SHANHUO_DEBUG", "1")
    from shanhuo.traffic import moments, sheets, viewers  # noqa: PLC0415
    from shanhuo.traffic.kinds import ObjectKind, Source, Surface  # noqa: PLC0415

    slots = [
        sheets.Slot(ObjectKind.POST, post, 500237, Source.TRENDING, 1, 0.0, 0.01)
        for post in range(1, SLOTS + 1)
    ]
    claims = [[0, slot, kind, 1_200 + slot, 0] for slot in range(SLOTS) for kind in (1, 2)]
    made = []
    for number in range(count + 1_000):
        viewer = viewers.viewer_of(str(number))
        _, token = sheets.seal(
            slots, viewer=viewer.key, surface=Surface.FEED, now_ms=moments.now_ms()
        )
        headers = {
            "Content-Type": "application/json",
            "Cookie": f"{viewers.COOKIE}={viewers.write(viewer)}",
        }
        body = msgspec.json.encode({"sheets": [token], "signals": claims})
        made.append(request("POST", "/hot/signals", body=body, headers=headers))
    return made


def _check(data: Path, expected: int, load: Load) -> None:
    """A fast answer that lost something is no answer."""
    from shanhuo.traffic.segments import Segments  # noqa: PLC0415

    segments = Segments(data / "signals")
    stored = sum(len(segments.read(name)[0]) for name in segments.names())
    if set(load.statuses) != {200} or stored != expected:
        raise RuntimeError(f"{stored} of {expected} signals stored, statuses {load.statuses}")


def _naive(data: Path, count: int) -> Load:
    environment = _environment(data) | {"BENCH_DATABASE": str(data / "naive.sqlite3")}
    bodies = _requests(count)
    command = granian("bench.naive:application", port=PORT + 1, interface="wsgi")
    with server(command, port=PORT + 1, env=environment) as one:
        hammer(one, lambda i: bodies[count + i], count=50, connections=8)
        return hammer(one, bodies.__getitem__, count=count, connections=16)


def _raw_append(folder: Path, count: int) -> float:
    """Signals per CPU second when only the disk is left: frames of 1,000 records, fsynced."""
    import numpy as np  # noqa: PLC0415

    from shanhuo.traffic.records import RECORD  # noqa: PLC0415
    from shanhuo.traffic.segments import Segments  # noqa: PLC0415

    segment = Segments(folder / "raw").create(now_ms=0)
    records = np.zeros(1_000, RECORD)
    frames = max(100, count * SIGNALS // 1_000)
    before = os.times()
    for _ in range(frames):
        segment.append(records)
    after = os.times()
    return frames * 1_000 / (after.user + after.system - before.user - before.system)
