"""The payment company while the season is played, and a buyer's thumb on its page."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import httpx
from django.conf import settings

from shanhuo.config import config
from shanhuo.orders import services as orders

if TYPE_CHECKING:
    from shanhuo.orders.models import Payment

_STARTS_WITHIN_S = 15


@dataclass(frozen=True, slots=True)
class Till:
    """The company's pay page as buyers reach it, its books at the season's clock."""

    http: httpx.Client
    clock_file: Path

    def pay(self, payment: "Payment", *, now: datetime) -> None:
        """The buyer is sent to the company's page and presses the button there."""
        page = self.hand_over(payment, now=now)
        answer = self.http.post(urlsplit(page).path)
        if not answer.has_redirect_location:
            raise RuntimeError(f"the payment company took no money: {answer.status_code}")

    def hand_over(self, payment: "Payment", *, now: datetime) -> str:
        """Only opened: the buyer looks at the page and goes away. Returns its address."""
        self._set_clock(now)
        place = orders.hand_over(
            payment=payment,
            description="山货（演示）",
            client_address="2001:db8::1",
            on_phone=True,
            now=now,
        )
        return place.address

    def _set_clock(self, now: datetime) -> None:
        fresh = self.clock_file.with_suffix(".new")
        fresh.write_text(str(now.timestamp()))
        fresh.replace(self.clock_file)


@contextmanager
def open_till() -> Iterator[Till]:
    """Run the company as a process of its own for as long as the season is played."""
    address = urlsplit(config().demopay_url)
    books = config().demopay_dir or settings.DATA_DIR / "demopay"
    books.mkdir(parents=True, exist_ok=True)
    clock_file = books / "season-clock"
    clock_file.write_text("0")
    company = subprocess.Popen(  # noqa: S603 - our own program and arguments
        [
            *(sys.executable, "-m", "demopay", "--port", str(address.port)),
            *("--data-dir", str(books), "--clock-file", str(clock_file)),
        ],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    transport = httpx.HTTPTransport(retries=8)
    try:
        with httpx.Client(
            base_url=config().demopay_url,
            transport=transport,
            timeout=_STARTS_WITHIN_S,
            trust_env=False,
        ) as http:
            http.get("/health").raise_for_status()
            yield Till(http, clock_file)
    finally:
        company.terminate()
        company.wait()
        clock_file.unlink(missing_ok=True)
