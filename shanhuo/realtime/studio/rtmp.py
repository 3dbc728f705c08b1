"""The door for encoders (OBS and others): publishing by RTMP, and nothing else.

`rtmp://host:port/live`, with the stream key of the session. A wrong key is refused after a moment,
logged without the key, and an address that tries many is not listened to for a while. A connection
holds a bounded number of bytes, and must have shaken hands and named its key within seconds.
"""

import asyncio
import struct
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import suppress
from typing import Any

import structlog
from django.conf import settings
from django.db import Error as DatabaseError

from shanhuo.kernel import clock
from shanhuo.kernel.errors import Refusal
from shanhuo.live import queries
from shanhuo.live.media import flv, rtmp, takes
from shanhuo.live.media.frames import Damaged
from shanhuo.live.media.rtmp import ChunkReader, Message
from shanhuo.live.queries import OpenTake
from shanhuo.live.services import airing
from shanhuo.live.states import TakeEnd, TakeProblem
from shanhuo.live.transitions import WrongStatus
from shanhuo.realtime.wrong_keys import WrongKeys

HANDSHAKE_S = 5.0
KEY_S = 10.0
SILENCE_S = 20.0
READ_BYTES = 64 * 1024
ACK_EVERY = 1_000_000
ASK_EVERY_S = 1.0
MOST_LINES, MOST_LINES_EACH = 256, 16
WRONG_PAUSE_S = 0.5
FLUSH_BYTES, FLUSH_S = 64 * 1024, 0.1
PARTING_S = 1.0

log = structlog.get_logger("shanhuo.rtmp")
Ask = Callable[[Callable[[], Any]], Awaitable[Any]]
Tell = Callable[[int, TakeProblem | None], Awaitable[None]]


class Refused(Exception):
    """The line is closed; why is in the log."""


class RtmpDoor:
    """Listens for encoders. `ask` runs a question to the database, `tell` notes a problem."""

    def __init__(self, ask: Ask, tell: Tell) -> None:
        self._ask = ask
        self._tell = tell
        self._lines: Counter[str] = Counter()
        self._wrong = WrongKeys()
        self._server: asyncio.Server | None = None

    async def open(self, host: str, port: int) -> None:
        self._server = await asyncio.start_server(self._meet, host, port, limit=READ_BYTES)

    def close(self) -> None:
        if self._server is not None:
            self._server.close()

    async def _meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        address = str((writer.get_extra_info("peername") or ("?",))[0])
        self._lines[address] += 1
        try:
            self._refuse_crowd(address)
            await _Publisher(self, address, reader, writer).serve()
        except (Refused, Damaged, TimeoutError, Refusal, DatabaseError) as why:
            log.warning("encoder_refused", address=address, why=str(why) or type(why).__name__)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            await _part(reader, writer)
            self._lines[address] -= 1
            self._lines += Counter()

    def _refuse_crowd(self, address: str) -> None:
        """An nginx-rtmp of ours brings many encoders and has asked about each."""
        is_crowd = self._lines[address] > MOST_LINES_EACH and address not in settings.RTMP_RELAYS
        if is_crowd or self._lines.total() > MOST_LINES:
            raise Refused("too many lines")
        if self._wrong.are_too_many(address):
            raise Refused("too many wrong keys")

    def note_wrong(self, address: str) -> None:
        if address not in settings.RTMP_RELAYS:
            self._wrong.note(address)

    async def begin(self, key: str, *, is_rehearsal: bool) -> OpenTake:
        """A take for whoever has the key. Raises WrongKey, WrongStatus, SecondPublisher."""
        take: OpenTake | None = await self._ask(lambda: _begin(key, is_rehearsal))
        if take is None:
            raise Refused("no take")
        return take

    async def end(self, take: OpenTake) -> None:
        await self._ask(
            lambda: airing.end_take(take_id=take.take_id, why=TakeEnd.CAMERA, now=clock.now())
        )

    async def look(self, take: OpenTake) -> OpenTake | None:
        """The take as it stands now; as it was while the database is away."""
        try:
            row: OpenTake | None = await self._ask(
                lambda: queries.take_of_session(session_id=take.session_id, number=take.number)
            )
        except DatabaseError:
            return take
        return row

    async def tell(self, take: OpenTake, problem: TakeProblem | None) -> None:
        await self._tell(take.take_id, problem)


def _begin(key: str, is_rehearsal: bool) -> OpenTake | None:
    take = airing.begin_encoder_take(key=key, is_rehearsal=is_rehearsal, now=clock.now())
    return queries.take_of_session(session_id=take.session_id, number=take.number)


