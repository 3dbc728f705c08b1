"""GET /hot/feed: the next clips for a viewer, without a session and without the database.

`?n=` 1 to 20 (default 10). 200 with `{"sheet", "stage", "items"}`; who comes without a true token
is a new viewer and gets one by `Set-Cookie`. 400 `bad_query`: another parameter or number.
"""

import asyncio
import logging
import sys
import threading
import time
from functools import partial

from django.conf import settings
from django.db import DatabaseError, close_old_connections, connections

from shanhuo.kernel import clock
from shanhuo.realtime.routes import (
    JSON,
    NO_STORE,
    Headers,
    HotAnswer,
    HotRefusal,
    HotRequest,
    HotRoute,
)
from shanhuo.realtime.viewers import viewer_in
from shanhuo.traffic import viewers
from shanhuo.traffic.serving import MOST_ITEMS, Serving, serving
from shanhuo.traffic.slate import LENGTH

STEP_EVERY_S = 0.5
HAND_OVER_S = 0.0005
"""How long the thread of the steps may keep Python to itself while answers wait. The usual 5 ms
are spent several times in an answer that comes in the middle of a step."""
BREATH_S = 0.01
"""How long that thread rests between the parts of a step. In a part answers get half of the core,
which is less than a busy hour asks for: a queue grows, and must be gone before the next one."""

_HEADERS: Headers = [JSON, NO_STORE]
logger = logging.getLogger(__name__)


class FeedDoor:
    """The feed of this process, and the thread that keeps it up to date."""

    def __init__(self) -> None:
        self._serving: Serving = serving()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._keep_up, name="feed-steps", daemon=True)

    async def start(self) -> None:
        """Returns when the first board stands."""
        self._serving.driven = True
        await asyncio.to_thread(self._serving.step, now=clock.now())
        self._serving.live.breathe = partial(time.sleep, BREATH_S)
        sys.setswitchinterval(HAND_OVER_S)
        self._thread.start()

    async def stop(self) -> None:
        self._stopping.set()
        await asyncio.to_thread(self._thread.join)
        try:
            await asyncio.to_thread(self._serving.close, now=clock.now())
        except DatabaseError:
            logger.exception("leases were not given back; they lapse by themselves")

    async def answer(self, request: HotRequest) -> HotAnswer:
        length = length_in(request.query)
        viewer = viewer_in(request)
        now = clock.now()
        if viewer is not None:
            answer = self._serving.answer(viewer, now=now, length=length)
            return HotAnswer(200, answer.as_json(), _HEADERS)
        viewer = viewers.new_viewer()
        answer = self._serving.answer(viewer, now=now, length=length, is_new=True)
        return HotAnswer(200, answer.as_json(), [*_HEADERS, ("set-cookie", cookie_for(viewer))])

    def _keep_up(self) -> None:
        """A step that fails leaves the last board standing; the next one tries again."""
        pause_s = STEP_EVERY_S
        while not self._stopping.wait(pause_s):
            began = time.monotonic()
            try:
                close_old_connections()
                self._serving.step(now=clock.now())
            except Exception:
                logger.exception("the feed could not be brought up to date")
            pause_s = max(BREATH_S, STEP_EVERY_S - (time.monotonic() - began))
        connections.close_all()


def length_in(query: str) -> int:
    """How many items are asked for. Refuses 400."""
    if not query:
        return LENGTH
    name, _, number = query.partition("=")
    if name != "n" or len(number) > 2 or not number.isascii() or not number.isdigit():
        raise HotRefusal(400, "bad_query", f"Only n=1 to n={MOST_ITEMS} is understood.")
    if not 1 <= int(number) <= MOST_ITEMS:
        raise HotRefusal(400, "bad_query", f"Only n=1 to n={MOST_ITEMS} is understood.")
    return int(number)


def cookie_for(viewer: viewers.Viewer) -> str:
    """The Set-Cookie value. Not readable by scripts; not sent by other sites' forms."""
    secure = "; Secure" if settings.SESSION_COOKIE_SECURE else ""
    return (
        f"{viewers.COOKIE}={viewers.write(viewer)}; Path=/; Max-Age={viewers.LIFE_S};"
        f" HttpOnly; SameSite=Lax{secure}"
    )


def route() -> HotRoute:
    door = FeedDoor()
    return HotRoute("GET", "/hot/feed", door.answer, start=door.start, stop=door.stop)
