"""`shanhuo studio`: watches the takes, shows their pictures, and says when a signal is gone."""

import asyncio
import fcntl
import logging
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar

import structlog
from django.conf import settings
from django.db import Error as DatabaseError
from django.db import close_old_connections

from shanhuo.kernel import clock
from shanhuo.live import queries
from shanhuo.live.media import shelf, takes
from shanhuo.live.media.shelf import Rung
from shanhuo.live.queries import OpenTake
from shanhuo.live.services import airing
from shanhuo.live.states import SessionStatus, TakeEnd, TakeProblem
from shanhuo.realtime.studio.packing import Packer
from shanhuo.realtime.studio.rtmp import RtmpDoor

LOOK_S = 0.4
TEND_S = 1.0
RECENT = timedelta(minutes=2)
LONG_AGO = timedelta(days=2)
Answer = TypeVar("Answer")

logger = logging.getLogger(__name__)
log = structlog.get_logger("shanhuo.studio")


class AlreadyRunning(Exception):
    """Another studio has this data folder."""


@dataclass(slots=True)
class Stage:
    """The shelf of one session, shared by its takes, which come one after the other."""

    top: Rung
    small: Rung
    sound: Rung
    busy: asyncio.Lock = field(default_factory=asyncio.Lock)

    def write_replay(self, *, is_over: bool) -> None:
        """Playlists of everything; once the session is over, in place of the live ones, too."""
        for rung in (self.top, self.small, self.sound):
            if rung.lines:
                rung.write_replay(is_over=is_over)
                if is_over:
                    rung.write_playlist(is_over=True)


