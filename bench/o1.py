"""O1: a whole checkout through HTTP on PostgreSQL, as a buyer's browser makes it.

Basket, checkout page (address, freight, prices), order (stock held), the payment company's signed
notice (paid, stock taken, ledger, facts). 64 buyers at once, one after the other each. The server
has core 0, the buyers core 1, PostgreSQL what is free of both. The figure is the median of several
rushes, since wall time is at the mercy of who else uses the machine; the note says how far they
spread. Afterwards the tables must agree: nothing oversold, every equation of the ledger holds.
"""

import http.client
import json
import secrets
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import urlencode

from bench import _market
from bench.lib import CLIENT_CORE, Figure, Server, granian, on_core, server
from demopay.keys import KeyPair, load_or_make
from demopay.signing import signed_headers

PORT = 8162
BUYERS = 64
STOCK = 10_000
PRICE_FEN, FREIGHT_FEN = 1990, 600


def run(quick: bool) -> list[Figure]:
    """One figure; the peers' were reached on this size of machine, see the note."""
    rushes = [128, 128, 128] if quick else [512] * 5
    with tempfile.TemporaryDirectory(prefix="bench-o1-") as name:
        folder = Path(name)
        with _market.postgres(folder) as url:
            env = _market.environment(folder, url)
            _market.ask("migrate", env=env)
            sold = _sell(env, rushes)
    rates = sorted(one.per_s for one in sold)
    count, cpu_s = sum(rushes), sum(one.cpu_s for one in sold)
    return [
        Figure(
            track="o1",
            metric="checkouts_per_s",
            ours=median(rates),
            unit="checkouts/s",
            baselines={"django-oscar": 3.7, "saleor": 3.0},
            must=37,
            goal=200,
            note=f"{len(sold)} rushes: {rates[0]:,.0f} to {rates[-1]:,.0f}; "
            f"{count / cpu_s:,.0f} per CPU-s of the server (4 requests); {BUYERS} buyers, "
            f"{count:,} of {STOCK:,} sold, {_market.SCARCE} of {_market.SCARCE} scarce, "
            "0 oversold; the peers' figures were measured in an earlier run, not in this one",
        )
    ]


@dataclass(frozen=True, slots=True)
class Sold:
    """What a rush sold, in how much time."""

    count: int
    wall_s: float
    cpu_s: float

    @property
    def per_s(self) -> float:
        return self.count / self.wall_s


def _sell(env: Mapping[str, str], rushes: Sequence[int]) -> list[Sold]:
    made = _market.ask("buyers", BUYERS, STOCK, env=env)
    keys = load_or_make(Path(env["SHANHUO_DATA_DIR"]) / "demopay", "company")
    with server(granian("shanhuo.realtime.door:app", port=PORT), port=PORT, env=env) as one:
        _rush(one, made, keys, made["plenty"], 1)
        outcomes: Counter[str] = Counter()
        sold = []
        for count in rushes:
            cpu_before, started = one.cpu_s(), time.perf_counter()
            outcomes += _rush(one, made, keys, made["plenty"], count // BUYERS)
            sold.append(Sold(count, time.perf_counter() - started, one.cpu_s() - cpu_before))
        scarce = _rush(one, made, keys, made["scarce"], 2)
    _check(env, sum(rushes) + BUYERS, outcomes, scarce)
    return sold


def _check(
    env: Mapping[str, str], count: int, outcomes: Counter[str], scarce: Counter[str]
) -> None:
    """A fast checkout that sold what it had not is no checkout."""
    result = _market.ask("trade_result", env=env)
    expected = {
        "orders": {"preparing": count + _market.SCARCE},
        "stock": [[STOCK - count, 0], [0, 0]],
        "findings": [],
    }
    if result != expected or outcomes != {"sold": count - BUYERS}:
        raise RuntimeError(f"{result}, {outcomes}")
    if scarce["sold"] != _market.SCARCE:
        raise RuntimeError(f"scarce: {scarce}")


def _rush(
    target: Server, made: Mapping[str, Any], keys: KeyPair, sku: str, times: int
) -> Counter[str]:
    """Every buyer orders one unit `times` times."""
    outcomes: Counter[str] = Counter()
    browsers = [_Browser(target.port, buyer, keys) for buyer in made["buyers"]]

    def shop(browser: "_Browser") -> None:
        for _ in range(times):
            outcomes[browser.buy(sku)] += 1

    threads = [threading.Thread(target=shop, args=[browser]) for browser in browsers]
    with on_core(CLIENT_CORE):
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    return outcomes


class _Browser:
    """One buyer on one connection."""

    def __init__(self, port: int, buyer: Mapping[str, str], keys: KeyPair) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.address, self.keys = buyer["address"], keys
        token = secrets.token_hex(16)
        self.headers = {
            "Host": "localhost",
            "Cookie": f"sessionid={buyer['session']}; csrftoken={token}",
            "X-CSRFToken": token,
        }

    def buy(self, sku: str) -> str:
        """ "sold", or the status at which it ended."""
        self._post("/basket/add", {"sku": sku, "quantity": 1}, wanted=302)
        self._send("GET", f"/checkout?sku={sku}&address={self.address}")
        form = {
            "key": secrets.token_hex(8),
            "address": self.address,
            "sku": sku,
            "quantity": 1,
            "unit_seen_fen": PRICE_FEN,
            "total_seen_fen": PRICE_FEN + FREIGHT_FEN,
        }
        status, location = self._post("/checkout/place", form)
        if status != 302:
            self._post("/basket/change", {"sku": sku, "quantity": 0}, wanted=302)
            return str(status)
        return "sold" if self._notice(location.rpartition("/")[2]) == 200 else "unpaid"

    def _notice(self, trade_no: str) -> int:
        """What the payment company would send."""
        body = json.dumps(
            {
                "id": secrets.token_hex(16),
                "event": "payment.paid",
                "resource": {
                    "merchant_id": "shanhuo-demo",
                    "app_id": "shanhuo-web",
                    "out_trade_no": trade_no,
                    "transaction_id": "T" + trade_no,
                    "trade_state": "SUCCESS",
                    "amount": {"total": PRICE_FEN + FREIGHT_FEN, "currency": "CNY"},
                },
            }
        ).encode()
        signed = signed_headers(body, keys=self.keys)
        return self._send("POST", "/notices/demo", body, {"Host": "localhost", **signed})[0]

    def _post(
        self, path: str, form: Mapping[str, object], *, wanted: int | None = None
    ) -> tuple[int, str]:
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        answer = self._send("POST", path, urlencode(form).encode(), {**self.headers, **kind})
        if wanted is not None and answer[0] != wanted:
            raise RuntimeError(f"POST {path}: {answer}")
        return answer

    def _send(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> tuple[int, str]:
        self.connection.request(method, path, body, dict(headers or self.headers))
        answer = self.connection.getresponse()
        answer.read()
        return answer.status, answer.headers.get("Location", "")
