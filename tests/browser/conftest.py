"""One platform and one Chromium for all browser tests; a fresh phone for each."""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

from shanhuo.console.demo.clips import MEDIA_DIR
from tests.browser import chromium, house
from tests.browser.people import PHONES

PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1280, "height": 800}
FEED_KNOWS_WITHIN_S = 15
POSTS = 9

# Reported by the page itself, so that a violation is seen even where the console is silent.
_WATCH = """
addEventListener("securitypolicyviolation", (event) => {
  const {violatedDirective, blockedURI, sourceFile} = event;
  console.error(`CSP: ${violatedDirective} blocked ${blockedURI} in ${sourceFile}`);
});
"""


@pytest.fixture(scope="session")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[house.House]:
    folder: Path = tmp_path_factory.mktemp("house")
    with house.opened(folder) as running:
        yield running


@dataclass(frozen=True, slots=True)
class Market:
    """Something to look at; `items` as the feed gives them."""

    items: list[dict[str, Any]]
    session: str
    heavy_photo: Path = MEDIA_DIR / "spices_market.jpg"

    def address(self, path: str) -> str:
        """`path` with the ids of the market in place of their names."""
        clip = next(item for item in self.items if item["kind"] == "clip")
        photos = next(item for item in self.items if item["kind"] == "photos")
        return path.format(
            clip=clip["id"],
            photos=photos["id"],
            author=clip["author"]["id"],
            county=clip["county"]["code"],
            product=clip["product"]["id"],
            session=self.session,
        )


@pytest.fixture(scope="session")
def market(platform: house.House) -> Market:
    """A market day in the platform, taken in by the feed."""
    platform.play("tests.browser.market")
    deadline = time.monotonic() + FEED_KNOWS_WITHIN_S
    while len(items := platform.feed()) < POSTS:
        assert time.monotonic() < deadline, platform.logs()
        time.sleep(0.1)
    told = json.loads((platform.data_dir / "market.json").read_text())
    return Market(items, told["session"])


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        program = playwright.chromium.launch(**chromium.launch_options())
        yield program
        program.close()


# (platform, person) -> the cookies of their signed-in browser.
_SESSIONS: dict[tuple[str, str], Any] = {}


@dataclass
class Phone:
    """A person's browser: remembers every complaint of every page it opened."""

    origin: str
    context: BrowserContext
    complaints: list[str] = field(default_factory=list)
    page: Page = field(init=False)

    def __post_init__(self) -> None:
        self.context.add_init_script(_WATCH)
        self.context.on("console", self._hear)
        self.context.on("weberror", lambda error: self.complaints.append(f"script: {error.error}"))
        self.page = self.context.new_page()

    def _hear(self, message: ConsoleMessage) -> None:
        # Most tests have a house without a room program: a live page then reads its file instead.
        if message.type == "error" and "/room?k=" not in message.text:
            self.complaints.append(f"{self.page.url}: {message.text} {message.location['url']}")

    def open(self, path: str) -> Page:
        self.page.goto(self.origin + path)
        return self.page

    def sign_in(self, who: str) -> Page:
        """By telephone, as everybody does; the demo shows the code on the page.

        Once per person: a number gets five codes a day, here as anywhere.
        """
        if known := _SESSIONS.get((self.origin, who)):
            self.context.add_cookies(known)
            return self.page
        page = self.open("/account/sign-in")
        page.locator("input[type=tel]").fill(PHONES[who])
        page.locator("main form button.primary").click()
        code = page.locator("[data-demo-code]").inner_text()
        page.locator("main form input:visible").fill(code)
        page.locator("main form button.primary").click()
        page.wait_for_load_state()
        _SESSIONS[self.origin, who] = self.context.cookies()
        return page


@pytest.fixture
def phone_of(
    browser: Browser, platform: house.House, request: pytest.FixtureRequest
) -> Iterator[Callable[..., Phone]]:
    """Make phones; at the end not one of them may have complained."""
    phones: list[Phone] = []

    def make(
        who: str = "", *, script: bool = True, wide: bool = False, language: str = "zh-CN"
    ) -> Phone:
        context = browser.new_context(
            viewport=DESKTOP if wide else PHONE,
            is_mobile=not wide,
            has_touch=not wide,
            locale=language,
            java_script_enabled=script,
            base_url=platform.origin,
        )
        context.set_default_timeout(15_000)
        phone = Phone(platform.origin, context)
        phones.append(phone)
        if who:
            phone.sign_in(who)
        return phone

    yield make
    complaints = [complaint for phone in phones for complaint in phone.complaints]
    for phone in phones:
        phone.context.close()
    assert complaints == []
