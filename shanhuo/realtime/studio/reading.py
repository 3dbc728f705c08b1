"""From the growing file of a take to frames: encoders' files are read as they are, browsers' files
go through ffmpeg, which copies H.264 and makes AAC of the sound."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from dataclasses import dataclass, replace
from pathlib import Path

from shanhuo.live.media import flv
from shanhuo.live.media.flv import Piece
from shanhuo.live.media.frames import UPRIGHT, Frame, PictureSetup, Sound, Turn
from shanhuo.live.media.sources import Point, Source, source_of
from shanhuo.realtime.studio import tools
from shanhuo.realtime.studio.tools import EXTRA, Tool, ToolDied, opening

LOOK_EVERY_S = 0.04
READ_BYTES = 256 * 1024
HEAD_BYTES = 64 * 1024
AHEAD_MS = 10_000
"""ffmpeg is told to write times this much later: the first sound would be before zero."""
SOUND_BITS = "64k"
KEYFRAME_S = 0.5
QUEUED = 512


@dataclass(frozen=True, slots=True)
class GroupEnds:
    """The picture of this time is the last of its group, which is over at `at_ms`."""

    last_ms: int
    at_ms: int


@dataclass(frozen=True, slots=True)
class SoundComes:
    """There is a track of sound; what it is like is heard a moment later."""


@dataclass(frozen=True, slots=True)
class OtherSound:
    """Sound comes that browsers do not play; it is left out."""


@dataclass(frozen=True, slots=True)
class Entry:
    """From here a reader could start: `at_ms` stands at `offset` of the file."""

    offset: int
    at_ms: int


News = Piece | SoundComes | OtherSound | GroupEnds | Entry
Given = tuple[bytes, Point | None]
Feed = AsyncIterator[Given]


class Tail:
    """Reads a file that grows until `is_over` says that it does not any more."""

    def __init__(self, path: Path, is_over: Callable[[], bool]) -> None:
        self._path = path
        self._is_over = is_over
        self.offset = 0

    async def pieces(self, offset: int) -> AsyncIterator[bytes]:
        """Everything from `offset` on, to the end."""
        self.offset = offset
        while True:
            # Asked first: what comes between the two questions is read in the next round.
            over = self._is_over()
            if data := self.read(READ_BYTES):
                yield data
            elif over:
                return
            else:
                await asyncio.sleep(LOOK_EVERY_S)

    def read(self, count: int) -> bytes:
        """What is there, at most `count` bytes. The page cache answers: no thread is needed."""
        try:
            with self._path.open("rb") as file:
                file.seek(self.offset)
                data = file.read(count)
        except FileNotFoundError:
            return b""
        self.offset += len(data)
        return data


async def encoder_news(tail: Tail, *, resume: int) -> AsyncGenerator[News]:
    """The take of an encoder: tags of its file, times from 0."""
    base: int | None = None
    reader = flv.TagReader()
    if resume:
        for tag in _head_of(tail):
            base = tag.at_ms if base is None and tag.kind != flv.DATA else base
            if tag.is_setup and (piece := flv.read_piece(tag)):
                yield piece
        reader = flv.TagReader(offset=resume)
    async for data in tail.pieces(resume):
        for tag in reader.feed(data):
            base = tag.at_ms if base is None and tag.kind != flv.DATA else base
            if tag.is_key:
                yield Entry(tag.offset, tag.at_ms - (base or 0))
            if news := _heard(tag, -(base or 0)):
                yield news


def _heard(tag: flv.Tag, by_ms: int) -> News | None:
    try:
        piece = flv.read_piece(tag)
    except flv.OtherSound:
        return OtherSound()
    return _moved(piece, by_ms) if piece else None


def _head_of(tail: Tail) -> list[flv.Tag]:
    tail.offset = 0
    return list(flv.TagReader().feed(tail.read(HEAD_BYTES)))


def _moved(piece: Piece, by_ms: int) -> Piece:
    if isinstance(piece, Frame):
        return Frame(piece.at_ms + by_ms, piece.data, piece.is_key, piece.shift_ms)
    return Sound(piece.at_ms + by_ms, piece.data) if isinstance(piece, Sound) else piece


class Film:
    """The take of a browser, read through ffmpeg."""

    def __init__(self, tail: Tail, container: str, *, resume: int, until_ms: int) -> None:
        self._tail = tail
        self._container = container
        self._resume = resume
        self._until_ms = until_ms
        self._news: asyncio.Queue[News | None] = asyncio.Queue()
        self._heard_bytes = 0

    async def news(self, folder: Path) -> AsyncGenerator[News]:
        """Frames as they come. Raises ToolDied, Damaged."""
        source = source_of(self._container)
        feed = self._fed(source)
        first = await anext(feed, None)
        if first is None:
            return
        tool = await Tool.start(
            film_arguments(source, self._until_ms), folder=folder, has_extra=source.has_sound
        )
        working = asyncio.create_task(self._work(tool, source, first, feed))
        working.add_done_callback(lambda _: self._news.put_nowait(None))
        try:
            while (one := await self._news.get()) is not None:
                yield one
            await working
        finally:
            working.cancel()
            await tool.kill()

    async def _work(self, tool: Tool, source: Source, first: Given, feed: Feed) -> None:
        giving = asyncio.create_task(self._give(tool, source, first, feed))
        # A picture that is drawn anew is upright.
        turn = source.turn if source.is_h264 else UPRIGHT
        hearing = asyncio.create_task(self._hear(tool, turn))
        try:
            await asyncio.wait({giving, hearing}, return_when=asyncio.FIRST_COMPLETED)
            if not giving.done():
                await hearing
                await tool.ended()
                raise ToolDied("it ended before the take did")
            await giving
            await self._hear_rest(hearing)
            await tool.ended()
        finally:
            giving.cancel()
            hearing.cancel()

    async def _hear_rest(self, hearing: asyncio.Task[None]) -> None:
        """All is given: the last words come soon, or never."""
        while not hearing.done():
            before = self._heard_bytes
            await asyncio.wait({hearing}, timeout=tools.STUCK_S)
            if not hearing.done() and self._heard_bytes == before:
                raise ToolDied("it does not end")
        await hearing

    async def _fed(self, source: Source) -> Feed:
        """Head and groups of the file. The head is read anew also when the middle is resumed."""
        async for data in self._tail.pieces(0):
            for given in source.feed(data):
                if not self._resume:
                    yield given
            if self._resume and source.head:
                break
        if self._resume:
            source.jump(self._resume)
            async for data in self._tail.pieces(self._resume):
                for given in source.feed(data):
                    yield given

    async def _give(self, tool: Tool, source: Source, first: Given, feed: Feed) -> None:
        try:
            if source.has_sound:
                self._news.put_nowait(SoundComes())
            await tool.give(source.head)
            await self._give_one(tool, first, is_copied=source.is_h264)
            async for given in feed:
                await self._give_one(tool, given, is_copied=source.is_h264)
        finally:
            tool.close_input()

    async def _give_one(self, tool: Tool, given: Given, *, is_copied: bool) -> None:
        data, point = given
        if point is not None:
            self._news.put_nowait(Entry(point.offset, point.at_ms))
            if point.end_ms >= 0 and is_copied:
                self._news.put_nowait(GroupEnds(point.last_ms, point.end_ms))
        await tool.give(data)

    async def _hear(self, tool: Tool, turn: Turn) -> None:
        ears = [self._read(tool.output, turn)]
        if tool.extra is not None:
            ears.append(self._read(tool.extra, turn))
        await asyncio.gather(*ears)

    async def _read(self, stream: asyncio.StreamReader, turn: Turn) -> None:
        reader = flv.TagReader()
        while data := await stream.read(READ_BYTES):
            self._heard_bytes += len(data)
            for tag in reader.feed(data):
                piece = flv.read_piece(tag)
                if isinstance(piece, PictureSetup):
                    piece = replace(piece, turn=turn)
                if piece:
                    self._news.put_nowait(_moved(piece, -AHEAD_MS))
            while self._news.qsize() > QUEUED:
                await asyncio.sleep(LOOK_EVERY_S)


def film_arguments(source: Source, until_ms: int) -> list[str]:
    """One run: the picture copied if it is H.264, drawn anew if not; the sound made AAC."""
    later = ("-output_ts_offset", str(AHEAD_MS // 1000), "-flush_packets", "1", "-f", "flv")
    arguments = ["-copyts", "-analyzeduration", "300000", "-fpsprobesize", "0"]
    arguments += [*opening(source.demuxer), "-map", "0:v:0"]
    arguments += ["-c:v", "copy"] if source.is_h264 else _drawn(until_ms)
    arguments += [*later, "pipe:1"]
    if source.has_sound:
        # A microphone that was away leaves a hole; silence is put there, or the sound would run on.
        arguments += ["-map", "0:a:0", "-af", "aresample=async=1000", "-c:a", "aac"]
        arguments += ["-b:a", SOUND_BITS, "-ac", "2", "-ar", "48000", *later, EXTRA]
    return arguments


def _drawn(until_ms: int) -> list[str]:
    """For old browsers: at most 1280 pixels long, keyframes counted from where we are."""
    return [
        *(
            "-vf",
            "scale='if(gte(iw,ih),-2,min(720,iw))':'if(gte(iw,ih),min(720,ih),-2)',format=yuv420p",
        ),
        *("-fps_mode", "vfr", "-c:v", "libx264", "-preset", "superfast", "-tune", "zerolatency"),
        *("-crf", "26", "-maxrate", "1500k", "-bufsize", "1500k", "-bf", "0", "-threads", "2"),
        *("-force_key_frames", f"expr:gte(t,{until_ms / 1000}+n_forced*{KEYFRAME_S})"),
    ]
