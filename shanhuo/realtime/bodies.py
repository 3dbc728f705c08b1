"""Reading a request body without trusting its sender: bounded in size and in time."""

import asyncio
from collections.abc import Awaitable
from functools import lru_cache
from itertools import takewhile
from tempfile import SpooledTemporaryFile
from typing import Any

from shanhuo.realtime.routes import HotRefusal, HotRequest
from shanhuo.realtime.rsgi import HTTPProtocol, Scope

SMALL_BODY_S = 10
"""A hot body is at most some tens of kilobytes: who needs longer holds the door open on purpose."""

PATIENCE_S = 30
SLOWEST_BYTES_PER_S = 2_000
"""A large body may take PATIENCE_S and then must keep this pace: slower than a village on GPRS is
somebody who only wants to hold the line."""

IN_MEMORY_BYTES = 256 * 1024


async def small_body(request: HotRequest) -> bytes:
    """The whole body of a hot request. Refuses 411 without a length, 413 beyond the limit, 408 when
    it does not arrive in time."""
    declared = request.header("content-length")
    if not declared.isascii() or not declared.isdigit():
        raise HotRefusal(411, "length_required", "Send Content-Length.")
    if int(declared) > request.body_limit:
        raise _too_large()
    return await _patience_of(asyncio.get_running_loop()).read(request.protocol())


class _Patience:
    """One timer for all bodies that are on their way, once a second. A timer for each, as
    `asyncio.timeout` sets it, took a third of the door's time of a hot request."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._reading: dict[asyncio.Task[Any], float] = {}
        self._is_watching = False

    async def read(self, body: Awaitable[bytes]) -> bytes:
        """The body; refuses 408 when it does not arrive in time."""
        task = asyncio.current_task()
        assert task is not None  # noqa: S101  only tasks await
        self._reading[task] = self._loop.time()
        if not self._is_watching:
            self._watch()
        try:
            return await body
        except asyncio.CancelledError as end:
            if task in self._reading:
                raise
            task.uncancel()
            raise _too_slow() from end
        finally:
            self._reading.pop(task, None)

    def _watch(self) -> None:
        """Give up those who began too long ago; they stand in the order in which they began."""
        limit = self._loop.time() - SMALL_BODY_S
        for task in list(takewhile(lambda one: self._reading[one] < limit, self._reading)):
            del self._reading[task]
            task.cancel()
        self._is_watching = bool(self._reading)
        if self._is_watching:
            self._loop.call_later(1, self._watch)


_patience_of = lru_cache(maxsize=1)(_Patience)
"""That of the loop of this process."""


async def spooled_body(
    scope: Scope, protocol: HTTPProtocol, *, limit: int
) -> tuple[SpooledTemporaryFile[bytes], int]:
    """The body in a file that moves to disk when it grows, and its length. Refuses 413 and 408.

    Read to the end before a thread is taken: a slow sender holds a few kilobytes, never a thread.
    """
    refuse_declared_size(scope, limit)
    spool: SpooledTemporaryFile[bytes] = SpooledTemporaryFile(max_size=IN_MEMORY_BYTES)  # noqa: SIM115
    try:
        received = await _copy(protocol, spool, limit)
    except BaseException:
        spool.close()
        raise
    spool.seek(0)
    return spool, received


async def _copy(protocol: HTTPProtocol, spool: SpooledTemporaryFile[bytes], limit: int) -> int:
    received = 0
    started = asyncio.get_running_loop().time()
    try:
        async with asyncio.timeout(PATIENCE_S) as patience:
            async for piece in protocol:
                received += len(piece)
                if received > limit:
                    raise _too_large()
                spool.write(piece)
                patience.reschedule(started + PATIENCE_S + received / SLOWEST_BYTES_PER_S)
    except TimeoutError as late:
        raise _too_slow() from late
    return received


def refuse_declared_size(scope: Scope, limit: int) -> None:
    """413 at once when the sender itself says that the body is too large."""
    declared: str | None = scope.headers.get("content-length")
    if declared and declared.isdigit() and int(declared) > limit:
        raise _too_large()


def _too_slow() -> HotRefusal:
    return HotRefusal(408, "too_slow", "The body did not arrive in time.")


def _too_large() -> HotRefusal:
    return HotRefusal(413, "too_large", "The body is larger than this address accepts.")
