"""The feed on a phone: what it plays, what it loads, what it tells."""

import subprocess
import sys
import time
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Request

from shanhuo.traffic.kinds import Kind
from shanhuo.traffic.log import SignalLog
from tests.browser.house import ROOT, House

pytestmark = pytest.mark.browser

LINE = """
Object.defineProperty(navigator, "connection", {value: Object.assign(new EventTarget(),
  {type: "%s", saveData: false, effectiveType: "4g"})});
"""
FILM = "document.querySelector('.film')"


@pytest.fixture(scope="module", autouse=True)
def clips(platform: House) -> None:
    """Something to watch; the door takes it in within a second."""
    command = [sys.executable, "-m", "tests.browser.clips"]
    environment = dict(platform.environment)
    subprocess.run(command, check=True, env=environment, cwd=ROOT, capture_output=True)
    time.sleep(2)


def films(requests: list[Request]) -> list[str]:
    ends = (".mp4", ".m4s", ".m3u8")
    return [one.url for one in requests if one.url.endswith(ends)]


def watch(phone_of: Callable, line: str) -> tuple[Page, list[Request]]:
    """Open the clips on a phone with this kind of connection; remember what was asked for."""
    phone = phone_of()
    phone.context.add_init_script(LINE % line)
    asked: list[Request] = []
    phone.page.on("request", lambda one: asked.append(one))
    page = phone.open("/watch")
    page.locator(".one-by-one .clip").first.wait_for()
    return page, asked


def until(page: Page, told: Callable[[], object]) -> None:
    """Wait for what shall come; the content policy forbids to poll inside the page."""
    deadline = time.monotonic() + 15
    while not told():
        assert time.monotonic() < deadline, "it did not come"
        page.wait_for_timeout(100)


def kinds_about(platform: House) -> list[int]:
    """Kinds of all signals in the platform's log."""
    log = SignalLog(platform.data_dir / "signals")
    with log.open() as connection:
        return [row[0] for row in connection.execute("SELECT kind FROM signals").fetchall()]


def test_on_mobile_data_nothing_plays_or_loads_before_a_tap(phone_of):
    page, asked = watch(phone_of, "cellular")
    page.wait_for_timeout(1_500)
    assert films(asked) == []
    assert page.evaluate("[...document.querySelectorAll('.film')].every((film) => film.paused)")
    start = page.locator(".clip .start").first
    assert "MB" in start.inner_text()
    start.click()
    until(page, lambda: page.evaluate(f"{FILM}.currentTime > 1.2"))
    assert len(set(films(asked))) == 1
    assert not page.evaluate(f"{FILM}.muted")


def test_on_wifi_the_first_clip_plays_muted_and_is_told(phone_of, platform):
    before = kinds_about(platform)
    page, _ = watch(phone_of, "wifi")
    until(page, lambda: page.evaluate(f"{FILM}.currentTime > 1.2"))
    assert page.evaluate(f"{FILM}.muted")
    wanted = {Kind.EXPOSURE, Kind.PLAY}
    until(page, lambda: wanted <= set(new_kinds(platform, before)))


def new_kinds(platform: House, before: list[int]) -> list[int]:
    after = kinds_about(platform)
    for kind in before:
        after.remove(kind)
    return after


def test_why_is_told_and_what_is_not_wanted_goes(phone_of, platform):
    before = kinds_about(platform)
    page, _ = watch(phone_of, "cellular")
    first = page.locator(".clip").first
    unwanted = first.get_attribute("data-id")
    first.locator(".reason").click()
    page.locator("#why h2").wait_for()
    assert page.locator("#why .words p").first.inner_text()
    page.locator("[data-not-interested]").click()
    until(page, lambda: page.locator(f'[data-id="{unwanted}"]').count() == 0)
    until(page, lambda: Kind.NOT_INTERESTED in new_kinds(platform, before))


def test_signals_wait_in_the_phone_while_there_is_no_network(phone_of, platform):
    before = kinds_about(platform)
    phone = phone_of()
    page = phone.open("/watch")
    page.locator(".one-by-one .clip").first.wait_for()
    page.context.set_offline(True)
    page.locator(".clip .like").first.click()
    page.wait_for_timeout(5_000)
    assert Kind.LIKE not in new_kinds(platform, before)
    page.context.set_offline(False)
    until(page, lambda: Kind.LIKE in new_kinds(platform, before))
    # The browser itself complains of the lost network; nobody else may.
    assert all("ERR_INTERNET_DISCONNECTED" in complaint for complaint in phone.complaints)
    phone.complaints.clear()


def test_without_script_the_clips_are_a_list_that_plays_in_place(phone_of):
    page = phone_of(script=False).open("/watch")
    assert page.locator("article.clip video[controls]").first.is_visible()
    page.locator("article.clip .deed.reason").first.click()
    assert page.locator("main h2").first.inner_text()


def test_personalisation_is_switched_off_without_signing_in(phone_of):
    page = phone_of().open("/settings/feed")
    page.locator("input[name=personal]").uncheck()
    page.locator("main form button.primary").click()
    page.wait_for_url("**/watch")
    page.goto("/settings/feed")
    assert not page.locator("input[name=personal]").is_checked()
