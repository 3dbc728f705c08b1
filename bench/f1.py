"""F1: the feed as JSON, for signed-in viewers of a platform with 10,000 clips, through HTTP.

Every viewer has a past (seen, liked, followed), told through the collector before the run.
Baselines: a bare Django view on the ORM that orders by newest and reads what a card needs (no
ranking, no rules, no sheet), and, as the limit, the same server saying hello.
"""

import tempfile
import time

import msgspec

from bench.lib import Figure, Load, Server, granian, hammer, request, server

PORT = 8153
POSTS = 10_000
VIEWERS = 500
CONNECTIONS = 64


def run(quick: bool) -> list[Figure]:
    """Ours, the ORM view, hello."""
    posts, count = (2_000, 4_000) if quick else (POSTS, 40_000)
    with tempfile.TemporaryDirectory(prefix="bench-f1-") as folder:
        environment = {
            "SHANHUO_DEBUG": "0",
            "SHANHUO_DEMO": "1",
            "SHANHUO_DATA_DIR": folder,
            "DJANGO_SETTINGS_MODULE": "shanhuo.settings",
        }
        _seed(posts, environment)
        ours, size = _ours(environment, count)
        orm = _plain("bench.plain:application", "wsgi", environment, count // 20, "/feed")
        hello = _plain("bench.hello:app", "rsgi", environment, count, "/")
    return [
        Figure(
            track="f1",
            metric="feed_per_cpu_s",
            ours=ours.per_cpu_s,
            unit="lists/CPU-s",
            baselines={"bare Django + ORM view": orm.per_cpu_s, "hello": hello.per_cpu_s},
            limit=hello.per_cpu_s,
            must=2 * orm.per_cpu_s,
            goal=0.25 * hello.per_cpu_s,
            note=f"{posts:,} clips, {VIEWERS} viewers with a past, {size / 1024:.1f} KB an answer; "
            f"wall {ours.per_s:,.0f}/s, p50 {ours.percentile_ms(50):.1f} ms, "
            f"p99 {ours.percentile_ms(99):.1f} ms",
        )
    ]


def _seed(posts: int, environment: dict[str, str]) -> None:
    import os  # noqa: PLC0415
    import subprocess  # noqa: PLC0415
    import sys  # noqa: PLC0415

    command = [sys.executable, "-m", "bench._posts", str(posts)]
    subprocess.run(command, check=True, env={**os.environ, **environment})


def _ours(environment: dict[str, str], count: int) -> tuple[Load, float]:
    cookies = _cookies()
    asks = [request("GET", "/hot/feed", headers={"Cookie": cookie}) for cookie in cookies]
    sizes: list[int] = []
    command = granian("shanhuo.realtime.door:app", port=PORT)
    with server(command, port=PORT, env=environment) as one:
        _live_a_little(one, cookies, asks)
        load = hammer(
            one,
            lambda i: asks[i % VIEWERS],
            count=count,
            connections=CONNECTIONS,
            on_answer=lambda i, body: sizes.append(len(body)),
        )
    if set(load.statuses) != {200} or min(sizes) < 3_000:
        raise RuntimeError(f"not every answer was a full list: {load.statuses}, {min(sizes)} bytes")
    return load, sum(sizes) / len(sizes)


def _live_a_little(one: Server, cookies: list[str], asks: list[bytes]) -> None:
    """Every viewer asks for a few lists, sees all of each, likes one thing, follows one author."""
    for _ in range(3):
        sheets: dict[int, str] = {}

        def remember(number: int, body: bytes, sheets: dict[int, str] = sheets) -> None:
            sheets[number] = msgspec.json.decode(body)["sheet"]

        hammer(one, asks.__getitem__, count=VIEWERS, connections=16, on_answer=remember)
        told = [_told(cookies[number], sheets[number]) for number in range(VIEWERS)]
        hammer(one, told.__getitem__, count=VIEWERS, connections=16)
    time.sleep(2)


def _told(cookie: str, sheet: str) -> bytes:
    signals = [[0, slot, 1, 0, 0] for slot in range(10)] + [[0, 3, 4, 0, 0], [0, 4, 8, 0, 0]]
    body = msgspec.json.encode({"sheets": [sheet], "signals": signals})
    headers = {"Cookie": cookie, "Content-Type": "application/json"}
    return request("POST", "/hot/signals", body=body, headers=headers)


def _cookies() -> list[str]:
    import os  # noqa: PLC0415

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shanhuo.settings")
    os.environ.setdefault("SHANHUO_DEBUG", "1")
    from shanhuo.traffic import viewers  # noqa: PLC0415

    each = (viewers.viewer_of(str(number), county=500_110) for number in range(1, VIEWERS + 1))
    return [f"{viewers.COOKIE}={viewers.write(viewer)}" for viewer in each]


def _plain(target: str, interface: str, environment: dict[str, str], count: int, path: str) -> Load:
    ask = request("GET", path)
    command = granian(target, port=PORT + 1, interface=interface)
    with server(command, port=PORT + 1, env=environment) as one:
        hammer(one, lambda i: ask, count=200, connections=16)
        return hammer(one, lambda i: ask, count=count, connections=CONNECTIONS)
