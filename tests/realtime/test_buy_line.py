"""The buy door in a crowd: who has to wait is told so, and asks again with a ticket."""

import asyncio
import json
from datetime import timedelta

import msgspec
import pytest

from shanhuo.kernel import clock, tokens
from shanhuo.orders import line
from shanhuo.orders.hot import Answer, State, Wish
from shanhuo.orders.services.hot import TOKEN_PURPOSE, Entry
from shanhuo.realtime import buy
from shanhuo.realtime.routes import HotAnswer, HotRequest

SALE, UNITS = 7, 3


class Posted:
    """A request with this body, as granian hands it over."""

    def __init__(self, body: bytes) -> None:
        self.body, self.headers = body, {"content-length": str(len(body))}

    async def __call__(self) -> bytes:
        return self.body


async def press(door: buy.BuyDoor, buyer: int, *, opens_in_s: int = 0, **said) -> tuple:
    opens = clock.now() + timedelta(seconds=opens_in_s)
    entry = msgspec.msgpack.encode(Entry(SALE, buyer, int(opens.timestamp() * 1_000_000)))
    token = tokens.sign(TOKEN_PURPOSE, entry, expires_at=clock.now() + timedelta(hours=1))
    posted = Posted(json.dumps({"token": token, **said}).encode())
    answer: HotAnswer = await door.buy(HotRequest(posted, posted, 2048))
    body = json.loads(answer.body)
    if answer.status >= 400:
        return answer.status, body["code"], {}
    return answer.status, body["state"], body


@pytest.fixture
def asked(monkeypatch):
    """Who asked the database, in that order; it has three units."""
    order: list[int] = []

    def decide(wishes, *, now):
        order.extend(wish.buyer_id for wish in wishes)
        left = [wish.buyer_id for wish in wishes][:UNITS]
        gone = Answer(State.SOLD_OUT)
        return [Answer(State.KEPT, 1, now) if wish.buyer_id in left else gone for wish in wishes]

    monkeypatch.setattr(line, "decide", decide)
    return order


def in_a_door(act) -> None:
    async def run() -> None:
        door = buy.BuyDoor()
        await door.start()
        try:
            await act(door)
        finally:
            await door.stop()

    asyncio.run(run())


def test_who_waits_gets_a_ticket_and_then_the_answer(asked, monkeypatch):
    monkeypatch.setattr(line, "MOST_ATTENDED", 0)

    async def act(door):
        status, state, told = await press(door, 1)
        assert (status, state, told["place"], told["again_s"]) == (202, "waiting", 1, 1)
        while not asked:
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.01)
        status, state, _ = await press(door, 1, ticket=told["ticket"])
        assert (status, state, asked) == (200, "kept", [1])

    in_a_door(act)


def test_attack_14_nobody_stands_in_line_before_the_opening(asked):
    async def act(door):
        assert await press(door, 1, opens_in_s=60) == (409, "not_open", {})
        assert await press(door, 1, opens_in_s=60, again=True) == (409, "not_open", {})
        assert asked == []

    in_a_door(act)


def test_a_crowd_is_told_from_memory_that_nothing_is_left(asked, monkeypatch):
    monkeypatch.setattr(buy, "CROWD", 0)

    async def act(door):
        door._front.hear([Wish(SALE, 1, 1)], [Answer(State.SOLD_OUT)])
        assert await press(door, 2) == (409, "sold_out", {})
        assert asked == []
        # Whose answer was lost may have got something: only the database knows.
        assert (await press(door, 2, again=True))[:2] == (200, "kept")

    in_a_door(act)
