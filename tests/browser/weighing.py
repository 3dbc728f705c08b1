"""What a page weighs over the wire, as the browser's own network log tells it."""

from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from playwright.sync_api import CDPSession, Page

MEDIA = ("video/", "application/vnd.apple")

# The budgets of docs/frontend.md, in bytes over the wire.
FIRST_VIEW = 100_000
SCRIPTS = 45_000
SHEETS = 15_000
PICTURE = 30_000


@dataclass
class Scales:
    """Sums the encoded bytes of every answer while a page is loading."""

    kinds: dict[str, str] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)
    addresses: dict[str, str] = field(default_factory=dict)

    def put_under(self, page: Page) -> CDPSession:
        """Start weighing what `page` loads, with an empty cache."""
        session = page.context.new_cdp_session(page)
        session.send("Network.enable")
        session.send("Network.setCacheDisabled", {"cacheDisabled": True})
        session.on("Network.responseReceived", self._received)
        session.on("Network.loadingFinished", self._finished)
        return session

    def total(self) -> int:
        """Everything but moving pictures: these stream on after the page is useful."""
        return sum(size for id_, size in self.sizes.items() if not self._is_media(id_))

    def of(self, kind: str) -> dict[str, int]:
        """Bytes by address of one kind: Script, Stylesheet, Image, Document, Font."""
        return {
            self.addresses[id_]: size
            for id_, size in self.sizes.items()
            if self.kinds.get(id_) == kind
        }

    def overweight(self) -> list[str]:
        """Every budget that is broken, in words; empty for a page that a village can pay."""
        sums = (
            ("first view", self.total(), FIRST_VIEW),
            ("scripts", sum(self.of("Script").values()), SCRIPTS),
            ("sheets", sum(self.of("Stylesheet").values()), SHEETS),
        )
        pictures = ((url, size, PICTURE) for url, size in self.of("Image").items())
        fonts = ((url, size, 0) for url, size in self.of("Font").items())
        weighed = chain(sums, pictures, fonts)
        return [f"{what}: {size} of {most}" for what, size, most in weighed if size > most]

    def _received(self, event: dict[str, Any]) -> None:
        id_ = event["requestId"]
        self.kinds[id_] = event["type"]
        self.addresses[id_] = event["response"]["url"]
        if event["response"]["mimeType"].startswith(MEDIA):
            self.kinds[id_] = "Media"

    def _finished(self, event: dict[str, Any]) -> None:
        self.sizes[event["requestId"]] = int(event["encodedDataLength"])

    def _is_media(self, id_: str) -> bool:
        return self.kinds.get(id_) == "Media"
