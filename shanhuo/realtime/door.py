"""The one public port: `granian --interface rsgi shanhuo.realtime.door:app`.

Hot doors are answered here, on the event loop; files are sent by the server; every other address is
Django's, behind the bridge.
"""

import asyncio
import gc
import os
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any

import django
from django.conf import settings
from granian._granian import RSGIProtocolClosed as ProtocolClosed

from shanhuo.realtime.files import ASK_AGAIN, FOR_EVER, MEDIA_TYPES, STATIC_TYPES, Folder, send
from shanhuo.realtime.routes import HotRefusal, HotRequest, HotRoute, answer_of
from shanhuo.realtime.rsgi import HTTPProtocol, Scope

if TYPE_CHECKING:
    from shanhuo.realtime.bridge import CalmBridge


class Door:
    """The RSGI application: a table of hot doors, two folders, and the calm house behind them."""

    def __init__(self, routes: Sequence[HotRoute], bridge: "CalmBridge") -> None:
        self._routes = {(route.method, route.path): route for route in routes}
        self._methods: dict[str, list[str]] = {}
        for route in routes:
            self._methods.setdefault(route.path, []).append(route.method)
        self._bridge = bridge
        self._media = Folder(settings.MEDIA_DIR.resolve(), MEDIA_TYPES, FOR_EVER)
        self._static = Folder(
            settings.STATIC_ROOT.resolve(), STATIC_TYPES, ASK_AGAIN, has_packed=True
        )

    def __rsgi_init__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Open every door before the first request; a door that cannot open stops the process.

        Nearly all that is read meanwhile stays, so nobody looks for garbage until it is done.
        """
        gc.disable()
        loop.run_until_complete(self._each("start"))
        _settle_memory()

    def __rsgi_del__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Close the doors: what was acknowledged is on disk, what was not is refused."""
        loop.run_until_complete(self._each("stop"))
        self._bridge.shut()

    async def __rsgi__(self, scope: Scope, protocol: HTTPProtocol) -> None:
        route = self._routes.get((scope.method, scope.path))
        try:
            if route is not None:
                answer = await route.handler(HotRequest(scope, protocol, route.body_limit))
                protocol.response_bytes(answer.status, answer.headers, answer.body)
            else:
                await self._other(scope, protocol)
        except HotRefusal as refusal:
            answer = answer_of(refusal)
            protocol.response_bytes(answer.status, answer.headers, answer.body)
        except ProtocolClosed:
            # Whoever hangs up in mid-sentence must not fill the log with twenty lines each.
            return

    async def _other(self, scope: Scope, protocol: HTTPProtocol) -> None:
        path = scope.path
        if path.startswith("/media/"):
            send(scope, protocol, self._media, path.removeprefix("/media/"))
        elif path.startswith("/static/") and self._static.find(path.removeprefix("/static/")):
            send(scope, protocol, self._static, path.removeprefix("/static/"))
        elif path in self._methods:
            allowed = ", ".join(self._methods[path])
            raise HotRefusal(405, "method_not_allowed", "Not here.", headers=[("allow", allowed)])
        elif path.startswith("/hot/"):
            raise HotRefusal(404, "not_found", "There is no such door.")
        else:
            await self._bridge.answer(scope, protocol)

    async def _each(self, moment: str) -> None:
        steps: list[Callable[[], Awaitable[None]] | None]
        steps = [getattr(route, moment) for route in self._routes.values()]
        for step in dict.fromkeys(step for step in steps if step is not None):
            await step()


def _settle_memory() -> None:
    """What stands after the start stays: a garbage collector that walks it again and again, every
    few hundred signals, only costs answers."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
    gc.enable()


def build() -> Door:
    """The door of this process, with Django behind it."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shanhuo.settings")
    django.setup()
    from shanhuo.realtime.house import bridge, listed, routes  # noqa: PLC0415  needs the apps to be loaded

    return Door(listed(routes()), bridge())


def __getattr__(name: str) -> Any:
    """`app` is built when granian asks for it, so that importing this module costs nothing."""
    if name == "app":
        return build()
    raise AttributeError(name)