async def _part(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Let the encoder read our last word. What it still sends is thrown away for a moment: the
    kernel would take the word back if we closed on unread bytes."""
    with suppress(ConnectionError, TimeoutError, OSError):
        async with asyncio.timeout(PARTING_S):
            writer.write_eof()
            while await reader.read(READ_BYTES):
                pass
    writer.transport.abort()


class _Publisher:
    """One connection, from its handshake to its end."""

    def __init__(
        self,
        door: RtmpDoor,
        address: str,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        self._door = door
        self._address = address
        self._reader = reader
        self._writer = writer
        self._app = ""
        self._key = ""
        self._take: OpenTake | None = None
        self._setups: dict[int, bytes] = {}
        self._file = b""
        self._written = 0
        self._flushed_at = 0.0
        self._is_full = False
        self._asked_at = 0.0

    async def serve(self) -> None:
        async with asyncio.timeout(HANDSHAKE_S):
            await self._shake_hands()
        messages = self._messages()
        try:
            async with asyncio.timeout(KEY_S):
                await self._listen_for_key(messages)
            async for message in messages:
                if not await self._record(message):
                    return
        finally:
            await messages.aclose()
            if self._take is not None:
                with suppress(Refused):
                    await self._flush()
                await self._door.end(self._take)

    async def _shake_hands(self) -> None:
        hello = await self._reader.readexactly(1 + rtmp.HANDSHAKE_BYTES)
        if hello[0] != rtmp.VERSION:
            raise Refused("another protocol")
        self._writer.write(rtmp.greeting() + hello[1:])
        await self._writer.drain()
        await self._reader.readexactly(rtmp.HANDSHAKE_BYTES)

    async def _messages(self) -> AsyncGenerator[Message]:
        chunks, heard, acknowledged = ChunkReader(), 0, 0
        while True:
            async with asyncio.timeout(SILENCE_S):
                data = await self._reader.read(READ_BYTES)
            if not data:
                return
            heard += len(data)
            if heard - acknowledged >= ACK_EVERY:
                acknowledged = heard
                self._writer.write(rtmp.acknowledge(heard))
            for message in chunks.feed(data):
                yield message

    async def _listen_for_key(self, messages: AsyncIterator[Message]) -> None:
        async for message in messages:
            if message.kind == rtmp.COMMAND and await self._obey(rtmp.read_values(message.body)):
                return
        raise Refused("gone before it named a key")

    async def _obey(self, values: list[Any]) -> bool:
        """Answer a command; True when publishing begins."""
        name, number = (*values, None, None)[:2]
        if name == "connect":
            self._app = _app_in(values)
            told = {"level": "status", "code": "NetConnection.Connect.Success", "objectEncoding": 0}
            server = {"fmsVer": "FMS/3,0,1,123", "capabilities": 31}
            self._writer.write(rtmp.settings() + rtmp.command("_result", number, server, told))
        elif name == "createStream":
            self._writer.write(rtmp.command("_result", number, None, 1))
        elif name == "publish":
            await self._publish(str(values[3]) if len(values) > 3 else "")
        elif name in {"play", "play2"}:
            raise Refused("nothing is played here")
        await self._writer.drain()
        return bool(name == "publish")

    async def _publish(self, key: str) -> None:
        self._key = key.partition("?")[0]
        try:
            self._take = await self._begin()
        except Refusal as refusal:
            if isinstance(refusal, airing.WrongKey):
                self._door.note_wrong(self._address)
                await asyncio.sleep(WRONG_PAUSE_S)
            await self._say_no(str(refusal))
            raise Refused(refusal.code) from refusal
        self._file = flv.HEADER
        # User control 0: the stream begins.
        self._writer.write(rtmp.write_message(rtmp.CONTROL, struct.pack(">HI", 0, 1), lane=2))
        self._writer.write(rtmp.status("NetStream.Publish.Start", "publishing"))

    async def _begin(self) -> OpenTake:
        return await self._door.begin(self._key, is_rehearsal=self._app == airing.REHEARSAL_APP)

    async def _say_no(self, text: str) -> None:
        """Encoders show this, or keep it in their log."""
        self._writer.write(rtmp.status("NetStream.Publish.BadName", text, level="error"))
        await self._writer.drain()

    async def _record(self, message: Message) -> bool:
        """Add a message to the take; False when the encoder says that it is over."""
        if message.kind == rtmp.COMMAND:
            name = (*rtmp.read_values(message.body), None)[0]
            return name not in {"FCUnpublish", "deleteStream", "closeStream"}
        if message.kind in {rtmp.SOUND, rtmp.PICTURE, rtmp.DATA} and message.body:
            tag = flv.Tag(message.kind, message.at_ms, message.body, 0)
            if tag.is_setup:
                self._setups[tag.kind] = tag.body
            if not self._is_full or await self._begin_anew(tag):
                self._file += flv.write_tag(tag.kind, tag.at_ms, tag.body)
            now = asyncio.get_running_loop().time()
            if len(self._file) >= FLUSH_BYTES or now - self._flushed_at >= FLUSH_S:
                self._flushed_at = now
                await self._flush()
        return True

    async def _flush(self) -> None:
        """Put what came into the file. When the disk is full that is let go, and the host told."""
        if self._take is None:
            return
        piece, self._file = self._file, b""
        path = takes.path_of(self._take)
        try:
            if piece:
                self._written = await asyncio.to_thread(
                    takes.append, path, piece, offset=self._written
                )
        except takes.DiskFull:
            self._is_full = True
            await self._door.tell(self._take, TakeProblem.DISK_FULL)
        await self._require_wanted()

    async def _begin_anew(self, tag: flv.Tag) -> bool:
        """When there is room again: another take, which begins with this keyframe."""
        assert self._take is not None  # noqa: S101  nothing is recorded before
        if not tag.is_key or not takes.has_room(takes.path_of(self._take).parent):
            return False
        await self._door.end(self._take)
        self._take, self._written, self._is_full = await self._begin(), 0, False
        self._file = flv.HEADER
        for kind, body in self._setups.items():
            self._file += flv.write_tag(kind, tag.at_ms, body)
        return True

    async def _require_wanted(self) -> None:
        """Asked once a second: the session may have ended, the key may be another one, and the
        pictures may be of a kind that nobody can see."""
        now = asyncio.get_running_loop().time()
        if self._take is None or now - self._asked_at < ASK_EVERY_S:
            return
        self._asked_at = now
        row = await self._door.look(self._take)
        if row is None or row.ended:
            text = TakeProblem(row.problem).label if row and row.problem else WrongStatus.message
            await self._say_no(str(text))
            raise Refused("the session takes no more")


def _app_in(values: list[Any]) -> str:
    told = values[2] if len(values) > 2 else None
    return str(told.get("app", "")).strip("/") if isinstance(told, dict) else ""
