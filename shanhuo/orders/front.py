"""What every process knows in front of a hot sale: which ones are gone, and how long the lines are.

After the last unit went, a million people still press the button. For a second after a round found
a sale sold out or closed, a crowd is answered from memory; then somebody asks the database again,
so what was given back is for sale within that second. With `SHANHUO_REDIS_URL` the processes share
this twice a second. Nothing is decided here: Redis stopped, flushed or full of old keys changes how
many ask the database, never how many get something.
"""

import asyncio
import contextlib
import logging
import os
import socket
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from django.core.exceptions import ImproperlyConfigured

from shanhuo.orders.hot import Answer, State, Wish

try:
    from redis import asyncio as redis
    from redis.exceptions import RedisError
except ImportError:  # An extra: `pip install shanhuo[scale]`.
    redis, RedisError = None, OSError  # type: ignore[assignment, misc]

GONE_FOR_S = 1.0
SHARE_EVERY_S = 0.5
PATIENCE_S = 0.3
GONE_KEY = "shanhuo:hot:gone"
LINES_KEY = "shanhuo:hot:lines"
_GONE = frozenset({State.SOLD_OUT, State.CLOSED})
_log = logging.getLogger(__name__)


class Front:
    """The memory of one process, on its event loop."""

    def __init__(self, redis_url: str = "", *, wall: Callable[[], float] = time.time) -> None:
        self._url = redis_url
        self._wall = wall
        self._gone: dict[int, tuple[State, float]] = {}
        self._others: list[int] = []
        self._task: asyncio.Task[None] | None = None

    def gone(self, sale_id: int) -> State | None:
        """Sold out or closed, as far as was known within the last second."""
        found = self._gone.get(sale_id)
        if found is None:
            return None
        if not 0 <= found[1] - self._wall() <= GONE_FOR_S:
            del self._gone[sale_id]
            return None
        return found[0]

    def others(self) -> Sequence[int]:
        """How many wait in the lines of other processes, half a second ago."""
        return self._others

    def hear(self, wishes: Iterable[Wish], answers: Iterable[Answer]) -> None:
        """A round is over. Who wanted one and got none proves that none was left."""
        until = self._wall() + GONE_FOR_S
        for wish, answer in zip(wishes, answers, strict=True):
            if wish.quantity == 1 and answer.state in _GONE:
                self._gone[wish.sale_id] = (answer.state, until)

    def share(self, length: Callable[[], int]) -> None:
        """Begin to share with other processes, if there is a Redis to do it with."""
        if self._url:
            self._task = asyncio.get_running_loop().create_task(self._share(length))

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _share(self, length: Callable[[], int]) -> None:
        async with open_redis(self._url) as client:
            was_there = True
            while True:
                is_there = await self.exchange(client, length())
                if was_there != is_there:
                    _log.warning("hot sales: Redis is %s", "back" if is_there else "gone")
                was_there = is_there
                await asyncio.sleep(SHARE_EVERY_S)

    async def exchange(self, client: Any, length: int) -> bool:
        """Tell what this process knows and hear the others; False if there is no Redis now."""
        try:
            await self._exchange(client, length)
        except (RedisError, OSError):
            self._others = []
            return False
        return True

    async def _exchange(self, client: Any, length: int) -> None:
        now, me = self._wall(), f"{socket.gethostname()}:{os.getpid()}"
        mine = {str(sale): f"{state}:{until}" for sale, (state, until) in self._gone.items()}
        pipe = client.pipeline(transaction=False)
        if mine:
            pipe.hset(GONE_KEY, mapping=mine)
        pipe.hset(LINES_KEY, me, f"{length}:{now + GONE_FOR_S}")
        pipe.expire(GONE_KEY, 60).expire(LINES_KEY, 60).hgetall(GONE_KEY).hgetall(LINES_KEY)
        *_, gone, lines = await pipe.execute()
        for sale, (state, until) in _fresh(gone, now).items():
            if sale.isdigit() and state in _GONE:
                self._gone.setdefault(int(sale), (State(state), until))
        self._others = [
            int(count)
            for process, (count, _until) in _fresh(lines, now).items()
            if process != me and count.isdigit()
        ]


def open_redis(url: str) -> Any:
    """A client that gives up soon."""
    if redis is None:
        raise ImproperlyConfigured("SHANHUO_REDIS_URL needs `pip install shanhuo[scale]`")
    return redis.Redis.from_url(url, socket_timeout=PATIENCE_S, socket_connect_timeout=PATIENCE_S)


def _fresh(rows: Mapping[bytes, bytes], now: float) -> dict[str, tuple[str, float]]:
    """Rows "word:until" that were written within the last second. Whatever else lies there, from a
    dead process or somebody else's hand, counts for nothing."""
    found = {}
    for key, value in rows.items():
        word, _, moment = value.decode(errors="replace").partition(":")
        try:
            until = float(moment)
        except ValueError:
            continue
        if 0 <= until - now <= GONE_FOR_S:
            found[key.decode(errors="replace")] = (word, until)
    return found
