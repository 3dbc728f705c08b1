"""W1: what the public pages of a populated platform weigh, and when they become useful on a phone.

A real Chromium at phone width, 400 kbit/s, 400 ms round trips and a CPU six times slower, with an
empty cache, against the demo season served as in production. "Useful" is the browser's own largest
contentful paint: the moment the main picture or heading of the page stands. Beside it, the same
page on a second visit, when sheet, scripts and icons are kept.
"""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from bench.lib import Figure
from tests.browser import chromium, house
from tests.browser.weighing import Scales

BYTES_PER_S = 400_000 / 8
ROUND_TRIP_MS = 400
SLOWER_CPU = 6
FIRST_VIEW_KB, SCRIPT_KB = 100.0, 45.0
USEFUL_S = 2.5

_WATCH_PAINTS = """
window.__useful = 0;
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) window.__useful = entry.startTime;
}).observe({type: "largest-contentful-paint", buffered: true});
"""


def run(quick: bool) -> list[Figure]:
    """Bytes, script bytes and seconds to the useful picture of each public page."""
    with _season() as platform, sync_playwright() as playwright:
        browser = playwright.chromium.launch(**chromium.launch_options())
        paths = _pages_of(browser, platform.origin)
        chosen = paths[:3] if quick else paths
        figures = [figure for path in chosen for figure in _weigh(browser, platform.origin, path)]
        browser.close()
    return figures


@contextmanager
def _season() -> Iterator[house.House]:
    with (
        tempfile.TemporaryDirectory(prefix="shanhuo-w1-") as folder,
        house.opened(Path(folder), season=house.DEMO_SEASON) as platform,
    ):
        yield platform


def _pages_of(browser: Browser, origin: str) -> list[str]:
    """The public pages, with one product, one post and one county of the season."""
    page = browser.new_page()
    page.goto(origin)
    first = 'document.querySelector("main a[href^=\\"{}\\"]")?.getAttribute("href")'
    found = [page.evaluate(first.format(prefix)) for prefix in ("/g/", "/p/", "/c/")]
    page.close()
    fixed = ["/", "/goods", "/watch", "/counties", "/metrics", "/search?q=李子", "/about"]
    return fixed + [path for path in found if path]


def _weigh(browser: Browser, origin: str, path: str) -> list[Figure]:
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True, locale="zh-CN"
    )
    context.add_init_script(_WATCH_PAINTS)
    try:
        scales = Scales()
        first_s = _visit(context, origin + path, scales, cached=False)
        again_s = _visit(context, origin + path, Scales(), cached=True)
    finally:
        context.close()
    name = path.split("?")[0]
    script_bytes = sum(scales.of("Script").values())
    return [
        Figure(
            "W1",
            f"first_view_kb {name}",
            scales.total() / 1000,
            "kB",
            must=FIRST_VIEW_KB,
            higher_is_better=False,
        ),
        Figure(
            "W1",
            f"script_kb {name}",
            script_bytes / 1000,
            "kB",
            must=SCRIPT_KB,
            higher_is_better=False,
        ),
        Figure(
            "W1",
            f"useful_s {name}",
            first_s,
            "s",
            baselines={"second visit": again_s},
            goal=USEFUL_S,
            higher_is_better=False,
        ),
    ]


def _visit(context: BrowserContext, address: str, scales: Scales, *, cached: bool) -> float:
    """Seconds until the useful picture, on the slow phone."""
    page = context.new_page()
    session = scales.put_under(page)
    session.send("Network.setCacheDisabled", {"cacheDisabled": not cached})
    session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER_CPU})
    conditions = {
        "offline": False,
        "latency": ROUND_TRIP_MS,
        "downloadThroughput": BYTES_PER_S,
        "uploadThroughput": BYTES_PER_S,
    }
    session.send("Network.emulateNetworkConditions", conditions)
    page.goto(address, timeout=120_000)
    useful_s = _useful_s(page)
    page.close()
    return useful_s


def _useful_s(page: Page) -> float:
    page.wait_for_load_state("networkidle", timeout=120_000)
    return float(page.evaluate("window.__useful")) / 1000
