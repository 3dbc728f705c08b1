"""POST /hot/buy: a unit of a hot sale, answered when it is on disk.

The body is `{"token": …, "quantity": 1}`; the token was given by the sale's page to a signed-in
buyer, so no session is read here. 200 `{"state": "kept", "quantity": 1, "expires_at": …}`; the same
request again is answered alike. 409 with `code` sold_out, not_open, closed, too_many or given_back.
202 `{"state": "waiting", "place": 12000, "again_s": 3, "ticket": …}`: the wish is in the line; ask
again then, with the ticket. 401 bad_token; 503 try_again with Retry-After: send it again. Who got
no answer at all sends `"again": true`: then what is remembered to be gone counts for nothing, and
the database is asked even in a crowd.
"""

import asyncio
from datetime import datetime
from functools import lru_cache

import msgspec

from shanhuo.config import config
from shanhuo.kernel import clock, tokens
from shanhuo.orders import hot, line
from shanhuo.orders.front import Front
from shanhuo.orders.services import Entry, place_ticket, read_entry, read_place
from shanhuo.realtime.bodies import small_body
from shanhuo.realtime.routes import (
    JSON,
    NO_STORE,
    HotAnswer,
    HotRefusal,
    HotRequest,
    HotRoute,
    answer_of,
)

BODY_LIMIT = 2048
RETRY_SOON = [("retry-after", "1")]
CROWD = 500
"""So many in the line, and who comes anew is told from memory that a sale is gone."""

_HEADERS = [JSON, NO_STORE]
_WORDS = {
    hot.State.SOLD_OUT: "Sold out.",
    hot.State.NOT_OPEN: "The sale has not opened yet.",
    hot.State.CLOSED: "The sale is over.",
    hot.State.TOO_MANY: "More than one person may have.",
    hot.State.GIVEN_BACK: "What was kept for you was not ordered in time.",
    hot.State.NO_SALE: "There is no such sale.",
    hot.State.TRY_AGAIN: "Nothing was taken. Try again.",
}


class BuyBody(msgspec.Struct):
    """What the buy button sends."""

    token: str
    quantity: int = 1
    ticket: str = ""
    again: bool = False


class Kept(msgspec.Struct):
    """The answer to who got something."""

    state: str
    quantity: int
    expires_at: str


class InLine(msgspec.Struct):
    """The answer to who has to wait."""

    state: str
    place: int
    again_s: int
    ticket: str


_decoder = msgspec.json.Decoder(BuyBody)
_encoder = msgspec.json.Encoder()


class BuyDoor:
    """One line for the process, opened and closed with it."""

    def __init__(self) -> None:
        self._line: line.Line | None = None
        self._front = Front(config().redis_url)

    async def start(self) -> None:
        front = self._front
        here = line.Line(asyncio.get_running_loop(), others=front.others, tell=front.hear)
        front.share(lambda: len(here))
        line.open_here(here)
        self._line = here

    async def stop(self) -> None:
        line.open_here(None)
        await self._front.stop()
        if self._line is not None:
            await self._line.close()

    async def buy(self, request: HotRequest) -> HotAnswer:
        """Answer one POST."""
        body, now = await small_body(request), clock.now()
        wanted, entry = _read(body, now=now)
        if entry.is_early_at(now):
            return _told(hot.Answer(hot.State.NOT_OPEN))
        here = self._line
        if here is None:
            raise RuntimeError("the door is not open")
        arrived = read_place(wanted.ticket, entry=entry, now=now) if wanted.ticket else None
        is_new = arrived is None and not wanted.again
        if is_new and len(here) >= CROWD and (gone := self._front.gone(entry.sale_id)):
            return _told(hot.Answer(gone))
        arrived = here.arrive() if arrived is None else arrived
        # What does not fit the column cannot be what one person may have either.
        quantity = wanted.quantity if 0 <= wanted.quantity < 32_768 else 0
        wish = hot.Wish(entry.sale_id, entry.buyer_id, quantity)
        answer = await here.ask(wish, arrived=arrived)
        if answer.state is hot.State.WAITING:
            return _waiting(answer, wish, arrived)
        return _told(answer)


def _read(body: bytes, *, now: datetime) -> tuple[BuyBody, Entry]:
    try:
        wanted = _decoder.decode(body)
    except (msgspec.DecodeError, RecursionError) as odd:
        raise HotRefusal(400, "malformed", "Send a token and a quantity.") from odd
    try:
        return wanted, read_entry(wanted.token, now=now)
    except tokens.BadToken as bad:
        raise HotRefusal(401, bad.code, "Open the page of the sale again.") from bad


@lru_cache(maxsize=64)
def _told(answer: hot.Answer) -> HotAnswer:
    """Everybody in a round who got something, or nothing, is told the same."""
    if answer.state is hot.State.KEPT and answer.expires_at is not None:
        kept = Kept("kept", answer.quantity, answer.expires_at.isoformat())
        return HotAnswer(200, _encoder.encode(kept), _HEADERS)
    return answer_of(_refusal(answer.state))


def _waiting(answer: hot.Answer, wish: hot.Wish, arrived_us: int) -> HotAnswer:
    ticket = place_ticket(
        sale_id=wish.sale_id, buyer_id=wish.buyer_id, arrived_us=arrived_us, now=clock.now()
    )
    told = InLine("waiting", answer.place, answer.again_s, ticket)
    return HotAnswer(202, _encoder.encode(told), _HEADERS)


def _refusal(state: hot.State) -> HotRefusal:
    if state is hot.State.TRY_AGAIN:
        return HotRefusal(503, state.value, _WORDS[state], headers=RETRY_SOON)
    return HotRefusal(409, state.value, _WORDS[state])


def route() -> HotRoute:
    """The buy door."""
    door = BuyDoor()
    return HotRoute("POST", "/hot/buy", door.buy, BODY_LIMIT, start=door.start, stop=door.stop)
