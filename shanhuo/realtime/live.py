"""/hot/live/take: the pictures of a phone, piece by piece, in order, each once.

POST `{"container": "mp4"}` begins a take: `{"take": 3, "received": 0}`. PATCH with `x-take` and
`x-offset` adds a piece: 200 `{"received": n}` when it is in the file of the take. GET tells how far
the file has come, which is where a phone goes on after a cut. DELETE says that no more will come.

`x-live-ticket` says who films what; the host's page has it. 409 `wrong_offset` with `received`: go
on from there. 409 second_publisher, wrong_status; 410 `take_ended`: begin another take, or stop.
507 `disk_full` with Retry-After: keep the piece and send it again.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import msgspec
from django.conf import settings

from shanhuo.kernel import clock, tokens
from shanhuo.live import queries
from shanhuo.live.media import takes
from shanhuo.live.queries import OpenTake
from shanhuo.live.services import airing
from shanhuo.live.states import Container, TakeEnd, TakeSource
from shanhuo.realtime.bodies import small_body
from shanhuo.realtime.routes import JSON, NO_STORE, HotAnswer, HotRefusal, HotRequest, HotRoute
from shanhuo.realtime.rows import Answer, Rows

PATH = "/hot/live/take"
PIECE_BYTES = 1024 * 1024
BODY_BYTES = 1024
KNOWN_FOR_S = 1.0
MOST_KNOWN = 1024
RETRY_SOON = [("retry-after", "2")]
_HEADERS = [JSON, NO_STORE]


class Wish(msgspec.Struct):
    """What a camera records in."""

    container: str


class Who(msgspec.Struct, frozen=True):
    """What a ticket says."""

    session_id: int
    user_id: int
    is_rehearsal: bool


_decoder = msgspec.json.Decoder(Wish)


class TakeDoor:
    """Files are written in threads; what a take is, is asked at most once a second."""

    def __init__(self) -> None:
        self._rows = Rows("live-rows")
        self._ask = self._rows.ask
        self._files = ThreadPoolExecutor(4, thread_name_prefix="live-files")
        self._known: OrderedDict[tuple[int, int], tuple[float, OpenTake]] = OrderedDict()

    async def stop(self) -> None:
        await asyncio.to_thread(self._files.shutdown)
        await self._rows.stop()

    async def begin(self, request: HotRequest) -> HotAnswer:
        who = _who(request)
        try:
            wish = _decoder.decode(await small_body(request))
            container = Container(wish.container)
        except (msgspec.DecodeError, RecursionError, ValueError) as odd:
            raise HotRefusal(400, "malformed", "Send the container: mp4 or webm.") from odd
        if container is Container.FLV:
            raise HotRefusal(400, "malformed", "FLV comes by RTMP.")
        await self._file(lambda: takes.require_room(settings.DATA_DIR))
        number = await self._ask(lambda: _begin(who, container))
        return _said(take=number, received=0)

    async def tell(self, request: HotRequest) -> HotAnswer:
        take = await self._take(request)
        length = await self._file(lambda: takes.received(takes.path_of(take)))
        return _said(take=take.number, received=length)

    async def add(self, request: HotRequest) -> HotAnswer:
        """Answer one PATCH."""
        take = await self._take(request)
        if take.ended:
            raise HotRefusal(410, "take_ended", "Begin another take.")
        offset = _number(request, "x-offset")
        piece = await small_body(request)
        if not piece:
            raise HotRefusal(400, "empty", "A piece has at least one byte.")
        return _said(received=await self._file(lambda: _append(take, piece, offset)))

    async def end(self, request: HotRequest) -> HotAnswer:
        take = await self._take(request)
        await self._ask(lambda: _end(take))
        self._known.pop((take.session_id, take.number), None)
        return _said(take=take.number)

    async def _take(self, request: HotRequest) -> OpenTake:
        """The take that a ticket and a number name. A ticket opens takes of its session alone."""
        who, number = _who(request), _number(request, "x-take")
        now, key = asyncio.get_running_loop().time(), (who.session_id, number)
        asked_at, take = self._known.get(key, (0.0, None))
        if take is None or now - asked_at > KNOWN_FOR_S:
            take = await self._ask(
                lambda: queries.take_of_session(session_id=who.session_id, number=number)
            )
            if take is None:
                raise HotRefusal(404, "no_take", "There is no such take.")
            self._remember(key, now, take)
        if take.is_rehearsal != who.is_rehearsal:
            raise HotRefusal(404, "no_take", "There is no such take.")
        return take

    def _remember(self, key: tuple[int, int], now: float, take: OpenTake) -> None:
        self._known[key] = (now, take)
        self._known.move_to_end(key)
        if len(self._known) > MOST_KNOWN:
            self._known.popitem(last=False)

    async def _file(self, deed: Callable[[], Answer]) -> Answer:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._files, deed)
        except takes.WrongOffset as wrong:
            raise HotRefusal(
                409, "wrong_offset", "Go on from `received`.", received=wrong.received
            ) from wrong
        except takes.DiskFull as full:
            raise HotRefusal(
                507, "disk_full", "No room now. Keep it and send it again.", headers=RETRY_SOON
            ) from full


def _who(request: HotRequest) -> Who:
    try:
        return Who(*airing.read_ticket(request.header("x-live-ticket"), now=clock.now()))
    except (tokens.BadToken, ValueError) as bad:
        raise HotRefusal(401, "bad_token", "Open the page of the session again.") from bad


def _number(request: HotRequest, name: str) -> int:
    text = request.header(name)
    if not text.isascii() or not text.isdigit() or len(text) > 15:
        raise HotRefusal(400, "malformed", f"Send {name} as a number.")
    return int(text)


def _begin(who: Who, container: Container) -> int:
    take = airing.begin_take(
        session_id=who.session_id,
        source=TakeSource.PHONE,
        container=container,
        is_rehearsal=who.is_rehearsal,
        now=clock.now(),
    )
    return take.number


def _end(take: OpenTake) -> None:
    airing.end_take(take_id=take.take_id, why=TakeEnd.CAMERA, now=clock.now())


def _append(take: OpenTake, piece: bytes, offset: int) -> int:
    return takes.append(takes.path_of(take), piece, offset=offset)


def _said(**fields: int) -> HotAnswer:
    return HotAnswer(200, msgspec.json.encode(fields), _HEADERS)


def routes() -> list[HotRoute]:
    """The doors of a take; one state for all of them."""
    door = TakeDoor()
    return [
        HotRoute("POST", PATH, door.begin, BODY_BYTES, stop=door.stop),
        HotRoute("GET", PATH, door.tell),
        HotRoute("PATCH", PATH, door.add, PIECE_BYTES),
        HotRoute("DELETE", PATH, door.end),
    ]
