"""One take on its way to everybody: read, cut, put on the shelf; again from there after a fall."""

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from pathlib import Path
from typing import Protocol

import msgspec
import structlog

from shanhuo.live.media import fmp4, shelf, takes
from shanhuo.live.media.cutting import Cutter, Part
from shanhuo.live.media.flv import OtherCodec
from shanhuo.live.media.frames import Damaged, Frame, PictureSetup, Sound
from shanhuo.live.media.shelf import Line, Rung
from shanhuo.live.queries import OpenTake
from shanhuo.live.states import Container, TakeProblem
from shanhuo.realtime.studio.reading import (
    Entry,
    Film,
    GroupEnds,
    News,
    OtherSound,
    SoundComes,
    Tail,
    encoder_news,
)
from shanhuo.realtime.studio.shrinking import Shrinker
from shanhuo.realtime.studio.tools import ToolDied

TICK_S = 0.05
MOST_FALLS = 3
SLACK_MS = 5
RARE_MS = 4_500
DARK_S = 6.0
"""Sound that comes for so long without any picture is told to the host."""
WAIT_FOR_ROOM_S = 2.0

log = structlog.get_logger("shanhuo.studio")


class Rungs(Protocol):
    """The rungs of one session."""

    top: Rung
    small: Rung
    sound: Rung


