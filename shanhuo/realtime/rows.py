"""Rows for a hot door: asked in one thread, so that its loop never waits for the database."""

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

from django.db import close_old_connections

from shanhuo.kernel.errors import Refusal
from shanhuo.realtime.routes import HotRefusal

Answer = TypeVar("Answer")


@contextmanager
def refusals() -> Iterator[None]:
    """What a service refuses, the door refuses."""
    try:
        yield
    except Refusal as refusal:
        raise HotRefusal(refusal.status, refusal.code, str(refusal)) from refusal


class Rows:
    """One thread with one connection."""

    def __init__(self, name: str) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=name)

    async def ask(self, question: Callable[[], Answer]) -> Answer:
        """The answer. Raises HotRefusal for a Refusal."""

        def asked() -> Answer:
            close_old_connections()
            return question()

        with refusals():
            return await asyncio.get_running_loop().run_in_executor(self._thread, asked)

    async def stop(self) -> None:
        await asyncio.to_thread(self._thread.shutdown)