class Studio:
    """One per platform. All that it knows can be lost: rows and files say where to go on."""

    def __init__(self) -> None:
        self._rows = ThreadPoolExecutor(1, thread_name_prefix="studio-rows")
        self._takes: dict[int, OpenTake] = {}
        self._packing: dict[int, asyncio.Task[None]] = {}
        self._stages: dict[str, Stage] = {}
        self._over: set[str] = set()
        self._stopping = asyncio.Event()
        self._able_since = clock.now()
        self._door = RtmpDoor(self.ask, self._problem)
        self._work = settings.PRIVATE_DIR / "live" / ".studio"

    async def run(self) -> None:
        """Until SIGTERM or SIGINT."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stopping.set)
        self._work.mkdir(mode=0o700, parents=True, exist_ok=True)
        await self._door.open(settings.RTMP_HOST, settings.RTMP_PORT)
        since, tended = clock.now() - LONG_AGO, 0.0
        while not self._stopping.is_set():
            with suppress(DatabaseError):  # it may be restarting; pictures go on meanwhile
                await self._look(since)
                since = clock.now() - RECENT
                if loop.time() - tended >= TEND_S:
                    tended = loop.time()
                    await self._tend()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), LOOK_S)
        await self._stop()

    async def _tend(self) -> None:
        if not takes.has_room(settings.PRIVATE_DIR):
            self._able_since = clock.now()
        since = self._able_since
        await self.ask(lambda: airing.tend(able_since=since, now=clock.now()))

    async def catch_up(self) -> None:
        """Show what was recorded lately and is not shown yet; end when no camera films."""
        self._work.mkdir(mode=0o700, parents=True, exist_ok=True)
        since = clock.now() - LONG_AGO
        await self._look(since)
        while waiting := [task for task in self._packing.values() if not task.done()]:
            await asyncio.wait(waiting, timeout=LOOK_S)
            await self._look(since)  # closes sessions that are over, behind their last picture
        self._rows.shutdown()

    async def ask(self, question: Callable[[], Answer]) -> Answer:
        """Rows are read and written in one thread of their own."""

        def asked() -> Answer:
            close_old_connections()
            return question()

        return await asyncio.get_running_loop().run_in_executor(self._rows, asked)

    async def _look(self, since: datetime) -> None:
        for take in await self.ask(lambda: queries.takes_since(since)):
            self._takes[take.take_id] = take
            await self._note_bytes(take)
            if take.take_id not in self._packing and not self._is_shown(take):
                self._packing[take.take_id] = asyncio.create_task(self._pack(take))
        for ended in await self.ask(lambda: queries.sessions_ended_since(since)):
            await self._close(ended)

    async def _note_bytes(self, take: OpenTake) -> None:
        size = takes.received(takes.path_of(take))
        if not take.ended and size > take.received_bytes:
            await self.ask(
                lambda: airing.note_bytes(
                    take_id=take.take_id, received_bytes=size, now=clock.now()
                )
            )

    async def _pack(self, take: OpenTake) -> None:
        packer = Packer(
            take,
            stage := self._stage(take),
            folder=self._work,
            is_over=lambda: self._takes[take.take_id].ended,
            tell_picture=lambda: self._picture(take.take_id),
            tell_problem=lambda problem: self._problem(take.take_id, problem),
        )
        async with stage.busy:
            try:
                await packer.run()
                self._mark_shown(take)
                stage.write_replay(is_over=False)
            except Exception:  # one take fails alone; the others go on
                logger.exception("take %s is not shown", take.take_id)
        if not self._takes[take.take_id].ended:
            # It cannot be shown further: the camera is told to begin anew.
            await self.ask(
                lambda: airing.end_take(take_id=take.take_id, why=TakeEnd.DAMAGED, now=clock.now())
            )

    def _stage(self, take: OpenTake) -> Stage:
        if take.folder not in self._stages:
            self._stages[take.folder] = _stage_of(take.session, take.folder, take.epoch)
        return self._stages[take.folder]

    async def _picture(self, take_id: int) -> None:
        take = self._takes[take_id]
        waits = take.status in {SessionStatus.SCHEDULED, SessionStatus.INTERRUPTED}
        if waits and not take.is_rehearsal and not take.ended:
            await self._note_bytes(take)
            with suppress(DatabaseError):
                await self.ask(
                    lambda: airing.picture_came(session_id=take.session_id, now=clock.now())
                )

    async def _problem(self, take_id: int, problem: TakeProblem | None) -> None:
        log.warning("take_problem", take=take_id, problem=problem)
        with suppress(DatabaseError):
            await self.ask(lambda: airing.note_problem(take_id=take_id, problem=problem))

    async def _close(self, ended: queries.EndedSession) -> None:
        """When the last take is shown, the playlists of an ended session say that this is all."""
        if ended.folder in self._over or not shelf.public_folder(ended.folder).exists():
            return
        mine = [take for take in self._takes.values() if take.session_id == ended.session_id]
        if any(not self._is_shown(take) and not self._is_given_up(take) for take in mine):
            return
        stage = self._stages.pop(ended.folder, None)
        stage = stage or _stage_of(ended.session, ended.folder, ended.epoch)
        with suppress(takes.DiskFull):
            stage.write_replay(is_over=True)
            self._over.add(ended.folder)

    def _is_given_up(self, take: OpenTake) -> bool:
        task = self._packing.get(take.take_id)
        return task is not None and task.done()

    def _mark(self, take: OpenTake) -> Path:
        return takes.folder_of(take.session) / take.folder / f"take-{take.number:03d}.shown"

    def _is_shown(self, take: OpenTake) -> bool:
        return self._mark(take).exists()

    def _mark_shown(self, take: OpenTake) -> None:
        if self._takes[take.take_id].ended:
            self._mark(take).touch()

    async def _stop(self) -> None:
        """Tools are ended; every part that is on the shelf stays, the next start goes on there."""
        self._door.close()
        for task in self._packing.values():
            task.cancel()
        await asyncio.gather(*self._packing.values(), return_exceptions=True)
        self._rows.shutdown()


def _stage_of(session: str, folder: str, epoch: datetime) -> Stage:
    top, small, sound = (Rung(session, folder, name, epoch=epoch) for name in shelf.RUNGS)
    return Stage(top, small, sound)


def run(*, once: bool = False) -> None:
    """Run the studio of this data folder, or only let it catch up. Raises AlreadyRunning."""
    folder: Path = settings.PRIVATE_DIR / "live"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (folder / ".studio.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise AlreadyRunning from error
        studio = Studio()
        asyncio.run(studio.catch_up() if once else studio.run())
