"""An evening of live selling from end to end: camera or encoder, viewer, a hole in the line, a
limited offer, the replay and its evidence."""

import json
import os
import re
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from playwright.sync_api import Browser, CDPSession, Error, Locator, Page, Route, expect

from shanhuo.console import launch
from tests.browser import chromium, encoder
from tests.browser.house import House
from tests.browser.looking import stops
from tests.browser.waiting import until

pytestmark = pytest.mark.browser

CAMERA = ("--use-fake-device-for-media-stream=device-count=2", "--use-fake-ui-for-media-stream")
CUT_S = float(os.environ.get("LIVE_CUT_S", "8"))
"""For so long nothing comes. By hand: sixty seconds, as from behind a mountain."""
AHEAD_MS = 3 * 3600 * 1000
PICTURES_WITHIN_S = 60
THIN_LINE, ANYTHING = 8_000, -1
"""Bytes a second: more than sound asks for, less than the smallest picture."""
SLOW_MS = 40_000
PIECES = 5
_TELL_SWAPS = """() => document.addEventListener("htmx:after:swap", ({target}) => {
  if (target.id === "order") document.body.dataset.shownAnew = "";
})"""
# What a film does whose camera is turned: it has another shape.
_TURN = """film => film.srcObject.getVideoTracks()[0].applyConstraints({width: 480, height: 640})"""
_SHOWN = """() => {
  const film = document.querySelector("[data-film] video");
  const frames = film?.getVideoPlaybackQuality().totalVideoFrames ?? 0;
  return {frames, sound: film?.webkitAudioDecodedByteCount ?? 0};
}"""


@pytest.fixture(scope="module")
def evening(platform: House) -> Iterator[dict[str, Any]]:
    """Planned and checked; the programs for pictures and rooms run."""
    platform.play("tests.browser.evening")
    logs = platform.data_dir / "logs"
    rooms_port = int(platform.environment["SHANHUO_ROOMS_PORT"])
    with platform.beside(
        launch.studio_program(log_path=logs / "studio.log"),
        launch.rooms_program("127.0.0.1", rooms_port, log_path=logs / "rooms.log"),
    ):
        _wait_for(rooms_port)
        _wait_for(_rtmp_port(platform))
        yield json.loads((platform.data_dir / "evening.json").read_text())


def _rtmp_port(platform: House) -> int:
    return int(platform.environment["SHANHUO_RTMP_PORT"])


def _wait_for(port: int) -> None:
    for _ in range(300):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError(f"nothing listens on {port}")


@pytest.fixture
def camera(browser: Browser) -> Iterator[Browser]:
    """A Chromium whose two cameras and microphone are invented."""
    options = chromium.launch_options()
    options["args"] += CAMERA
    program = browser.browser_type.launch(**options)
    yield program
    program.close()


def test_a_wrong_clock_of_the_phone_changes_no_countdown(phone_of, market, evening):
    """Three hours behind the server when the page comes, and three more while it is open."""
    phone = phone_of()
    phone.context.route(re.compile("/(live|sales)/"), three_hours_ahead)
    for path, at in (
        (market.address("/live/{session}"), "[data-countdown]"),
        (f"/sales/{evening['phone']['offer']}", "[data-clock]"),
    ):
        page = phone.open(path)
        box = page.locator(f"{at}[data-until], [data-until]:has({at})")
        left = (int(box.get_attribute("data-until")) - int(box.get_attribute("data-now"))) // 1000
        clock = page.locator(at)
        until(page, lambda clock=clock, left=left: seconds_in(clock) < left)
        page.evaluate("(() => { const now = Date.now; Date.now = () => now() - 10_800_000; })()")
        shown = seconds_in(clock)
        until(page, lambda clock=clock, shown=shown: seconds_in(clock) != shown)
        assert left - 30 < seconds_in(clock) < shown


def three_hours_ahead(route: Route) -> None:
    """A page as a server says it whose clock is ahead of the browser's."""
    answer = route.fetch()
    body = re.sub(
        r'(data-(?:now|from|until)=")(\d+)',
        lambda at: f"{at[1]}{int(at[2]) + AHEAD_MS}",
        answer.text(),
    )
    route.fulfill(response=answer, body=body)


def seconds_in(clock: Locator) -> int:
    """Of a countdown: "1 天 02:03:04", with words around it."""
    days, *time = re.search(r"(?:(\d+) \S+ )?(\d\d):(\d\d):(\d\d)", clock.inner_text()).groups()
    hours, minutes, seconds = map(int, time)
    return int(days or 0) * 86_400 + hours * 3600 + minutes * 60 + seconds


