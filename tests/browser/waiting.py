"""Waiting for what shall come: on conditions, never for a time."""

import time
from collections.abc import Callable

from playwright.sync_api import Page

LONGEST_S = 15
OFTEN_S = 0.1

# True when every picture on the screen has come; pages fetch the rest later, or never.
_PICTURES_STAND = """
[...document.images].every((image) => {
  const {top, bottom, left, right, width} = image.getBoundingClientRect();
  const seen = width && bottom > 0 && top < innerHeight && right > 0 && left < innerWidth;
  return !seen || (image.complete && !image.dataset.src);
})
"""


def until(page: Page, told: Callable[[], object], *, within_s: float = LONGEST_S) -> None:
    """Wait until `told` says yes; the content policy forbids to poll inside the page."""
    deadline = time.monotonic() + within_s
    while not told():
        assert time.monotonic() < deadline, "it did not come"
        page.wait_for_timeout(OFTEN_S * 1000)


def until_first_view(page: Page, *, within_s: float = LONGEST_S) -> None:
    """Wait until everything that the first screen shows has come, and the line is silent."""
    page.wait_for_load_state("networkidle", timeout=within_s * 1000)
    until(page, lambda: page.evaluate(_PICTURES_STAND), within_s=within_s)
    page.wait_for_load_state("networkidle", timeout=within_s * 1000)
