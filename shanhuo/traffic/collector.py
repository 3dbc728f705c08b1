"""Group commit for signals: requests wait, one write and one fsync serve all of them, then each is
answered. No delay is added: a group is whatever arrived during the last fsync."""

import asyncio
import contextlib
import logging
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

from shanhuo.traffic import moments
from shanhuo.traffic.intake import Judged, Received
from shanhuo.traffic.recorder import Recorder

logger = logging.getLogger(__name__)

MOST_WAITING = 2_000
LARGEST_GROUP = 500
TURN_EVERY_S = 5


class Busy(Exception):
    """More requests wait than the disk can serve soon. Nothing was taken; come back later."""


class DiskRefused(Exception):
    """The disk did not take the group. Nothing was taken; the same signals may come again."""


@dataclass(slots=True)
class _Waiting:
    received: Received
    answer: asyncio.Future[list[int]]


class Collector:
    """The signals of one process. Lives on its event loop; only the disk is left to a thread."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._disk = ThreadPoolExecutor(1, thread_name_prefix="signals-disk")
        self._waiting: list[_Waiting] = []
        self._loop = asyncio.get_running_loop()
        self._working: asyncio.Task[None] | None = None
        self._turning = self._loop.create_task(self._turn_idle_segments())

    async def take(self, received: Received) -> list[int]:
        """Counts by verdict, once all accepted signals are durable. Raises Busy or DiskRefused."""
        if len(self._waiting) >= MOST_WAITING:
            raise Busy
        waiting = _Waiting(received, self._loop.create_future())
        self._waiting.append(waiting)
        if self._working is None:
            self._working = self._loop.create_task(self._work())
        return await waiting.answer

    async def _work(self) -> None:
        """Serve groups until nobody waits."""
        try:
            while self._waiting:
                group = self._waiting[:LARGEST_GROUP]
                del self._waiting[:LARGEST_GROUP]
                await self._serve(group)
        finally:
            self._working = None

    async def _serve(self, group: list[_Waiting]) -> None:
        try:
            judged = self._recorder.judge([one.received for one in group])
            await self._write(judged, group[-1].received.at_ms)
            judged.settle()
        except OSError as trouble:
            logger.error("signals refused, the disk said: %s", trouble.strerror)
            _fail(group, DiskRefused())
        except Exception as fault:
            # A fault of ours: the group hears of it, and the next one is served all the same.
            logger.exception("a group of signals could not be served")
            _fail(group, fault)
        else:
            for one, counts in zip(group, judged.counts, strict=True):
                if not one.answer.done():
                    one.answer.set_result(counts)

    async def _write(self, judged: Judged, now_ms: int) -> None:
        if len(judged.records):
            write = partial(self._recorder.write, judged.records, now_ms=now_ms)
            await self._loop.run_in_executor(self._disk, write)

    async def _turn_idle_segments(self) -> None:
        while True:
            await asyncio.sleep(TURN_EVERY_S)
            turn = partial(self._recorder.turn, now_ms=moments.now_ms())
            with contextlib.suppress(OSError):
                await self._loop.run_in_executor(self._disk, turn)

    async def close(self) -> None:
        """Serve who waits, then close the segment."""
        self._turning.cancel()
        if self._working is not None:
            await self._working
        await self._loop.run_in_executor(self._disk, self._recorder.close)
        self._disk.shutdown()


def _fail(group: list[_Waiting], fault: Exception) -> None:
    for one in group:
        if not one.answer.done():
            one.answer.set_exception(fault)
