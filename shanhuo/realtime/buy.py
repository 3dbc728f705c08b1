"""POST /hot/buy: a unit of a hot sale, answered when it is on disk.

The body is `{"token": …, "quantity": 1}`; the token was given by the sale's page to a signed-in
buyer, so no session is read here. 200 `{"state": "kept", "quantity": 1, "expires_at": …}`; the same
request again is answered alike. 409 with `code` sold_out, not_open, closed, too_many or given_back.
401 bad_token, 503 busy or try_again with Retry-After: send it again.
"""

import asyncio

import msgspec

from shanhuo.kernel import clock, tokens
from shanhuo.orders import hot
from shanhuo.orders.services import read_entry
from shanhuo.realtime.bodies import small_body
from shanhuo.realtime.routes import JSON, NO_STORE, HotAnswer, HotRefusal, HotRequest, HotRoute

BODY_LIMIT = 2048
RETRY_SOON = [("retry-after", "1")]
_HEADERS = [JSON, NO_STORE]
_WORDS = {
    hot.State.SOLD_OUT: "Sold out.",
    hot.State.NOT_OPEN: "The sale has not opened yet.",
    hot.State.CLOSED: "The sale is over.",
    hot.State.TOO_MANY: "More than one person may have.",
    hot.State.GIVEN_BACK: "What was kept for you was not ordered in time.",
    hot.State.NO_SALE: "There is no such sale.",
}


class BuyBody(msgspec.Struct):
    """What the buy button sends."""

    token: str
    quantity: int = 1


_decoder = msgspec.json.Decoder(BuyBody)
_encoder = msgspec.json.Encoder()


class BuyDoor:
    """One writer for the process, opened and closed with it."""

    def __init__(self) -> None:
        self._writer: hot.Writer | None = None

    async def start(self) -> None:
        self._writer = hot.Writer(asyncio.get_running_loop())

    async def stop(self) -> None:
        if self._writer is not None:
            await asyncio.to_thread(self._writer.close)

    async def buy(self, request: HotRequest) -> HotAnswer:
        """Answer one POST."""
        wish = _wish(await small_body(request))
        if self._writer is None:
            raise RuntimeError("the door is not open")
        try:
            answer = await self._writer.take(wish)
        except hot.Busy as busy:
            raise HotRefusal(
                503, "busy", "Too many are buying. Try again.", headers=RETRY_SOON
            ) from busy
        return _told(answer)


def _wish(body: bytes) -> hot.Wish:
    try:
        wanted = _decoder.decode(body)
    except (msgspec.DecodeError, RecursionError) as odd:
        raise HotRefusal(400, "malformed", "Send a token and a quantity.") from odd
    try:
        entry = read_entry(wanted.token, now=clock.now())
    except tokens.BadToken as bad:
        raise HotRefusal(401, bad.code, "Open the page of the sale again.") from bad
    # What does not fit the column cannot be what one person may have either.
    quantity = wanted.quantity if 0 <= wanted.quantity < 32_768 else 0
    return hot.Wish(entry.sale_id, entry.buyer_id, quantity)


def _told(answer: hot.Answer) -> HotAnswer:
    if answer.state is hot.State.KEPT:
        return HotAnswer(200, _encoder.encode(answer), _HEADERS)
    if answer.state is hot.State.TRY_AGAIN:
        raise HotRefusal(503, "try_again", "Nothing was taken. Try again.", headers=RETRY_SOON)
    raise HotRefusal(409, answer.state.value, _WORDS[answer.state])


def route() -> HotRoute:
    """The buy door."""
    door = BuyDoor()
    return HotRoute("POST", "/hot/buy", door.buy, BODY_LIMIT, start=door.start, stop=door.stop)
