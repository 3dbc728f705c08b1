"""The 480p rung: every part of the top rung drawn anew, small, one by one.

A part begins with a keyframe and needs none before it, so each is one short run of ffmpeg: nothing
to resume after a fall, and the parts of both rungs begin at the same moments. Where the machine
does not keep up, the rung names the files of the top rung instead: too large, but never late.
"""

import asyncio
import os
import time
from pathlib import Path

import msgspec
import structlog

from shanhuo.live.media import flv, fmp4, shelf, takes
from shanhuo.live.media.cutting import Part
from shanhuo.live.media.frames import Damaged, Frame, PictureSetup
from shanhuo.live.media.shelf import Line, Rung
from shanhuo.realtime.studio.tools import Tool, ToolDied, opening

VIDEO_BITS = "270k"
MOST_WAITING = 4
REST_S = 20.0
LONGEST_S = 4.0
STEP_BACK = 5

log = structlog.get_logger("shanhuo.studio")
# As many at once as there are processors, less the one that takes orders.
_at_once = asyncio.Semaphore(max(1, (os.cpu_count() or 2) - 1))


class Shrinker:
    """Draws the parts of one take."""

    def __init__(self, rung: Rung, *, folder: Path) -> None:
        self._rung = rung
        self._folder = folder
        self._waiting: asyncio.Queue[tuple[Part, Line]] = asyncio.Queue()
        self._setup = b""
        self._setup_number = -1
        self._rests_until = 0.0

    def add(self, part: Part, line: Line) -> None:
        self._waiting.put_nowait((part, line))

    async def run(self) -> None:
        while True:
            part, line = await self._waiting.get()
            try:
                await self._show(part, line)
            except takes.DiskFull:
                log.warning("no_room_for_small", take=line.take)
            finally:
                self._waiting.task_done()

    async def finish(self) -> None:
        """Wait until every part has its line."""
        await self._waiting.join()

    def catch_up(self, top: list[Line], take: int) -> None:
        """Parts that a crash left without a small one are named as they are."""
        last = self._rung.last_of(take)
        known = last.number if last else -1
        for line in top:
            if line.take == take and line.number > known:
                self._rung.tell(line)

    async def _show(self, part: Part, line: Line) -> None:
        small = await self._draw(part) if self._may_draw(part) else None
        if small is None:
            self._rung.tell(line)
            return
        picture, frames = small
        setup = self._put_setup(fmp4.setup(picture, part.sound), line.take)
        data = fmp4.part(
            line.number,
            frames=frames,
            until_ms=part.until_ms,
            sounds=part.sounds,
            sound_start=part.sound_start,
        )
        self._rung.put(line.take, line.number, data)
        self._rung.tell(msgspec.structs.replace(line, setup=setup, home=shelf.SMALL))

    def _may_draw(self, part: Part) -> bool:
        size = part.picture.shown_size
        if shelf.small_size(size) == size or not part.is_whole:
            return False
        if self._waiting.qsize() > MOST_WAITING:
            self._rest("behind")
        return time.monotonic() >= self._rests_until

    def _rest(self, why: str) -> None:
        if time.monotonic() >= self._rests_until:
            log.warning("small_rung_rests", why=why, seconds=REST_S)
        self._rests_until = time.monotonic() + REST_S

    async def _draw(self, part: Part) -> tuple[PictureSetup, list[Frame]] | None:
        """Set-up and frames of the small picture; None if that failed or took too long."""
        try:
            async with asyncio.timeout(LONGEST_S), _at_once:
                return await _drawn(part, self._folder)
        except TimeoutError:
            self._rest("too slow")
        except (ToolDied, Damaged) as fall:
            log.warning("small_part_fell", why=str(fall)[-200:])
        return None

    def _put_setup(self, setup: bytes, take: int) -> int:
        if setup != self._setup:
            # Above every number that a take before a crash can have used.
            last = self._rung.last_of(take)
            used = [line.setup for line in self._rung.lines if line.take == take]
            same = last is not None and last.home == shelf.SMALL
            if same and last and self._rung.setup_of(last) == setup:
                self._setup_number = last.setup
            else:
                self._setup_number = max(used, default=-1) + 1
                self._rung.put_setup(take, self._setup_number, setup)
            self._setup = setup
        return self._setup_number


async def _drawn(part: Part, folder: Path) -> tuple[PictureSetup, list[Frame]] | None:
    film = fmp4.setup(part.picture, None)
    film += fmp4.part(0, frames=part.frames, until_ms=part.until_ms)
    tool = await Tool.start(
        small_arguments(shelf.small_size(part.picture.shown_size)),
        folder=folder,
        cpu_seconds=30,
        nice=STEP_BACK,
    )
    giving = asyncio.create_task(_give_all(tool, film))
    try:
        answer = await tool.output.read()
        await tool.ended()
        await giving
    finally:
        giving.cancel()
        await tool.kill()
    return _read(answer, part)


async def _give_all(tool: Tool, film: bytes) -> None:
    await tool.give(film)
    tool.close_input()


def _read(answer: bytes, part: Part) -> tuple[PictureSetup, list[Frame]] | None:
    picture: PictureSetup | None = None
    frames: list[Frame] = []
    # ffmpeg counts from the first picture that is shown.
    start = part.at_ms + min(frame.shift_ms for frame in part.frames)
    for tag in flv.TagReader().feed(answer):
        piece = flv.read_piece(tag)
        if isinstance(piece, PictureSetup):
            picture = piece
        elif isinstance(piece, Frame):
            frames.append(Frame(start + piece.at_ms, piece.data, piece.is_key, piece.shift_ms))
    return (picture, frames) if picture and frames else None


def small_arguments(size: tuple[int, int]) -> list[str]:
    """One part in, one part out: a keyframe first, no other in it."""
    return [
        *("-threads", "1", *opening("mov"), "-map", "0:v:0"),
        *("-vf", f"scale={size[0]}:{size[1]}:flags=fast_bilinear,format=yuv420p"),
        *("-fps_mode", "passthrough", "-c:v", "libx264", "-preset", "superfast", "-bf", "0"),
        *("-crf", "28", "-maxrate", VIDEO_BITS, "-bufsize", VIDEO_BITS, "-g", "9999"),
        # The same set-up for every part: no rate that is guessed anew each time.
        *("-x264-params", "fps=30", "-enc_time_base", "1:1000"),
        *("-profile:v", "high", "-level", "3.1", "-threads", "1", "-f", "flv", "pipe:1"),
    ]
