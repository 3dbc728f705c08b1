"""RTMP as an encoder speaks it to publish: handshake, chunks and commands, without any socket.

Adobe's RTMP 1.0, sections 5 to 7. A publisher may not make us remember more than one message of
every kind it may send; everything that is not publishing is answered no or not at all.
"""

import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from shanhuo.live.media.frames import Damaged

VERSION = 3
HANDSHAKE_BYTES = 1536
OUR_CHUNK = 4096
LARGEST_CHUNK = 1024 * 1024
LARGEST_PICTURE = 4 * 1024 * 1024
LARGEST_COMMAND = 16 * 1024
MOST_STREAMS = 8
HELD_BYTES = 8 * 1024 * 1024
SET_CHUNK, ABORT, ACK, CONTROL, WINDOW, BANDWIDTH = 1, 2, 3, 4, 5, 6
SOUND, PICTURE, DATA, COMMAND = 8, 9, 18, 20
_LARGEST = {SOUND: 64 * 1024, PICTURE: LARGEST_PICTURE}
_HEADS = (11, 7, 3, 0)


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a publisher."""

    kind: int
    at_ms: int
    stream: int
    body: bytes


@dataclass(slots=True)
class _Lane:
    """What a chunk stream remembers: the head of its last message, and what came of this one."""

    kind: int = 0
    length: int = 0
    stream: int = 0
    at_ms: int = 0
    step_ms: int = 0
    is_long: bool = False
    body: bytearray = field(default_factory=bytearray)


class ChunkReader:
    """Takes bytes as they come, gives whole messages. Raises Damaged on what no encoder sends."""

    def __init__(self) -> None:
        self._rest = bytearray()
        self._chunk = 128
        self._lanes: dict[int, _Lane] = {}

    def feed(self, data: bytes) -> Iterator[Message]:
        self._rest += data
        while True:
            used = self._read_chunk()
            if used is None:
                return
            length, message = used
            del self._rest[:length]
            if message is None:
                continue
            if message.kind == SET_CHUNK:
                self._set_chunk(message.body)
            elif message.kind == ABORT and len(message.body) == 4:
                self._lanes.pop(int.from_bytes(message.body), None)
            else:
                yield message

    def _set_chunk(self, body: bytes) -> None:
        size = int.from_bytes(body[:4])
        if not 128 <= size <= LARGEST_CHUNK:
            raise Damaged("chunk size")
        self._chunk = size

    def _read_chunk(self) -> tuple[int, Message | None] | None:
        """How many bytes the next chunk takes, and the message it completes. None: not here yet."""
        basic = _basic(self._rest)
        if basic is None:
            return None
        form, number, at = basic
        head_end = at + _HEADS[form]
        if len(self._rest) < head_end:
            return None
        lane = self._lanes.get(number) or _Lane()
        if form != 0 and number not in self._lanes:
            raise Damaged("chunk of nothing")
        head = self._rest[at:head_end]
        long_time = head[:3] == b"\xff\xff\xff" if form < 3 else lane.is_long
        start = head_end + (4 if long_time else 0)
        length = int.from_bytes(head[3:6]) if form < 2 else lane.length
        share = min(self._chunk, length - (len(lane.body) if form == 3 else 0))
        if len(self._rest) < start + share:
            return None
        if form < 3 or not lane.body:
            self._begin(lane, form, head, bytes(self._rest[head_end:start]))
        self._check(lane)
        self._lanes[number] = lane
        lane.body += self._rest[start : start + share]
        return start + share, _finished(lane)

    def _begin(self, lane: _Lane, form: int, head: bytearray, long_time: bytes) -> None:
        """A new message on a lane: what its head leaves out is as before."""
        lane.body.clear()
        if form < 3:
            lane.is_long = bool(long_time)
            time = int.from_bytes(long_time or head[:3])
            lane.at_ms = time if form == 0 else lane.at_ms + time
            lane.step_ms = 0 if form == 0 else time
        else:
            lane.at_ms += lane.step_ms
        if form < 2:
            lane.length, lane.kind = int.from_bytes(head[3:6]), head[6]
        if form == 0:
            lane.stream = int.from_bytes(head[7:11], "little")

    def _check(self, lane: _Lane) -> None:
        if lane.length > _LARGEST.get(lane.kind, LARGEST_COMMAND):
            raise Damaged("message too large")
        if len(self._lanes) > MOST_STREAMS:
            raise Damaged("too many chunk streams")
        if sum(len(other.body) for other in self._lanes.values()) > HELD_BYTES:
            raise Damaged("too much at once")


def _basic(data: bytearray) -> tuple[int, int, int] | None:
    """Form and number of a chunk, and where its head goes on."""
    if not data:
        return None
    form, number = data[0] >> 6, data[0] & 63
    wide = {0: 1, 1: 2}.get(number, 0)
    if len(data) < 1 + wide:
        return None
    if wide:
        number = 64 + int.from_bytes(data[1 : 1 + wide], "little")
    return form, number, 1 + wide


def _finished(lane: _Lane) -> Message | None:
    if len(lane.body) < lane.length:
        return None
    body = bytes(lane.body)
    lane.body.clear()
    return Message(lane.kind, lane.at_ms & 0xFFFFFFFF, lane.stream, body)


def write_message(kind: int, body: bytes, *, lane: int = 3, stream: int = 0) -> bytes:
    """The chunks of one message of ours."""
    head = bytes([lane]) + bytes(3) + len(body).to_bytes(3) + bytes([kind])
    out = head + stream.to_bytes(4, "little") + body[:OUR_CHUNK]
    for at in range(OUR_CHUNK, len(body), OUR_CHUNK):
        out += bytes([0xC0 | lane]) + body[at : at + OUR_CHUNK]
    return out


def greeting() -> bytes:
    """S0 and S1."""
    return bytes([VERSION]) + bytes(8) + os.urandom(HANDSHAKE_BYTES - 8)


def settings() -> bytes:
    """What a server says first: windows and its chunk size."""
    return (
        write_message(WINDOW, struct.pack(">I", 2_500_000), lane=2)
        + write_message(BANDWIDTH, struct.pack(">IB", 2_500_000, 2), lane=2)
        + write_message(SET_CHUNK, struct.pack(">I", OUR_CHUNK), lane=2)
    )


def acknowledge(count: int) -> bytes:
    return write_message(ACK, struct.pack(">I", count & 0xFFFFFFFF), lane=2)


# ---- AMF0: how commands are written ----

_NUMBER, _BOOL, _TEXT, _OBJECT, _NULL, _UNDEFINED, _ARRAY, _LIST = 0, 1, 2, 3, 5, 6, 8, 10
DEEPEST, LONGEST_TEXT, MOST_VALUES = 4, 2048, 64


def read_values(body: bytes) -> list[Any]:
    """The values of a command. Raises Damaged."""
    values: list[Any] = []
    at = 0
    try:
        while at < len(body) and len(values) < MOST_VALUES:
            value, at = _value(body, at, 0)
            values.append(value)
    except (IndexError, struct.error, UnicodeDecodeError) as short:
        raise Damaged("AMF") from short
    return values


def _value(body: bytes, at: int, depth: int) -> tuple[Any, int]:
    kind, at = body[at], at + 1
    if kind == _NUMBER:
        return struct.unpack_from(">d", body, at)[0], at + 8
    if kind == _BOOL:
        return bool(body[at]), at + 1
    if kind == _TEXT:
        return _text(body, at)
    if kind in {_NULL, _UNDEFINED}:
        return None, at
    if kind in {_OBJECT, _ARRAY} and depth < DEEPEST:
        return _object(body, at + (4 if kind == _ARRAY else 0), depth + 1)
    if kind == _LIST and depth < DEEPEST:
        return _list(body, at, depth + 1)
    raise Damaged("AMF")


def _text(body: bytes, at: int) -> tuple[str, int]:
    length = int.from_bytes(body[at : at + 2])
    end = at + 2 + length
    if length > LONGEST_TEXT or end > len(body):
        raise Damaged("AMF text")
    return body[at + 2 : end].decode(), end


def _object(body: bytes, at: int, depth: int) -> tuple[dict[str, Any], int]:
    found: dict[str, Any] = {}
    while body[at : at + 3] != b"\0\0\x09":
        name, at = _text(body, at)
        found[name], at = _value(body, at, depth)
        if len(found) > MOST_VALUES:
            raise Damaged("AMF object")
    return found, at + 3


def _list(body: bytes, at: int, depth: int) -> tuple[list[Any], int]:
    """A strict array: newer encoders name in one the codecs that they could send."""
    (count,), at = struct.unpack_from(">I", body, at), at + 4
    if count > MOST_VALUES:
        raise Damaged("AMF list")
    found = []
    for _ in range(count):
        value, at = _value(body, at, depth)
        found.append(value)
    return found, at


def write_values(*values: Any) -> bytes:
    """AMF0 of numbers, texts, None and flat objects."""
    return b"".join(_written(value) for value in values)


def _written(value: Any) -> bytes:
    if value is None:
        return bytes([_NULL])
    if isinstance(value, dict):
        pairs = (_name(name) + _written(one) for name, one in value.items())
        return bytes([_OBJECT]) + b"".join(pairs) + b"\0\0\x09"
    if isinstance(value, str):
        return bytes([_TEXT]) + _name(value)
    return bytes([_NUMBER]) + struct.pack(">d", value)


def _name(text: str) -> bytes:
    raw = text.encode()
    return len(raw).to_bytes(2) + raw


def command(*values: Any, stream: int = 0) -> bytes:
    """One command of ours, in chunks."""
    return write_message(COMMAND, write_values(*values), stream=stream)


def status(code: str, text: str, *, level: str = "status") -> bytes:
    """`onStatus`: how publishing goes."""
    told = {"level": level, "code": code, "description": text}
    return command("onStatus", 0, None, told, stream=1)
