"""All rooms of this process: who is let in, and the beat by which everything is told."""

import asyncio
import logging
from collections import Counter, deque
from collections.abc import Sequence
from contextlib import suppress
from typing import cast

from picows import (
    WSCloseCode,
    WSMsgType,
    WSTransport,
    WSUpgradeRequest,
    WSUpgradeResponse,
    WSUpgradeResponseWithListener,
)

from shanhuo.kernel import clock
from shanhuo.kernel.tokens import BadToken
from shanhuo.live import tickets
from shanhuo.live.services.room import Line, Verdict
from shanhuo.realtime import addresses
from shanhuo.realtime.rooms.books import Books, News, Work
from shanhuo.realtime.rooms.frames import Say
from shanhuo.realtime.rooms.guest import Guest
from shanhuo.realtime.rooms.limits import (
    BEHIND_S,
    FRAMES_PER_SWEEP,
    LINES_WAITING,
    SENT_IN_A_ROW,
    SILENT_S,
    SWEEP_ROUNDS,
    TICK_S,
)
from shanhuo.realtime.rooms.room import Room
from shanhuo.realtime.rooms.wire import Welcome, Wire

log = logging.getLogger(__name__)


class House:
    """Lives on one event loop; only `Books` works in a thread of its own."""

    def __init__(
        self, books: Books, *, proxy_count: int, sockets_per_address: int, most_guests: int
    ) -> None:
        self._books = books
        self._proxy_count = proxy_count
        self._sockets_per_address = sockets_per_address
        self._most_guests = most_guests
        self._rooms: dict[int, Room] = {}
        self._at_address: Counter[str] = Counter()
        self._guest_count = 0
        self._lines: deque[tuple[Guest, Say]] = deque()
        self._stopping = asyncio.Event()
        self.round = 0

    # The door.

    def admit(self, request: WSUpgradeRequest) -> WSUpgradeResponseWithListener:
        """Somebody knocks: a guest, or an answer that says why not."""
        path, _, query = request.path.partition(b"?")
        if path == b"/health":
            return WSUpgradeResponseWithListener(WSUpgradeResponse.create_ok_response(b"ok"), None)
        if path != b"/room" or not query.startswith(b"k="):
            return _no(404, b"not_found")
        if self._guest_count >= self._most_guests:
            return _no(503, b"full")
        try:
            text = query[2:].decode("ascii", "replace")
            ticket = tickets.read(text, now=clock.now())
        except BadToken:
            return _no(403, b"bad_ticket")
        room = self._rooms.get(ticket.session_id) or Room(ticket.session_id)
        if ticket.user_id and ticket.user_id in room.banned:
            return _no(403, b"banned")
        if room.now is not None and room.now.is_over:
            return _no(410, b"over")
        return WSUpgradeResponseWithListener(Welcome(), Guest(self, room, ticket))

    def welcome(self, guest: Guest) -> None:
        """The line stands. Too many from one address: the page polls the state file instead."""
        line = guest.transport.underlying_transport
        # One frame may wait for a slow reader; with the second it would be two, so it is dropped.
        line.set_write_buffer_limits(high=0)
        guest.address = self._address_of(guest.transport)
        _forget_headers(guest.transport)
        if self._at_address[guest.address] >= self._sockets_per_address:
            guest.address = ""
            guest.send_away(WSCloseCode.TRY_AGAIN_LATER, "too many from one address")
            return
        self._at_address[guest.address] += 1
        self._guest_count += 1
        # Two may have knocked at an empty room at the same moment.
        guest.room = self._rooms.setdefault(guest.room.session_id, guest.room)
        guest.room.enter(guest)

    def farewell(self, guest: Guest) -> None:
        if not guest.address:
            return
        self._guest_count -= 1
        self._at_address[guest.address] -= 1
        if not self._at_address[guest.address]:
            del self._at_address[guest.address]
        guest.address = ""
        guest.room.leave(guest)

    def _address_of(self, transport: WSTransport) -> str:
        forwarded = transport.request.headers.getall("x-forwarded-for", ())
        wire = cast(Wire, transport.underlying_transport)
        return addresses.behind(wire.peer, forwarded, proxy_count=self._proxy_count)

    def take_line(self, guest: Guest, said: Say) -> bool:
        """A line for the next tick; False when too many wait."""
        if len(self._lines) >= LINES_WAITING:
            return False
        self._lines.append((guest, said))
        return True

    # The beat.

    async def keep(self) -> None:
        """Tick until `stop`. Half a tick after the frames went out, the books are settled, so that
        what they say is there when the next frame is made."""
        loop = asyncio.get_running_loop()
        settling: asyncio.Task[None] | None = None
        due = loop.time() + TICK_S
        while not self._stopping.is_set():
            await self._sleep_until(due)
            self.round += 1
            await self._tell_everybody()
            if self.round % SWEEP_ROUNDS == 0:
                self._sweep()
            await self._sleep_until(due + TICK_S / 2)
            if settling is None or settling.done():
                settling = asyncio.create_task(self._settle())
            # A tick that took too long is followed by a whole one; none are made up for.
            due = max(due + TICK_S, loop.time())
        if settling is not None:
            await settling
        await self._settle()

    def stop(self) -> None:
        """End `keep` after one last telling of the database."""
        self._stopping.set()

    def close(self) -> None:
        """Send everybody away; their pages come back by themselves."""
        for room in self._rooms.values():
            for guest in list(room.guests):
                guest.send_away(WSCloseCode.SERVICE_RESTART, "")

    async def _sleep_until(self, moment: float) -> None:
        pause = moment - asyncio.get_running_loop().time()
        if pause > 0:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), pause)

    async def _tell_everybody(self) -> None:
        sent = 0
        for room in list(self._rooms.values()):
            frame = room.frame(self.round)
            if frame is None:
                continue
            for transport in list(room.ready):
                transport.send(WSMsgType.TEXT, frame)
                sent += 1
                if sent % SENT_IN_A_ROW == 0:
                    await asyncio.sleep(0)

    async def _settle(self) -> None:
        waiting = list(self._lines)
        self._lines.clear()
        known = {pk: room for pk, room in self._rooms.items() if room.now}
        work = Work(
            sums=[sums for room in known.values() if (sums := room.take_sums())],
            lines=[Line(guest.room.session_id, guest.user_id, said.b) for guest, said in waiting],
            viewers={pk: room.viewers_here for pk, room in known.items()},
            unknown=self._rooms.keys() - known.keys(),
        )
        try:
            news = await asyncio.to_thread(self._books.settle, work, now=clock.now())
        except Exception:
            # The database is away, or one of ours is wrong: the rooms go on without it.
            log.exception("the rooms could not be settled; they try again")
            for sums in work.sums:
                known[sums.session_id].put_back(sums)
            self._answer(waiting, None)
        else:
            self._answer(waiting, news.verdicts)
            self._hear(news, asked=set(known) | set(work.unknown))

    @staticmethod
    def _answer(waiting: Sequence[tuple[Guest, Say]], verdicts: Sequence[Verdict] | None) -> None:
        for place, (guest, said) in enumerate(waiting):
            verdict = verdicts[place].value if verdicts is not None else "busy"
            guest.answer(said.c, "" if verdict == Verdict.SHOWN else verdict)

    def _hear(self, news: News, *, asked: set[int]) -> None:
        """Of a room that opened meanwhile nothing was asked yet."""
        for session_id in asked & self._rooms.keys():
            room = self._rooms[session_id]
            room.now = news.rooms.get(session_id)
            if room.now:
                room.likes = news.likes[session_id]
                room.elsewhere = news.elsewhere[session_id]
                room.banned = news.banned[session_id]
                room.hear(news.changes.get(session_id, ()))
            self._show_out(room)
            if not room.guests and not room.has_untold:
                del self._rooms[session_id]

    def _show_out(self, room: Room) -> None:
        """Who was sent out leaves at once; everybody leaves a room that belongs to no session."""
        for guest in list(room.guests):
            if room.now is None or (guest.user_id and guest.user_id in room.banned):
                guest.send_away(WSCloseCode.POLICY_VIOLATION, "banned")
                self.farewell(guest)

    def _sweep(self) -> None:
        """End lines whose page has gone quietly, or does not read."""
        first_heard = self.round - SILENT_S / TICK_S
        first_behind = self.round - BEHIND_S / TICK_S
        for room in list(self._rooms.values()):
            for guest in list(room.guests):
                guest.budget = FRAMES_PER_SWEEP
                behind = guest.behind_since
                if guest.heard_round < first_heard or (behind or self.round) < first_behind:
                    guest.transport.disconnect(False)


def _no(status: int, code: bytes) -> WSUpgradeResponseWithListener:
    answer = WSUpgradeResponse.create_error_response(status, code)
    return WSUpgradeResponseWithListener(answer, None)


def _forget_headers(transport: WSTransport) -> None:
    """They were read; kept, they would be a third of what a socket costs."""
    transport.request.headers.clear()
    transport.response.headers.clear()
