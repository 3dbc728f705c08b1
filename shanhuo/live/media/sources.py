"""How the file of a take is read while it grows: what stands at its head, and where it may be
entered again.

A source is asked with all bytes in order. It knows the head (what every reader needs first), says
up to where the file may be handed on, and remembers the points from which a reader can start.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Protocol

from shanhuo.live.media.frames import TURNS, UPRIGHT, Damaged, Turn

LARGEST_HEAD = 1024 * 1024
LARGEST_BOX = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Point:
    """A place in the file where a picture stands that needs none before it.

    last_ms, end_ms: of a whole group of pictures, the time of its last one and when that is over;
    -1 where only the next group will tell.
    """

    offset: int
    at_ms: int
    last_ms: int = -1
    end_ms: int = -1


class Source(Protocol):
    """Reads one container. `head` is empty until it is whole."""

    demuxer: str
    head: bytes
    is_h264: bool
    has_sound: bool
    turn: Turn

    def feed(self, data: bytes) -> Iterator[tuple[bytes, Point | None]]:
        """Give what may be handed on, and the point with which it begins, if it is one."""
        ...

    def jump(self, offset: int) -> None:
        """The next bytes stand at `offset`, a point told before; the head is known."""
        ...


@dataclass(slots=True)
class Mp4Source:
    """Fragmented MP4 as MediaRecorder writes it; one fragment is one group of pictures."""

    demuxer: str = "mov"
    head: bytes = b""
    is_h264: bool = False
    has_sound: bool = False
    turn: Turn = UPRIGHT
    _track: int = 0
    _scale: int = 1
    _rest: bytearray = field(default_factory=bytearray)
    _offset: int = 0
    _point: Point | None = None
    _begun: bytearray = field(default_factory=bytearray)

    def feed(self, data: bytes) -> Iterator[tuple[bytes, Point | None]]:
        self._rest += data
        while (box := self._next_box()) is not None:
            name, content, offset = box
            if not self.head:
                self._read_head(name, content)
            elif name == b"moof":
                self._begun = bytearray(content)
                self._point = _point_of(content, offset, self._track, self._scale)
            elif name == b"mdat" and self._begun:
                yield bytes(self._begun + content), self._point
                self._begun.clear()

    def jump(self, offset: int) -> None:
        self._rest.clear()
        self._begun.clear()
        self._offset = offset

    def _next_box(self) -> tuple[bytes, bytes, int] | None:
        if len(self._rest) < 8:
            return None
        size, name = int.from_bytes(self._rest[:4]), bytes(self._rest[4:8])
        if not 8 <= size <= LARGEST_BOX or (not self.head and self._offset > LARGEST_HEAD):
            raise Damaged("MP4 box")
        if len(self._rest) < size:
            return None
        content, offset = bytes(self._rest[:size]), self._offset
        del self._rest[:size]
        self._offset += size
        return name, content, offset

    def _read_head(self, name: bytes, content: bytes) -> None:
        self._begun += content
        if name != b"moov":
            return
        for track in children(content, b"moov", b"trak"):
            kind = first(track, b"trak", b"mdia", b"hdlr")[16:20]
            if kind == b"soun":
                self.has_sound = True
            elif kind == b"vide" and not self._track:
                head = first(track, b"trak", b"tkhd")
                self._track, self.turn = _number_of(head), _turn_of(head)
                self._scale = _scale_of(first(track, b"trak", b"mdia", b"mdhd"))
                tables = first(track, b"trak", b"mdia", b"minf", b"stbl", b"stsd")
                self.is_h264 = tables[20:24] in {b"avc1", b"avc3"}
        self.head = bytes(self._begun)
        self._begun.clear()


def children(box: bytes, *path: bytes) -> Iterator[bytes]:
    """Every box at the end of a path of names that begins with the box's own."""
    names, at = path[1:], 8
    while at + 8 <= len(box):
        size = int.from_bytes(box[at : at + 4])
        if size < 8:
            raise Damaged("MP4 box")
        if box[at + 4 : at + 8] == names[0]:
            child = box[at : at + size]
            if len(names) == 1:
                yield child
            else:
                yield from children(child, *names)
        at += size


def first(box: bytes, *path: bytes) -> bytes:
    """The first of them. Raises Damaged when there is none."""
    for child in children(box, *path):
        return child
    raise Damaged("MP4 box")


def _number_of(tkhd: bytes) -> int:
    at = 28 if tkhd[8:9] == b"\1" else 20
    return int.from_bytes(tkhd[at : at + 4])


def _turn_of(tkhd: bytes) -> Turn:
    """How a player turns the pictures of a track; what is no quarter turn is left alone."""
    at = 60 if tkhd[8:9] == b"\1" else 48
    found = [int.from_bytes(tkhd[n : n + 4], signed=True) for n in range(at, at + 20, 4)]
    turn = (found[0] >> 16, found[1] >> 16, found[3] >> 16, found[4] >> 16)
    return turn if turn in TURNS else UPRIGHT


def _scale_of(mdhd: bytes) -> int:
    at = 28 if mdhd[8:9] == b"\1" else 20
    return int.from_bytes(mdhd[at : at + 4]) or 1


