"""A body that does not arrive in time is given up; one that arrives is not touched."""

import asyncio

import pytest

from shanhuo.realtime import bodies
from shanhuo.realtime.routes import HotRefusal, HotRequest


class Slow:
    """A request that says how long it is and sends when it is told to."""

    headers = {"content-length": "4"}

    def __init__(self) -> None:
        self.body = asyncio.get_running_loop().create_future()

    def __call__(self):
        return self.body

    def read(self) -> "asyncio.Task[bytes]":
        return asyncio.ensure_future(bodies.small_body(HotRequest(self, self, 10)))


def test_a_slow_sender_is_refused_and_others_are_not(monkeypatch):
    async def act():
        slow, other = Slow(), Slow()
        reading = slow.read()
        await asyncio.sleep(0)
        monkeypatch.setattr(bodies, "SMALL_BODY_S", -1)
        patience = bodies._patience_of(asyncio.get_running_loop())
        patience._watch()
        monkeypatch.setattr(bodies, "SMALL_BODY_S", 10)
        in_time = other.read()
        with pytest.raises(HotRefusal) as refusal:
            await reading
        assert (refusal.value.status, refusal.value.code) == (408, "too_slow")
        assert reading.cancelling() == 0
        other.body.set_result(b"body")
        assert await in_time == b"body"
        assert patience._reading == {}

    asyncio.run(act())


def test_whoever_is_cancelled_for_another_reason_stays_cancelled():
    async def act():
        reading = Slow().read()
        await asyncio.sleep(0)
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading

    asyncio.run(act())
