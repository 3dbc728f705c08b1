"""A running demo company, a shop that hears its notices, and the platform's client of it."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from demopay.server import Company, Merchant
from shanhuo.orders.payment.demo import DemoCompany
from shanhuo.orders.payment.port import PaymentWish


@dataclass
class Heard:
    headers: dict[str, str]
    body: bytes


@dataclass
class Shop:
    """Answers notices with `answers`, one after the other, then with 200."""

    url: str = ""
    answers: list[int] = field(default_factory=list)
    heard: list[Heard] = field(default_factory=list)
    arrival: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))

    def wait_for(self, count: int) -> list[Heard]:
        """The first `count` notices; fails when they do not come."""
        for _ in range(count):
            assert self.arrival.acquire(timeout=10), f"only {len(self.heard)} notices came"
        return self.heard[:count]


@pytest.fixture
def shop() -> Iterator[Shop]:
    ears = Shop()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            ears.heard.append(Heard(headers, body))
            self.send_response(ears.answers.pop(0) if ears.answers else 200)
            self.send_header("Content-Length", "0")
            self.end_headers()
            ears.arrival.release()

        def log_message(self, format: str, *args: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        ears.url = f"http://127.0.0.1:{server.server_address[1]}"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield ears
        server.shutdown()


@pytest.fixture
def company(tmp_path: Path) -> Iterator[Company]:
    folder = tmp_path / "demopay"
    merchant = Merchant("shanhuo-demo", "shanhuo-web", folder / "merchant.pub.pem")
    with Company(data_dir=folder, port=0, merchant=merchant, time_scale=0.001) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield running
        running.shutdown()


@pytest.fixture
def client(company: Company, shop: Shop, tmp_path: Path, settings: Any) -> Iterator[DemoCompany]:
    settings.PRIVATE_DIR = tmp_path / "private"
    settings.PUBLIC_ORIGIN = shop.url
    ours = DemoCompany(
        url=company.origin,
        folder=tmp_path / "demopay",
        merchant_id="shanhuo-demo",
        app_id="shanhuo-web",
    )
    yield ours
    ours.http.close()


@pytest.fixture
def wish(shop: Shop) -> PaymentWish:
    return PaymentWish(
        trade_no="0123456789abcdef",
        amount_fen=7960,
        description="巫山脆李 ×2",
        expires_at=datetime.now(UTC) + timedelta(minutes=15),
        return_url=f"{shop.url}/checkout/0123456789abcdef",
        client_address="127.0.0.1",
        on_phone=True,
    )
