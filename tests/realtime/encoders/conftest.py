"""The street before the studio: encoders come by it to a real door; stories are told of them."""

import asyncio
from collections.abc import Callable, Coroutine
from datetime import datetime
from typing import Any

import pytest
from asgiref.sync import async_to_sync, sync_to_async

from shanhuo.kernel import clock
from shanhuo.live.media import takes
from shanhuo.live.models import Session
from shanhuo.live.services import airing
from shanhuo.live.states import TakeProblem
from shanhuo.realtime.studio import rtmp as studio
from shanhuo.realtime.studio.rtmp import RtmpDoor
from tests.live.conftest import files, make_session  # noqa: F401  fixtures
from tests.ports import free_port
from tests.realtime.encoders.encoder import PATIENCE_S, Encoder

Story = Callable[["Street"], Coroutine[Any, Any, None]]


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch, files: Any) -> None:  # noqa: F811
    """What the door does now and then, it does always; its farewell and its pauses are short."""
    monkeypatch.setattr(studio, "PARTING_S", 0.2)
    monkeypatch.setattr(studio, "WRONG_PAUSE_S", 0)
    monkeypatch.setattr(studio, "ASK_EVERY_S", 0)
    monkeypatch.setattr(studio, "FLUSH_S", 0)


@pytest.fixture
def told() -> list[TakeProblem | None]:
    """What the host was told, in order."""
    return []


class Street:
    """The way to an open door; whoever came by it is seen off at the end."""

    def __init__(self, port: int) -> None:
        self.port = port
        self._came: list[Encoder] = []

    async def stranger(self) -> Encoder:
        """Somebody who has not shaken hands."""
        self._came.append(await Encoder.connect(self.port))
        return self._came[-1]

    async def encoder(self) -> Encoder:
        return await (await self.stranger()).shake_hands()

    async def filming(self, key: str, **more: Any) -> Encoder:
        """An encoder that is on air."""
        encoder = await self.encoder()
        answer = await encoder.publish(key, **more)
        assert answer["code"] == "NetStream.Publish.Start", answer
        encoder.film()
        return encoder

    async def is_open(self) -> bool:
        try:
            await self.stranger()
        except OSError:
            return False
        return True

    def leave(self) -> None:
        for one in self._came:
            one.writer.transport.abort()

    async def clear(self) -> None:
        self.leave()
        await until(lambda: len(asyncio.all_tasks()) == 1)


@pytest.fixture
def at_the_door(told: list[TakeProblem | None]) -> Callable[[Story], None]:
    """Play a story before an open door."""

    async def tell(take_id: int, problem: TakeProblem | None) -> None:
        told.append(problem)

    def play(story: Story) -> None:
        async def run() -> None:
            door, port = RtmpDoor(asked, tell), free_port()
            street = Street(port)
            await door.open("127.0.0.1", port)
            try:
                await story(street)
            finally:
                await street.clear()
                door.close()

        async_to_sync(run)()

    return play


@pytest.fixture
def show(make_session: Any, lin: Any, now: Any) -> tuple[Session, str]:  # noqa: F811
    """A session that may go on air, and its stream key."""
    session = make_session()
    return session, airing.issue_stream_key(session_id=session.pk, by=lin, now=now)


@pytest.fixture
def now() -> datetime:
    """The door lives by the real clock."""
    return clock.now()


async def asked(question: Callable[[], Any]) -> Any:
    """Rows are asked in the test's own thread and transaction."""
    return await sync_to_async(question)()


async def until(told: Callable[[], object]) -> None:
    """Poll until `told` says yes."""
    async with asyncio.timeout(PATIENCE_S):
        while not told():
            await asyncio.sleep(0.01)


def recorded(session: Session, number: int = 1) -> bytes:
    path = takes.folder_of(session.public_id) / f"take-{number:03d}.flv"
    return path.read_bytes() if path.exists() else b""