def _point_of(moof: bytes, offset: int, track: int, scale: int) -> Point | None:
    """Where and when a fragment begins, if it holds pictures of our track."""
    for traf in children(moof, b"moof", b"traf"):
        head = first(traf, b"traf", b"tfhd")
        if int.from_bytes(head[12:16]) != track:
            continue
        if head[11] & 1:
            return None  # it counts from the beginning of the file: it can only be read from there
        time = first(traf, b"traf", b"tfdt")
        start = int.from_bytes(time[12:20] if time[8:9] == b"\1" else time[12:16])
        lengths = _lengths(first(traf, b"traf", b"trun"))
        end = start + sum(lengths)
        last = end - lengths[-1] if lengths else start
        whole = bool(lengths)
        return Point(
            offset,
            start * 1000 // scale,
            last * 1000 // scale if whole else -1,
            end * 1000 // scale if whole else -1,
        )
    return None


def _lengths(trun: bytes) -> list[int]:
    """How long each picture of a run is shown; empty where the run does not say."""
    flags, count = int.from_bytes(trun[9:12]), int.from_bytes(trun[12:16])
    step = 4 * sum(1 for bit in (0x100, 0x200, 0x400, 0x800) if flags & bit)
    at = 16 + 4 * sum(1 for bit in (0x1, 0x4) if flags & bit)
    if not flags & 0x100 or len(trun) < at + step * count:
        return []
    return [int.from_bytes(trun[at + n * step : at + n * step + 4]) for n in range(count)]


_CLUSTER, _TIMECODE, _SEGMENT, _BLOCK = 0x1F43B675, 0xE7, 0x18538067, 0xA3
_ELEMENTS = {0x1A45DFA3, 0x1549A966, 0x1654AE6B, 0x114D9B74, 0x1254C367, 0x1C53BB6B}
_ELEMENTS |= {0xEC, 0xA3, 0xA0, 0xAB, 0xA7, 0xBF}


@dataclass(slots=True)
class WebmSource:
    """WebM as MediaRecorder writes it: clusters of unknown length, each begun by a keyframe."""

    demuxer: str = "matroska"
    head: bytes = b""
    is_h264: bool = False
    has_sound: bool = False
    turn: Turn = UPRIGHT
    _rest: bytearray = field(default_factory=bytearray)
    _offset: int = 0
    _begun: bytearray = field(default_factory=bytearray)
    _cluster: int = -1
    _at_ms: int = 0
    _track: int = 1
    _held: bytearray = field(default_factory=bytearray)

    def feed(self, data: bytes) -> Iterator[tuple[bytes, Point | None]]:
        self._rest += data
        while (element := self._next_element()) is not None:
            name, content, offset = element
            if name == _CLUSTER:
                self._begin_cluster(content, offset)
            elif not self.head:
                self._begun += content
            elif not self._held:
                yield content, None
            else:
                yield from self._in_beginning(name, content)

    def jump(self, offset: int) -> None:
        self._rest.clear()
        self._held.clear()
        self._offset = offset

    def _begin_cluster(self, content: bytes, offset: int) -> None:
        self._cluster, self._held = offset, bytearray(content)
        if not self.head:
            self.head = bytes(self._begun)
            self.is_h264 = b"V_MPEG4/ISO/AVC" in self.head
            self.has_sound = b"A_OPUS" in self.head or b"A_AAC" in self.head
            self._track = _picture_track(self.head)

    def _in_beginning(self, name: int, content: bytes) -> Iterator[tuple[bytes, Point | None]]:
        """A cluster is held back until its first picture says whether one can start here."""
        self._held += content
        if name == _TIMECODE:
            self._at_ms = int.from_bytes(content[2:])
        elif name == _BLOCK and content[_lead_of(content)] == 0x80 | self._track:
            # A copy begins with the next keyframe by itself; a decoder must be given one.
            starts = self.is_h264 or bool(content[_lead_of(content) + 3] & 0x80)
            yield bytes(self._held), Point(self._cluster, self._at_ms) if starts else None
            self._held.clear()

    def _next_element(self) -> tuple[int, bytes, int] | None:
        """The next element; of those that hold others, only the beginning."""
        if len(self._rest) < 12:
            return None
        name, name_length = _number(self._rest, 0, keep_mark=True)
        size, size_length = _number(self._rest, name_length, keep_mark=False)
        lead = name_length + size_length
        length = lead if name in {_SEGMENT, _CLUSTER} else lead + size
        if length > LARGEST_BOX or name not in _ELEMENTS | {_CLUSTER, _TIMECODE, _SEGMENT}:
            raise Damaged("WebM element")
        if not self.head and self._offset > LARGEST_HEAD:
            raise Damaged("WebM head")
        if len(self._rest) < length:
            return None
        content, offset = bytes(self._rest[:length]), self._offset
        del self._rest[:length]
        self._offset += length
        return name, content, offset


def _number(data: bytearray, at: int, *, keep_mark: bool) -> tuple[int, int]:
    """An EBML number and how many bytes it takes (RFC 8794, 4)."""
    lead = data[at]
    length = 9 - lead.bit_length()
    if length > 8 or at + length > len(data):
        raise Damaged("WebM number")
    value = int.from_bytes(data[at : at + length])
    return (value if keep_mark else value & (1 << 7 * length) - 1), length


def _lead_of(element: bytes) -> int:
    """How many bytes stand before the content of a block."""
    return 1 + _number(bytearray(element[:12]), 1, keep_mark=False)[1]


def _picture_track(head: bytes) -> int:
    """The number of the track of pictures: of the entries, the one of type 1."""
    for entry in head.split(b"\xae")[1:]:
        number, kind = entry.find(b"\xd7\x81"), entry.find(b"\x83\x81")
        if number >= 0 and 0 <= kind < len(entry) - 2 and entry[kind + 2] == 1:
            return entry[number + 2] & 0x7F
    return 1


def source_of(container: str) -> Source:
    """The reader of what a browser records."""
    return Mp4Source() if container == "mp4" else WebmSource()
