"""Who waits for a unit of a hot sale, in the order of arrival, and the thread that deals with them.

Wishes wait in a list of the event loop. It hands the first ones to a thread with one connection,
which deals with them in one transaction (`orders.hot`), and then answers them; no delay is added, a
round is whatever arrived during the last commit.

Where more arrive than can be answered within a moment, the line says so instead of keeping
connections open: "about the 12,000th, ask again in 3 s". The wish stays where it is and is dealt
with in its turn, whether or not its buyer asks again meanwhile; asking again only fetches the
answer. The moment of arrival travels in a signed ticket, so that the place is kept in another
process, too, and when a process dies. Whoever came first is dealt with first: this is a queue.
"""

import asyncio
import threading
import time
from bisect import bisect_right
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from operator import itemgetter
from queue import SimpleQueue
from typing import TypeAlias

from django.db import connection

from shanhuo.kernel import clock
from shanhuo.orders.hot import Answer, State, Wish, decide

MOST_WAITING = 100_000
"""In one process: some 40 MB. Whoever comes when it is full keeps the place by the ticket alone."""

MOST_ATTENDED = 4_000
"""Whose connections are kept open: about two rounds, some tenths of a second."""

MOST_IN_A_ROUND = 2_000
LONGEST_PAUSE_S = 15
CALM_PATIENCE_S = 3
CLOSING_S = 10

Waiting: TypeAlias = tuple[int, Wish, "asyncio.Future[Answer]"]
"""Arrival in microseconds since 1970, the wish, its answer."""

_arrival = itemgetter(0)


class Line:
    """The line of this process. Its methods run on the event loop; the rounds in a thread."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        *,
        others: Callable[[], Sequence[int]] = tuple,
        tell: Callable[[Sequence[Wish], Sequence[Answer]], None] | None = None,
    ) -> None:
        """others: how long the lines of other processes are, as far as known.

        tell: hears what became of every round, on the loop.
        """
        self._loop = loop
        self._others = others
        self._tell = tell
        self._waiting: list[Waiting] = []
        self._unattended: dict[tuple[int, int], asyncio.Future[Answer]] = {}
        self._last_us = 0
        self._per_s = 1_000.0
        self._rounds: SimpleQueue[list[Waiting] | None] = SimpleQueue()
        self._is_dealing = False
        self._thread = threading.Thread(target=self._run, name="hot-writer", daemon=True)
        self._thread.start()

    def __len__(self) -> int:
        return len(self._waiting)

    def arrive(self) -> int:
        """The moment of arrival of who comes now: never before somebody who came earlier."""
        self._last_us = max(time.time_ns() // 1_000, self._last_us + 1)
        return self._last_us

    def ask(self, wish: Wish, *, arrived: int) -> "asyncio.Future[Answer]":
        """The answer, once it is on disk; or WAITING, at once, if that will take a while."""
        key = (wish.sale_id, wish.buyer_id)
        future = self._unattended.get(key) if self._unattended else None
        if future is not None and future.done():
            return self._unattended.pop(key)
        place = self._place_of(arrived)
        if future is None:
            if place >= MOST_WAITING:
                return self._comes_later(place)
            future = self._loop.create_future()
            self._join(place, (arrived, wish, future))
        if place < MOST_ATTENDED:
            self._unattended.pop(key, None)
            return future
        self._unattended[key] = future
        return self._comes_later(place)

    def ask_from_thread(self, wish: Wish) -> Answer:
        """`ask`, for a thread that may wait a little."""

        async def ask() -> Answer:
            return await self.ask(wish, arrived=self.arrive())

        try:
            return asyncio.run_coroutine_threadsafe(ask(), self._loop).result(CALM_PATIENCE_S)
        except TimeoutError:
            return Answer(State.TRY_AGAIN)

    async def close(self) -> None:
        """Answer what waits, then stop; a database that does not answer is not waited for."""
        with suppress(TimeoutError):
            async with asyncio.timeout(CLOSING_S):
                while self._is_dealing:
                    await asyncio.sleep(0.01)
        self._rounds.put(None)
        await asyncio.to_thread(self._thread.join, CLOSING_S)

    def _place_of(self, arrived: int) -> int:
        """Nearly always the last; a ticket goes back to where it was."""
        waiting = self._waiting
        if not waiting or arrived > waiting[-1][0]:
            return len(waiting)
        return bisect_right(waiting, arrived, key=_arrival)

    def _join(self, place: int, one: Waiting) -> None:
        if len(self._waiting) >= MOST_WAITING:
            _at, last, dropped = self._waiting.pop()
            self._unattended.pop((last.sale_id, last.buyer_id), None)
            dropped.cancel()
        self._waiting.insert(place, one)
        if not self._is_dealing:
            self._is_dealing = True
            # Whoever is at the door at this moment comes into the same round.
            self._loop.call_soon(self._next_round)
        if len(self._unattended) > 2 * MOST_WAITING:
            # Answers that nobody has fetched: the database gives the same ones again.
            del self._unattended[next(iter(self._unattended))]

    def _comes_later(self, place: int) -> "asyncio.Future[Answer]":
        before = place + sum(min(place, length) for length in self._others())
        pause_s = min(LONGEST_PAUSE_S, 1 + int(place / self._per_s))
        future: asyncio.Future[Answer] = self._loop.create_future()
        future.set_result(Answer(State.WAITING, place=before + 1, again_s=pause_s))
        return future

    def _next_round(self) -> None:
        self._is_dealing = bool(self._waiting)
        if self._is_dealing:
            self._rounds.put(self._waiting[:MOST_IN_A_ROUND])
            del self._waiting[:MOST_IN_A_ROUND]

    def _run(self) -> None:
        """The thread."""
        while (wanted := self._rounds.get()) is not None:
            self._round(wanted)
        connection.close()

    def _round(self, wanted: Sequence[Waiting]) -> None:
        started = time.perf_counter()
        wishes = [wish for _at, wish, _future in wanted]
        answers = decide(wishes, now=clock.now())
        self._loop.call_soon_threadsafe(self._answer, wanted, wishes, answers)
        took_s = time.perf_counter() - started
        self._per_s += 0.2 * (len(wanted) / took_s - self._per_s)

    def _answer(
        self, wanted: Sequence[Waiting], wishes: Sequence[Wish], answers: Sequence[Answer]
    ) -> None:
        self._next_round()
        for (_at, _wish, future), answer in zip(wanted, answers, strict=True):
            if not future.done():
                future.set_result(answer)
        if self._tell is not None:
            self._tell(wishes, answers)


_here: Line | None = None


def open_here(line: Line | None) -> None:
    """The line that this process's calm pages join, too; None when it closes."""
    global _here
    _here = line


def ask_in_turn(wish: Wish, *, now: datetime) -> Answer:
    """For who comes by a calm page: from any thread, behind those who came earlier."""
    return _here.ask_from_thread(wish) if _here else decide([wish], now=now)[0]
