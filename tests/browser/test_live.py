"""An evening of live selling from end to end: camera, viewer, a hole in the line, a limited offer,
the replay and its evidence."""

import json
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from playwright.sync_api import Browser, Page, expect

from shanhuo.console import launch
from tests.browser import chromium
from tests.browser.house import House
from tests.browser.waiting import until

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

CAMERA = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")
PICTURES_WITHIN_S = 60
SLOW_MS = 40_000
PIECES = 5
_SHOWN = """() => {
  const film = document.querySelector("[data-film] video");
  const frames = film?.getVideoPlaybackQuality().totalVideoFrames ?? 0;
  return {frames, sound: film?.webkitAudioDecodedByteCount ?? 0};
}"""


@pytest.fixture
def evening(platform: House) -> Iterator[dict]:
    """Planned and checked; the programs for pictures and rooms run."""
    platform.play("tests.browser.evening")
    logs = platform.data_dir / "logs"
    rooms_port = int(platform.environment["SHANHUO_ROOMS_PORT"])
    with platform.beside(
        launch.studio_program(log_path=logs / "studio.log"),
        launch.rooms_program("127.0.0.1", rooms_port, log_path=logs / "rooms.log"),
    ):
        _wait_for(rooms_port)
        yield json.loads((platform.data_dir / "evening.json").read_text())


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
    """A Chromium whose camera and microphone are invented."""
    options = chromium.launch_options()
    options["args"] += CAMERA
    program = browser.browser_type.launch(**options)
    yield program
    program.close()


def test_a_drop_is_not_the_end_and_the_evidence_holds_it_all(platform, evening, camera, phone_of):
    host = filming(camera, platform, evening["host"])
    viewer = phone_of("mei", wide=True).page
    room = f"/live/{evening['session']}"
    viewer.goto(room)
    expect(viewer.locator("[data-countdown]")).to_be_visible()

    host.goto(f"/studio/live/{evening['session']}/air")
    host.locator("[data-start-show]").click()
    until(viewer, lambda: seen(viewer)["frames"] > 20, within_s=PICTURES_WITHIN_S)
    assert seen(viewer)["sound"] > 0

    host.locator("button[value=pin]").first.click()
    expect(viewer.locator("[data-pinned]")).to_contain_text(evening["product"], timeout=SLOW_MS)

    host.context.set_offline(True)
    expect(viewer.locator("[data-gap]")).to_be_visible(timeout=SLOW_MS)
    assert sold(platform, evening) == PIECES
    host.context.set_offline(False)
    expect(viewer.locator("[data-gap]")).to_be_hidden(timeout=SLOW_MS)
    before = seen(viewer)["frames"]
    until(viewer, lambda: seen(viewer)["frames"] > before + 20, within_s=PICTURES_WITHIN_S)

    host.once("dialog", lambda dialog: dialog.accept())
    host.goto(f"/studio/live/{evening['session']}/air")
    host.locator("[data-end]").click()
    expect(host.locator("#notices")).to_contain_text("直播已结束", timeout=SLOW_MS)
    watch_the_replay(viewer, platform, room)
    compare_the_evidence(platform, evening)


def filming(camera: Browser, platform: House, session: str) -> Page:
    """The host's browser, signed in."""
    context = camera.new_context(
        base_url=platform.origin, locale="zh-CN", permissions=["camera", "microphone"]
    )
    cookie = {"name": "sessionid", "value": session, "url": platform.origin}
    context.add_cookies([cookie])
    return context.new_page()


def seen(viewer: Page) -> dict:
    """Frames and bytes of sound that the viewer's browser has decoded."""
    try:
        return dict(viewer.evaluate(_SHOWN))
    except Exception:
        return {"frames": 0, "sound": 0}


def sold(platform: House, evening: dict) -> int:
    """Everybody presses at once, and once more; how many got a piece."""

    def press(token: str) -> int:
        request = Request(  # noqa: S310  our own
            f"{platform.origin}/api/sales/{evening['offer']}/claim",
            data=b'{"quantity": 1}',
            headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
        )
        try:
            with urlopen(request, timeout=20) as answer:  # noqa: S310
                return int(answer.status in (200, 201))
        except HTTPError:
            return 0

    with ThreadPoolExecutor(8) as crowd:
        first = list(crowd.map(press, evening["tokens"]))
        again = list(crowd.map(press, evening["tokens"]))
    assert again == first
    return sum(first)


def watch_the_replay(viewer: Page, platform: House, room: str) -> None:
    make = "from shanhuo.live.tasks import make_replays; make_replays.func()"

    def is_made() -> bool:
        platform.run(make)
        viewer.goto(room)
        return "replay.m3u8" in (viewer.locator("[data-film]").get_attribute("data-film") or "")

    until(viewer, is_made)
    viewer.locator("[data-start]").click()
    until(viewer, lambda: seen(viewer)["frames"] > 20, within_s=PICTURES_WITHIN_S)


def compare_the_evidence(platform: House, evening: dict) -> None:
    """Every byte of the sealed bundle, and that both sides of the hole are in it."""
    platform.run(
        "from shanhuo.kernel import clock\n"
        "from shanhuo.live.models import Session\n"
        "from shanhuo.live.services import sealing, verifying\n"
        f"session = Session.objects.get(public_id={evening['session']!r})\n"
        "assert session.takes.count() >= 1, 'takes'\n"
        "assert list(session.steps.values_list('after', flat=True)).count('on_air') == 2\n"
        "sealing.seal(session_id=session.pk, now=clock.now())\n"
        "session.refresh_from_db()\n"
        "found = verifying.verify_bundle(bundle_id=session.bundle.pk, now=clock.now())\n"
        "assert (session.status, list(found)) == ('sealed', []), (session.status, found)\n"
    )
