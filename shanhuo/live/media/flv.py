"""FLV: what encoders send by RTMP, and what our ffmpeg answers, tag by tag.

Adobe Flash Video File Format 10.1, annex E. Of codecs only H.264 and AAC are read.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from shanhuo.live.media.frames import Damaged, Frame, PictureSetup, Sound, SoundSetup

HEADER = b"FLV\x01\x05\0\0\0\x09" + b"\0\0\0\0"
SOUND, PICTURE, DATA = 8, 9, 18
LARGEST_TAG = 8 * 1024 * 1024
_HEAD, _TAIL = 11, 4
_AVC, _AAC = 7, 10

Piece = Frame | Sound | PictureSetup | SoundSetup


class OtherCodec(Damaged):
    """Pictures in a form that browsers do not play."""


class OtherSound(Damaged):
    """Sound in a form that browsers do not play."""


@dataclass(frozen=True, slots=True)
class Tag:
    """One tag; `offset` is where it begins in its file."""

    kind: int
    at_ms: int
    body: bytes
    offset: int

    @property
    def is_setup(self) -> bool:
        """Something that a decoder needs before it can begin anywhere."""
        if self.kind == PICTURE:
            return self.body[:1] in {b"\x17", b"\x27"} and self.body[1:2] == b"\0"
        return self.kind == SOUND and self.body[:1] >= b"\xa0" and self.body[1:2] == b"\0"

    @property
    def is_key(self) -> bool:
        return self.kind == PICTURE and self.body[:1] == b"\x17" and self.body[1:2] == b"\1"


def write_tag(kind: int, at_ms: int, body: bytes) -> bytes:
    """The bytes of a tag, its length behind it."""
    time = at_ms & 0xFFFFFFFF
    head = bytes([kind]) + len(body).to_bytes(3) + (time & 0xFFFFFF).to_bytes(3)
    head += bytes([time >> 24]) + b"\0\0\0"
    return b"".join((head, body, (len(head) + len(body)).to_bytes(4)))


class TagReader:
    """Takes bytes as they come, gives whole tags."""

    def __init__(self, *, offset: int = 0) -> None:
        self._rest = bytearray()
        self._offset = offset
        self._begun = offset > 0

    def feed(self, data: bytes) -> Iterator[Tag]:
        """Raises Damaged where the bytes cannot be tags."""
        self._rest += data
        if not self._begun:
            if len(self._rest) < len(HEADER):
                return
            if self._rest[:4] != HEADER[:4]:
                raise Damaged("not FLV")
            self._drop(len(HEADER))
            self._begun = True
        while (tag := self._next()) is not None:
            yield tag

    def _next(self) -> Tag | None:
        rest = self._rest
        if len(rest) < _HEAD:
            return None
        size = int.from_bytes(rest[1:4])
        if size > LARGEST_TAG or rest[0] & 0x1F not in {SOUND, PICTURE, DATA}:
            raise Damaged("FLV tag")
        whole = _HEAD + size + _TAIL
        if len(rest) < whole:
            return None
        at_ms = rest[7] << 24 | int.from_bytes(rest[4:7])
        tag = Tag(rest[0] & 0x1F, at_ms, bytes(rest[_HEAD : _HEAD + size]), self._offset)
        self._drop(whole)
        return tag

    def _drop(self, count: int) -> None:
        del self._rest[:count]
        self._offset += count


def read_piece(tag: Tag) -> Piece | None:
    """What a tag holds; None for what is neither shown nor heard. Raises OtherCodec,
    OtherSound."""
    if tag.kind == PICTURE and len(tag.body) >= 5:
        return _picture(tag)
    if tag.kind == SOUND and len(tag.body) >= 2:
        return _sound(tag)
    return None


def _picture(tag: Tag) -> Piece | None:
    body = tag.body
    if body[0] & 0x80 or body[0] & 15 != _AVC:
        raise OtherCodec("picture")
    if body[1] == 0:
        if len(body) < 5 + 9:
            raise Damaged("picture setup")
        return PictureSetup(body[5:])
    if body[1] != 1 or len(body) == 5:
        return None
    shift = int.from_bytes(body[2:5], signed=True)
    return Frame(tag.at_ms, body[5:], is_key=body[0] >> 4 == 1, shift_ms=shift)


def _sound(tag: Tag) -> Piece | None:
    body = tag.body
    if body[0] >> 4 != _AAC:
        raise OtherSound("sound")
    if body[1] == 0:
        return SoundSetup(body[2:]) if len(body) >= 4 else None
    return Sound(tag.at_ms, body[2:]) if len(body) > 2 else None
