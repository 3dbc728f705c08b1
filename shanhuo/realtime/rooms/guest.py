"""One socket of one viewer."""

from typing import TYPE_CHECKING

import msgspec
from picows import WSCloseCode, WSFrame, WSListener, WSMsgType, WSTransport

from shanhuo.live.tickets import Ticket
from shanhuo.realtime.rooms.frames import Beat, Like, Said, Say, encoded, heard
from shanhuo.realtime.rooms.limits import FRAMES_PER_SWEEP, LIKES_EVERY_ROUNDS

if TYPE_CHECKING:
    from shanhuo.realtime.rooms.house import House
    from shanhuo.realtime.rooms.room import Room

BEAT = b'{"t":"hb"}'


class Guest(WSListener):
    """Listens to one page. It holds nothing that grows: no queue of frames, no unread text."""

    __slots__ = (
        "address",
        "behind_since",
        "budget",
        "came",
        "heard_round",
        "house",
        "liked_round",
        "may_write",
        "room",
        "transport",
        "user_id",
        "viewer",
    )

    transport: WSTransport

    def __init__(self, house: "House", room: "Room", ticket: Ticket) -> None:
        self.house, self.room = house, room
        self.viewer, self.user_id = ticket.viewer, ticket.user_id
        self.may_write, self.came = ticket.may_write, ticket.came
        self.address = ""
        self.behind_since: int | None = None
        self.budget = FRAMES_PER_SWEEP
        self.heard_round = house.round
        self.liked_round = -LIKES_EVERY_ROUNDS

    def on_ws_connected(self, transport: WSTransport) -> None:
        self.transport = transport
        self.house.welcome(self)

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        self.house.farewell(self)

    def pause_writing(self) -> None:
        """The system's buffer is full: frames are dropped for this reader from now on."""
        self.behind_since = self.house.round
        self.room.ready.pop(self.transport, None)

    def resume_writing(self) -> None:
        self.behind_since = None
        if self in self.room.guests:
            self.room.ready[self.transport] = None

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        self.heard_round = self.house.round
        self.budget -= 1
        if self.budget < 0:
            self.send_away(WSCloseCode.POLICY_VIOLATION, "too many frames")
        elif frame.msg_type == WSMsgType.TEXT and frame.fin:
            payload = frame.get_payload_as_bytes()
            if payload != BEAT:
                self._hear(payload)
        elif frame.msg_type == WSMsgType.CLOSE:
            self.send_away(WSCloseCode.OK, "")
        elif frame.msg_type == WSMsgType.PING:
            if self.behind_since is None:
                transport.send_pong(frame.get_payload_as_bytes())
        elif frame.msg_type != WSMsgType.PONG:
            self.send_away(WSCloseCode.UNSUPPORTED_DATA, "texts only")

    def _hear(self, payload: bytes) -> None:
        try:
            said = heard(payload)
        except (msgspec.DecodeError, UnicodeDecodeError):
            self.send_away(WSCloseCode.INVALID_TEXT, "not understood")
            return
        if isinstance(said, Like):
            if self.house.round - self.liked_round >= LIKES_EVERY_ROUNDS:
                self.liked_round = self.house.round
                self.room.like(said.n)
        elif isinstance(said, Say):
            self._say(said)
        else:
            assert isinstance(said, Beat)  # noqa: S101  written with spaces, perhaps

    def _say(self, said: Say) -> None:
        if not self.may_write:
            self.answer(said.c, "not_allowed")
        elif not self.house.take_line(self, said):
            self.answer(said.c, "busy")

    def answer(self, nonce: str, why: str = "") -> None:
        """Tell the writer what became of a line; one who is behind is not told."""
        if self.behind_since is None:
            self.transport.send(WSMsgType.TEXT, encoded(Said(nonce, not why, why)))

    def send_away(self, code: WSCloseCode, reason: str) -> None:
        """Say why, and end the line; somebody who does not read is not waited for."""
        self.transport.send_close(code, reason)
        self.transport.disconnect(self.behind_since is None)
