"""Notices to the merchant: signed, repeated until answered 2xx, and then given up.

The pauses are WeChat Pay's (24 h 4 min in all), multiplied by the company's time scale.
"""

import json
import secrets
import threading
import time
from sqlite3 import Row

import httpx

from demopay.keys import KeyPair
from demopay.signing import signed_headers
from demopay.store import Store

MINUTE = 60
HOUR = 60 * MINUTE
PAUSES_SECONDS = [
    *(15, 15, 30),
    *(3 * MINUTE, 10 * MINUTE, 20 * MINUTE, 30 * MINUTE, 30 * MINUTE, 30 * MINUTE),
    *(HOUR, 3 * HOUR, 3 * HOUR, 3 * HOUR, 6 * HOUR, 6 * HOUR),
]
ANSWER_WITHIN_SECONDS = 5
NEVER = float("inf")


def queue(store: Store, *, url: str, event: str, resource: dict[str, object]) -> None:
    """Write a notice down; the deliverer takes it from there, also after a restart."""
    notice_id = secrets.token_hex(16)
    body = json.dumps(
        {"id": notice_id, "event": event, "resource": resource}, ensure_ascii=False
    ).encode()
    store.queue_notice(url=url, body=body, notice_id=notice_id)


class Deliverer(threading.Thread):
    """Sends what is due, one notice after another."""

    def __init__(self, store: Store, keys: KeyPair, *, time_scale: float) -> None:
        super().__init__(name="notices", daemon=True)
        self.store, self.keys, self.time_scale = store, keys, time_scale
        self.wake = threading.Event()
        self.stopping = threading.Event()

    def run(self) -> None:
        """Until `stop`."""
        with httpx.Client(timeout=ANSWER_WITHIN_SECONDS, trust_env=False) as client:
            while not self.stopping.is_set():
                for notice in self.store.due_notices():
                    self._deliver(client, notice)
                self.wake.wait(timeout=min(1.0, max(0.05, 15 * self.time_scale)))
                self.wake.clear()

    def stop(self) -> None:
        """End after the notice in hand."""
        self.stopping.set()
        self.wake.set()
        self.join(timeout=ANSWER_WITHIN_SECONDS + 1)

    def _deliver(self, client: httpx.Client, notice: Row) -> None:
        delivered = self._post(client, notice)
        self.store.note_delivery(
            notice["id"], delivered=delivered, next_due_at=self._next_due_at(notice["attempts"])
        )

    def _post(self, client: httpx.Client, notice: Row) -> bool:
        headers = {
            "Content-Type": "application/json",
            **signed_headers(notice["body"], keys=self.keys),
        }
        try:
            return client.post(notice["url"], content=notice["body"], headers=headers).is_success
        except httpx.HTTPError:
            return False

    def _next_due_at(self, attempts: int) -> float:
        if attempts >= len(PAUSES_SECONDS):
            return NEVER
        return time.time() + PAUSES_SECONDS[attempts] * self.time_scale
