"""L4: from a phone's browser to a viewer's: how late the picture is, and how soon it is there.

One real Chromium is both: its camera is a canvas that paints the time into the picture as black and
white squares, filmed and sent by `web/golive.js`; another page shows it with `web/player.js` over a
line of 400 kbit/s or 4 Mbit/s and reads the squares back from what is on its screen. Nothing is
estimated from playlists.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from bench.lib import Figure, Server, granian, server
from tests.browser.chromium import launch_options

PORT, RTMP_PORT = 8116, 8117
ROOT = Path(__file__).parents[1]
QUIET = (
    "--disable-background-timer-throttling",
    "--disable-backgrounding-occluded-windows",
    "--disable-renderer-backgrounding",
    "--autoplay-policy=no-user-gesture-required",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
)
FILMS = "[data-camera=live], [data-camera=small], [data-camera=sound]"
LINES = (("400 kbit/s", 400_000, 100), ("4 Mbit/s", 4_000_000, 40))
CAMERA = """
const canvas = Object.assign(document.createElement("canvas"), { width: 1280, height: 720 });
const pen = canvas.getContext("2d");
setInterval(() => {
  const now = Date.now() % 2 ** 24;
  pen.fillStyle = `hsl(${now / 50 % 360} 60% 50%)`;
  pen.fillRect(0, 0, 1280, 720);
  pen.fillStyle = "white";
  pen.fillRect(640 + 500 * Math.sin(now / 700), 300, 60, 60);
  for (let bit = 0; bit < 24; bit += 1) {
    pen.fillStyle = now >> bit & 1 ? "white" : "black";
    pen.fillRect(bit * 52 + 16, 600, 52, 100);
  }
}, 40);
const real = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
navigator.mediaDevices.getUserMedia = async (wish) => {
  const stream = canvas.captureStream(25);
  for (const track of (await real({ audio: wish.audio })).getTracks()) stream.addTrack(track);
  return stream;
};
"""
HOST = """<!doctype html>
<section data-golive data-door="/hot/live/take" data-show-ticket="{ticket}">
<video data-preview muted playsinline autoplay></video><p data-camera-state></p>
<button data-switch></button><button data-sound-only></button>
<div data-camera-start><button data-start-show></button></div>
<button data-stop></button></section><script type="module" src="/static/web/golive.js"></script>"""
VIEWER = """<!doctype html><section data-film="{film}" data-live><video muted playsinline></video>
<button data-start></button><button data-sound></button></section>
<script type="module" src="/static/web/player.js"></script>"""
EYES = """
window.seen = [];
const begun = performance.timeOrigin;
document.addEventListener("DOMContentLoaded", () => {
  const video = document.querySelector("video");
  const canvas = document.createElement("canvas");
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  const look = () => {
    const { videoWidth: width, videoHeight: height } = video;
    Object.assign(canvas, { width, height });
    pen.drawImage(video, 0, 0);
    let read = 0;
    for (let bit = 0; bit < 24; bit += 1) {
      const [red] = pen.getImageData((bit * 52 + 42) / 1280 * width, 650 / 720 * height, 1, 1).data;
      if (red > 127) read |= 1 << bit;
    }
    const now = Date.now();
    window.seen.push([now - begun, (now % 2 ** 24 - read + 2 ** 24) % 2 ** 24, height]);
    video.requestVideoFrameCallback(look);
  };
  video.requestVideoFrameCallback(look);
});
"""


@dataclass(frozen=True, slots=True)
class Seen:
    """What a viewer saw over one line."""

    first_s: float
    late_s: list[float]
    height: int

    @property
    def middle_s(self) -> float:
        return statistics.median(self.late_s)

    @property
    def worst_s(self) -> float:
        return statistics.quantiles(self.late_s, n=20)[-1]


def run(quick: bool) -> list[Figure]:
    """Both lines, after the session has been on air for some seconds."""
    watched_s = 10 if quick else 30
    with tempfile.TemporaryDirectory(prefix="bench-l4-") as name, _house(Path(name)) as house:
        env, studio = house
        session = _session(env, "another")
        with sync_playwright() as play:
            options = launch_options()
            options["args"] += QUIET
            browser = play.chromium.launch(**options)
            host = _host(browser, session)
            began, cpu = time.monotonic(), studio.cpu_s()
            seen = {line[0]: _watch(browser, session, line, watched_s) for line in LINES}
            share = (studio.cpu_s() - cpu) / (time.monotonic() - began)
            state = host.locator("section").get_attribute("data-camera")
            browser.close()
    return [figure for name, one in seen.items() for figure in _figures(name, one, share, state)]


def _figures(name: str, seen: Seen, share: float, state: str | None) -> list[Figure]:
    note = f"95 % within {seen.worst_s:.2f} s, {len(seen.late_s)} frames of {seen.height} lines; "
    note += f"studio {share:.2f} of a core with 480p drawn; camera: {state}"
    return [
        Figure(
            "l4",
            f"late_s ({name})",
            seen.middle_s,
            "s",
            must=5,
            goal=2,
            higher_is_better=False,
            note=note,
        ),
        Figure(
            "l4", f"start_s ({name})", seen.first_s, "s", must=3, goal=1, higher_is_better=False
        ),
    ]


@contextmanager
def _house(folder: Path) -> Iterator[tuple[dict[str, str], Server]]:
    """Web and studio of an empty platform."""
    env = {
        "SHANHUO_DATA_DIR": str(folder),
        "SHANHUO_RTMP_PORT": str(RTMP_PORT),
        "SHANHUO_RTMP_HOST": "127.0.0.1",
        "SHANHUO_PUBLIC_ORIGIN": f"http://localhost:{PORT}",
    }
    _session(env, "first")
    web = granian("shanhuo.realtime.door:app", port=PORT, interface="rsgi")
    studio = [sys.executable, "-m", "shanhuo.realtime.studio"]
    with (
        server(web, port=PORT, env=env, log=folder / "web.log", core=None),
        server(studio, port=RTMP_PORT, env=env, log=folder / "studio.log", core=None) as program,
    ):
        yield env, program


def _session(env: dict[str, str], which: str) -> dict[str, str]:
    command = [sys.executable, "-m", "bench._l4_house", which]
    said = subprocess.run(
        command, env={**os.environ, **env}, cwd=ROOT, capture_output=True, check=True
    )
    answer: dict[str, str] = json.loads(said.stdout.splitlines()[-1])
    return answer


def _host(browser: Browser, session: dict[str, str]) -> Page:
    """A camera that films until the browser closes."""
    context = browser.new_context(permissions=["microphone", "camera"])
    page = context.new_page()
    page.add_init_script(CAMERA)
    page.route(
        "**/host",
        lambda route: route.fulfill(content_type="text/html", body=HOST.format(**session)),
    )
    page.goto(f"http://localhost:{PORT}/host")
    page.evaluate("document.querySelector('[data-start-show]').click()")
    page.wait_for_selector(FILMS, state="attached", timeout=45_000)
    film, deadline = f"http://localhost:{PORT}{session['film']}", time.monotonic() + 30
    while page.request.get(film).status != 200 and time.monotonic() < deadline:
        page.wait_for_timeout(200)
    page.wait_for_timeout(6_000)
    return page


def _watch(
    browser: Browser, session: dict[str, str], line: tuple[str, int, int], seconds: int
) -> Seen:
    _, bits, delay_ms = line
    context = browser.new_context()
    page = context.new_page()
    tools: Any = context.new_cdp_session(page)
    tools.send("Network.enable")
    pace = {
        "offline": False,
        "latency": delay_ms,
        "downloadThroughput": bits / 8,
        "uploadThroughput": bits / 8,
    }
    tools.send("Network.emulateNetworkConditions", pace)
    page.add_init_script(EYES)
    page.route(
        "**/viewer",
        lambda route: route.fulfill(content_type="text/html", body=VIEWER.format(**session)),
    )
    page.goto(f"http://localhost:{PORT}/viewer")
    page.wait_for_function("window.seen.length > 0", timeout=30_000)
    page.wait_for_timeout(seconds * 1000)
    seen = page.evaluate("window.seen")
    context.close()
    # The first seconds are the start; after them the film must keep its distance.
    late = [late_ms / 1000 for at_ms, late_ms, _ in seen if at_ms > seen[0][0] + 3000]
    return Seen(seen[0][0] / 1000, late, seen[-1][2])