def test_a_drop_is_not_the_end_and_the_evidence_holds_it_all(platform, evening, camera, phone_of):
    show = Show(platform, evening["phone"], phone_of("mei", wide=True).page)
    show.is_announced()
    host = show.desk_in(camera)
    host.locator("[data-start-show]").click()
    with typing_at_the_desk(host):
        show.is_seen_and_heard()
    show.puts_on_the_screen(host)
    show.gives_out_what_the_viewer_has(host)
    show.is_led_and_watched_by_keyboard(host)
    show.is_filmed_otherwise(host)
    show.is_bought_from_without_script(phone_of(script=False).page)
    host.context.set_offline(True)
    show.sells_through_the_gap()
    host.context.set_offline(False)
    show.goes_on()
    show.is_ended_by(host)
    show.is_replayed()
    show.is_proved(camera="phone", takes=6)


def test_an_encoder_that_is_cut_off_comes_back_to_the_same_show(
    platform, evening, browser, phone_of
):
    show = Show(platform, evening["encoder"], phone_of("mei", wide=True).page)
    show.is_announced()
    host = show.desk_in(browser)
    key = stream_key(host)
    cable = encoder.Cable(_rtmp_port(platform))
    server = f"rtmp://127.0.0.1:{cable.port}/live"
    with ExitStack() as stack:
        stack.callback(cable.close)
        with encoder.filming(server, key):
            show.is_seen_and_heard()
            show.puts_on_the_screen(host)
            cable.cut()
            show.sells_through_the_gap()
        program = stack.enter_context(encoder.filming(server, key))
        show.goes_on()
        show.is_ended_by(host)
        program.wait(encoder.ENDS_WITHIN_S)  # the studio lets go of an encoder
    show.is_replayed()
    show.is_proved(camera="encoder", takes=2)


@contextmanager
def typing_at_the_desk(host: Page) -> Iterator[None]:
    """It is shown anew all the while; who types there loses neither place nor words."""
    host.evaluate(_TELL_SWAPS)
    words = host.locator("#order [name=text]")
    words.fill("八点抽")
    yield
    host.locator("body[data-shown-anew]").wait_for()
    expect(words).to_be_focused()
    expect(words).to_have_value("八点抽")


def carry(line: CDPSession, bytes_a_second: int) -> None:
    """Upwards, as from behind a mountain."""
    limits = {"offline": False, "latency": 0, "downloadThroughput": ANYTHING}
    line.send("Network.emulateNetworkConditions", limits | {"uploadThroughput": bytes_a_second})


def stream_key(host: Page) -> str:
    """A new key, read off the page as a host does."""
    host.locator("details", has=host.locator("form[target=_blank]")).locator("summary").click()
    with host.context.expect_page() as opened:
        host.locator("form[target=_blank] button").click()
    key = opened.value.locator("#key").inner_text()
    opened.value.close()
    return key