class Packer:
    """Runs until the take is over and all of it is shown."""

    def __init__(
        self,
        take: OpenTake,
        rungs: Rungs,
        *,
        folder: Path,
        is_over: Callable[[], bool],
        tell_picture: Callable[[], Awaitable[None]],
        tell_problem: Callable[[TakeProblem | None], Awaitable[None]],
    ) -> None:
        self.take = take
        self._rungs = rungs
        self._folder = folder
        self._is_over = is_over
        self._tell_picture = tell_picture
        self._tell_problem = tell_problem
        self._offset_ms = round((take.started_at - take.epoch).total_seconds() * 1000)
        self._shrinker = Shrinker(rungs.small, folder=folder)
        self._entries: list[Entry] = []
        self._setup = b""
        self._problem: TakeProblem | None = None
        self._lasting: TakeProblem | None = None
        self._heard_since = 0.0

    async def run(self) -> None:
        self._shrinker.catch_up(self._rungs.top.lines, self.take.number)
        shrinking = asyncio.create_task(self._shrinker.run())
        try:
            await self._fall_and_rise()
            await self._shrinker.finish()
        finally:
            shrinking.cancel()

    async def _fall_and_rise(self) -> None:
        falls = 0
        while falls <= MOST_FALLS:
            before = len(self._rungs.top.lines)
            try:
                await self._pack()
                return
            except takes.DiskFull:
                await self._say(TakeProblem.DISK_FULL)
                await asyncio.sleep(WAIT_FOR_ROOM_S)
                continue
            except OtherCodec:
                await self._say(TakeProblem.UNKNOWN_CODEC)
                return
            except (ToolDied, Damaged) as fall:
                log.warning("take_fell", take=self.take.take_id, why=str(fall)[-300:])
            falls = 1 if len(self._rungs.top.lines) > before else falls + 1
            await asyncio.sleep(0.1 * falls)
        await self._say(TakeProblem.DAMAGED)

    async def _pack(self) -> None:
        """From behind the last part on the shelf to the end of the take."""
        last = self._rungs.top.last_of(self.take.number)
        resume, until_ms = (last.resume, last.until_ms) if last else (0, 0)
        cutter = Cutter(has_sound=False, offset_ms=self._offset_ms, until_ms=until_ms)
        self._entries = [Entry(resume, until_ms - self._offset_ms)]
        self._setup = b""
        told = _with_ticks(self._news(resume, until_ms - self._offset_ms))
        async with aclosing(told):  # a fall ends ffmpeg before the next one starts
            async for news in told:
                if news is not None:
                    self._hear(cutter, news, until_ms)
                for part in cutter.ready(now=time.monotonic()):
                    await self._keep(part)
                if self._is_dark(cutter):
                    await self._say(TakeProblem.NO_PICTURE)
        for part in cutter.rest():
            await self._keep(part)

    def _news(self, resume: int, until_ms: int) -> AsyncGenerator[News]:
        tail = Tail(takes.path_of(self.take), self._is_over)
        if self.take.container == Container.FLV:
            return encoder_news(tail, resume=resume)
        film = Film(tail, self.take.container, resume=resume, until_ms=max(0, until_ms))
        return film.news(self._folder)

    def _hear(self, cutter: Cutter, news: News, shown_ms: int) -> None:
        now = time.monotonic()
        if isinstance(news, Entry):
            self._entries.append(news)
        elif isinstance(news, SoundComes):
            cutter.has_sound = True
        elif isinstance(news, OtherSound):
            self._lasting = TakeProblem.UNKNOWN_SOUND
        elif isinstance(news, GroupEnds):
            cutter.expect_end(news.last_ms, news.at_ms)
        elif isinstance(news, Frame | Sound):
            self._heard_since = self._heard_since or now
            if news.at_ms + self._offset_ms >= shown_ms - SLACK_MS:
                cutter.push(news, now=now)
        else:
            if isinstance(news, PictureSetup) and not news.plays_in_browsers:
                raise OtherCodec("profile")
            cutter.push(news, now=now)

    def _is_dark(self, cutter: Cutter) -> bool:
        waited_s = time.monotonic() - self._heard_since
        return cutter.picture is None and self._heard_since > 0 and waited_s >= DARK_S

    async def _keep(self, part: Part) -> None:
        """A part is on the shelf, whole, before anybody hears of it."""
        rungs, take = self._rungs, self.take.number
        last = rungs.top.last_of(take)
        number = last.number + 1 if last else 0
        setup = self._put_setup(part, last)
        line = Line(
            take,
            number,
            part.at_ms,
            part.for_ms,
            setup,
            shelf.TOP,
            turn=rungs.top.turn_at(take, setup, part.at_ms),
            resume=self._entry_before(part.until_ms),
        )
        data = fmp4.part(
            number,
            frames=part.frames,
            until_ms=part.until_ms,
            sounds=part.sounds,
            sound_start=part.sound_start,
        )
        rungs.top.put(take, number, data)
        if part.sounds:
            heard = fmp4.part(number, sounds=part.sounds, sound_start=part.sound_start)
            rungs.sound.put(take, number, heard)
        if last is None:
            self._write_master(part, len(data))
        self._tell_sound(line, has_sound=bool(part.sounds))
        rungs.top.tell(line)
        self._shrinker.add(part, line)
        await self._tell_picture()
        rare = TakeProblem.RARE_KEYFRAMES if part.for_ms > RARE_MS else None
        await self._say(self._lasting or rare)

    def _tell_sound(self, line: Line, *, has_sound: bool) -> None:
        """After a crash between two rungs the sound may be told already."""
        last = self._rungs.sound.last_of(line.take)
        if last is None or last.number < line.number:
            home = shelf.SOUND if has_sound else shelf.TOP
            self._rungs.sound.tell(msgspec.structs.replace(line, home=home))

    def _put_setup(self, part: Part, last: Line | None) -> int:
        """The number of the set-up that a part needs; a new one only if it differs."""
        setup = fmp4.setup(part.picture, part.sound)
        if last is not None and not self._setup:
            self._setup = self._rungs.top.setup_of(last)
        if setup == self._setup and last is not None:
            return last.setup
        number = last.setup + 1 if last else 0
        self._rungs.top.put_setup(self.take.number, number, setup)
        if part.sound is not None:
            alone = fmp4.setup(None, part.sound)
            self._rungs.sound.put_setup(self.take.number, number, alone)
        self._setup = setup
        return number

    def _write_master(self, part: Part, size: int) -> None:
        shelf.write_master(
            self.take.folder,
            codec=part.picture.codec,
            size=part.picture.shown_size,
            bits=size * 8 * 1500 // max(1, part.for_ms),
            has_sound=bool(part.sound),
        )

    def _entry_before(self, until_ms: int) -> int:
        """Where to go on after `until_ms`; entries that are no longer needed are dropped."""
        at_ms = until_ms - self._offset_ms + SLACK_MS
        passed = [entry for entry in self._entries if entry.at_ms <= at_ms]
        if passed:
            self._entries = [passed[-1], *self._entries[len(passed) :]]
        return self._entries[0].offset if self._entries else 0

    async def _say(self, problem: TakeProblem | None) -> None:
        if problem != self._problem:
            self._problem = problem
            await self._tell_problem(problem)


async def _with_ticks(news: AsyncGenerator[News]) -> AsyncGenerator[News | None]:
    """The same, and None now and then while nothing comes: a part may be complete by waiting."""
    waiting = asyncio.ensure_future(anext(news))
    try:
        while True:
            done, _ = await asyncio.wait({waiting}, timeout=TICK_S)
            if not done:
                yield None
                continue
            try:
                one = waiting.result()
            except StopAsyncIteration:
                return
            waiting = asyncio.ensure_future(anext(news))
            yield one
    finally:
        waiting.cancel()
        await asyncio.wait({waiting})
        await news.aclose()
