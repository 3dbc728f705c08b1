"""O2: a hot item through HTTP, durable: stock sold exactly, on SQLite FULL and on PostgreSQL.

First as many buyers as units: their wall time gives the figure. Then two thousand more and two
thousand who ask again: nobody gets anything new, and the tables must say N of N.
"""

import tempfile
from collections.abc import Mapping
from pathlib import Path

import msgspec

from bench import _market
from bench.lib import Figure, Load, granian, hammer, request, server

PORT = 8161
CONNECTIONS = 256
EXTRA = 2_000


def run(quick: bool) -> list[Figure]:
    """SQLite and PostgreSQL, one process and two; the usual Django way and a bulk insert beside."""
    stock = 3_000 if quick else 20_000
    with tempfile.TemporaryDirectory(prefix="bench-o2-") as name:
        folder = Path(name)
        figures = _engine("sqlite", _market.environment(folder), stock, quick)
        with _market.postgres(folder) as url:
            figures += _engine("postgres", _market.environment(folder, url), stock, quick)
    return figures


def _engine(engine: str, env: Mapping[str, str], stock: int, quick: bool) -> list[Figure]:
    _market.ask("migrate", env=env)
    limit = _market.ask("bulk_insert", stock, env=env)
    usual = naive(env, 200 if quick else 1_000)
    figures = []
    for processes in (1, 2):
        load = _sell(env, stock, processes)
        figures.append(
            Figure(
                track="o2",
                metric=f"orders_per_s ({engine}, {processes} process{'es' * (processes > 1)})",
                ours=load.per_s,
                unit="orders/s",
                baselines={"Django transaction, F() update": usual.per_s},
                limit=limit,
                must=2_000,
                goal=15_000,
                note=f"{load.per_cpu_s:,.0f} per CPU-s of the server; {CONNECTIONS} connections, "
                f"p50 {load.percentile_ms(50):.1f} ms, p99 {load.percentile_ms(99):.1f} ms; "
                f"{stock:,} of {stock:,} sold; limit: bulk insert into the same table",
            )
        )
    return figures


def _sell(env: Mapping[str, str], stock: int, processes: int) -> Load:
    made = _market.ask("hot_sale", stock, stock + EXTRA, env=env)
    bodies = [_request(token) for token in made["tokens"]]
    command = granian("shanhuo.realtime.door:app", port=PORT, workers=processes)
    with server(command, port=PORT, env=env) as one:
        load = hammer(one, bodies.__getitem__, count=stock, connections=CONNECTIONS)
        again = [_request(token, again=True) for token in made["tokens"][:EXTRA]]
        late = [*bodies[stock:], *again]
        after = hammer(one, late.__getitem__, count=len(late), connections=CONNECTIONS)
    result = _market.ask("hot_result", made["sale"], env=env)
    exact = result == {"units": stock, "buyers": stock, "left": 0}
    if not exact or load.statuses != {200: stock} or after.statuses != {200: EXTRA, 409: EXTRA}:
        raise RuntimeError(f"{result}, {dict(load.statuses)}, then {dict(after.statuses)}")
    return load


def naive(env: Mapping[str, str], count: int) -> Load:
    """The usual Django way through HTTP, for L3 too."""
    made = _market.ask("hot_sale", count, count, env=env)
    bodies = [_request(token) for token in made["tokens"]]
    extra = ["--blocking-threads", "8"]
    command = granian("bench._hotnaive:application", port=PORT, interface="wsgi", extra=extra)
    with server(command, port=PORT, env=env) as one:
        load = hammer(one, bodies.__getitem__, count=count, connections=16)
    if load.statuses != {200: count}:
        raise RuntimeError(f"the baseline answered {dict(load.statuses)}")
    return load


def _request(token: str, *, again: bool = False) -> bytes:
    body = msgspec.json.encode({"token": token, "quantity": 1, "again": again})
    return request("POST", "/hot/buy", body=body, headers={"Content-Type": "application/json"})