@dataclass(slots=True)
class Show:
    """What a viewer lives through, whatever the camera is. `plan` is what `evening` has told."""

    platform: House
    plan: dict[str, Any]
    viewer: Page

    @property
    def room(self) -> str:
        return f"/live/{self.plan['session']}"

    def desk_in(self, browser: Browser) -> Page:
        """The host's page on air, signed in."""
        context = browser.new_context(
            base_url=self.platform.origin, locale="zh-CN", permissions=["camera", "microphone"]
        )
        cookie = {"name": "sessionid", "value": self.plan["host"], "url": self.platform.origin}
        context.add_cookies([cookie])
        page = context.new_page()
        page.goto(f"/studio{self.room}/air")
        return page

    def is_announced(self) -> None:
        self.viewer.goto(self.room)
        expect(self.viewer.locator("[data-countdown]")).to_be_visible()

    def is_seen_and_heard(self) -> None:
        before = self._shown()
        self._until(lambda: self._shown()["frames"] > before["frames"] + 20)
        assert self._shown()["sound"] > before["sound"]

    def puts_on_the_screen(self, host: Page) -> None:
        host.locator("button[value=pin]").first.click()
        pinned = self.viewer.locator("[data-pinned]")
        expect(pinned).to_contain_text(self.plan["product"], timeout=SLOW_MS)

    def gives_out_what_the_viewer_has(self, host: Page) -> None:
        """The open room says so in place of the button."""
        host.locator("button[value=out]").click()
        card = self.viewer.locator(f"[data-coupon='{self.plan['coupon']}']")
        expect(card).to_contain_text("已领取", timeout=SLOW_MS)
        expect(card.locator("button")).to_be_hidden()

    def is_led_and_watched_by_keyboard(self, host: Page) -> None:
        """Every stop is seen, marked and named: deeds by what they are done to."""
        for page, wanted in (
            (self.viewer, {"点赞", "说点什么", f"购买 {self.plan['product']}"}),
            (host, {f"开始讲解 {self.plan['product']}", "结束直播"}),
        ):
            page.locator("main").evaluate("at => { at.tabIndex = -1; at.focus(); }")
            found = stops(page)
            unfit = [one for one in found if not (one["marked"] and one["seen"] and one["name"])]
            assert (unfit, wanted - {one["name"] for one in found}) == ([], set())

    def is_filmed_otherwise(self, host: Page) -> None:
        """By the other camera, turned, over a line for sound alone, as sound by choice, and
        as at first: each is a take of its own, and to the viewer one film."""
        takes = [0]
        host.on("request", lambda one: takes.append(int(one.headers.get("x-take") or takes[-1])))
        self._until(lambda: takes[-1])
        sound_only = host.locator("[data-sound-only]")
        line = host.context.new_cdp_session(host)
        for change, state in (
            (host.locator("[data-switch]").click, "live"),
            (lambda: host.locator("[data-preview]").evaluate(_TURN), "live"),
            (lambda: carry(line, THIN_LINE), "sound"),
            (lambda: carry(line, ANYTHING) or sound_only.click(), "chosen"),
            (sound_only.click, "live"),
        ):
            before = takes[-1]
            change()
            self._until(lambda before=before: takes[-1] > before)
            camera = host.locator(f"[data-golive][data-camera={state}]")
            expect(camera).to_be_visible(timeout=SLOW_MS)
        line.detach()
        self.is_seen_and_heard()
        assert self.viewer.locator("[data-gap]").is_hidden()

    def is_bought_from_without_script(self, reader: Page) -> None:
        """The page says where the picture is, shows the goods and leads to them."""
        reader.goto(self.room)
        film = reader.locator("[data-film] video")
        expect(film).to_have_attribute("controls", "")
        assert (film.get_attribute("src") or "").endswith("/index.m3u8")
        expect(reader.locator("[data-film] noscript p")).to_be_visible()
        reader.locator("[data-goods] li a.button").first.click()
        expect(reader.locator("h1")).to_contain_text(self.plan["product"])

    def sells_through_the_gap(self) -> None:
        """The line is cut: the room says so, its cart stays open."""
        since = time.monotonic()
        expect(self.viewer.locator("[data-gap]")).to_be_visible(timeout=SLOW_MS)
        assert self._sold() == PIECES
        self._until(lambda: time.monotonic() - since >= CUT_S)

    def goes_on(self) -> None:
        expect(self.viewer.locator("[data-gap]")).to_be_hidden(timeout=SLOW_MS)
        self.is_seen_and_heard()

    def is_ended_by(self, host: Page) -> None:
        host.once("dialog", lambda dialog: dialog.accept())
        host.goto(f"/studio{self.room}/air")
        host.locator("[data-end]").click()
        expect(host.locator("#notices")).to_contain_text("直播已结束", timeout=SLOW_MS)
        host.context.close()

    def is_replayed(self) -> None:
        make = "from shanhuo.live.tasks import make_replays; make_replays.func()"
        film = self.viewer.locator("[data-film]")

        def is_made() -> bool:
            self.platform.run(make)
            self.viewer.goto(self.room)
            return "replay.m3u8" in (film.get_attribute("data-film") or "")

        self._until(is_made)
        self.viewer.locator("[data-start]").click()
        self.is_seen_and_heard()

    def is_proved(self, *, camera: str, takes: int) -> None:
        """Every byte of the sealed bundle, and that both sides of the hole are in it. A phone may
        go on in the take that it had, so `takes` are those that there are at least."""
        self.platform.run(
            "from shanhuo.kernel import clock\n"
            "from shanhuo.live.models import Session\n"
            "from shanhuo.live.services import sealing, verifying\n"
            f"session = Session.objects.get(public_id={self.plan['session']!r})\n"
            "sources = list(session.takes.values_list('source', flat=True))\n"
            f"assert len(sources) >= {takes} and set(sources) == {{{camera!r}}}, sources\n"
            "assert list(session.steps.values_list('after', flat=True)).count('on_air') == 2\n"
            "sealing.seal(session_id=session.pk, now=clock.now())\n"
            "session.refresh_from_db()\n"
            "found = verifying.verify_bundle(bundle_id=session.bundle.pk, now=clock.now())\n"
            "assert (session.status, list(found)) == ('sealed', []), (session.status, found)\n"
        )

    def _shown(self) -> dict[str, int]:
        """Frames and bytes of sound that the viewer's browser has decoded."""
        try:
            return dict(self.viewer.evaluate(_SHOWN))
        except Error:  # the page is on its way to another address
            return {"frames": 0, "sound": 0}

    def _until(self, told: Any) -> None:
        until(self.viewer, told, within_s=max(PICTURES_WITHIN_S, 2 * CUT_S))

    def _sold(self) -> int:
        """Everybody presses at once, and once more; how many got a piece."""
        with ThreadPoolExecutor(8) as crowd:
            first = list(crowd.map(self._press, self.plan["tokens"]))
            again = list(crowd.map(self._press, self.plan["tokens"]))
        assert again == first
        return sum(first)

    def _press(self, token: str) -> int:
        request = Request(  # noqa: S310  our own
            f"{self.platform.origin}/api/sales/{self.plan['offer']}/claim",
            data=b'{"quantity": 1}',
            headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
        )
        try:
            with urlopen(request, timeout=20) as answer:  # noqa: S310
                return int(answer.status in (200, 201))
        except HTTPError:
            return 0
