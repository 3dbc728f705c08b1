"""What a page weighs over the wire, as the browser's own network log tells it."""

from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import CDPSession, Page

MEDIA = ("video/", "application/vnd.apple")


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
