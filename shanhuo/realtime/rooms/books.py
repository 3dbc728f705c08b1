"""All that a room process does with the database and the disk: once a tick, in one thread.

What the rooms hand over is written in one transaction; then they are told how things stand. While
the database is away nothing is lost: what could not be written is handed over again.
"""

import logging
import os
import time
from collections import Counter, deque
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

import msgspec
from django.db import close_old_connections, connections, transaction

from shanhuo.live import room_state
from shanhuo.live.queries import room as queries
from shanhuo.live.queries.room import LAST_LINES, Change, RoomNow, ShownLine
from shanhuo.live.services import room as order
from shanhuo.live.services import room_sums
from shanhuo.live.services.room import Line, Verdict
from shanhuo.live.services.room_sums import Sums
from shanhuo.realtime.rooms.presence import Presence

LOOKED_BACK = timedelta(seconds=3)
"""Lines of other processes carry the moment before their commit: what is older was seen."""
DECISIONS_LOOKED_BACK = timedelta(seconds=10)
REMEMBERED_S = 60.0
WRITTEN_AT_MOST_EVERY_S = 1.0
WRITTEN_AT_LEAST_EVERY_S = 10.0

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Work:
    """What happened in the rooms since the last time.

    viewers: session id -> persons here now. unknown: sessions that nobody has heard of yet.
    """

    sums: Sequence[Sums]
    lines: Sequence[Line]
    viewers: Mapping[int, int]
    unknown: Collection[int] = ()


@dataclass(frozen=True, slots=True)
class News:
    """How things stand. `verdicts` are on the lines of the work, in their order."""

    verdicts: Sequence[Verdict]
    rooms: Mapping[int, RoomNow]
    likes: Mapping[int, int]
    elsewhere: Mapping[int, int]
    banned: Mapping[int, frozenset[int]]
    changes: Mapping[int, Sequence[Change]]


@dataclass(slots=True)
class _Page:
    """What was written of one room last, and what the next writing needs."""

    version: int = -1
    showcase: room_state.Showcase | None = None
    lines: "deque[ShownLine]" = field(default_factory=lambda: deque(maxlen=LAST_LINES))
    told: tuple[object, ...] = ()
    written_at: float = float("-inf")


class Books:
    """Used by one thread at a time."""

    def __init__(self, presence: Presence) -> None:
        self._presence = presence
        self._pages: dict[int, _Page] = {}
        self._known: dict[tuple[str, bool], float] = {}

    def settle(self, work: Work, *, now: datetime) -> News:
        """Write the work, read the news, renew the files. Raises DatabaseError: nothing written."""
        close_old_connections()
        verdicts = self._write(work, now=now)
        rooms = queries.rooms_now([*work.viewers, *work.unknown], now=now)
        ids = list(rooms)
        moved = [pk for pk, room in rooms.items() if room.version != self._page(pk).version]
        news = News(
            verdicts=verdicts,
            rooms=rooms,
            likes=queries.likes_of(ids),
            elsewhere=self._presence.exchange(work.viewers, ids, now=now),
            banned=queries.banned_from(ids, now=now),
            changes=self._changes(ids, moved, now=now),
        )
        self._renew_files(news, work.viewers, now=now)
        return news

    def close(self) -> None:
        connections.close_all()

    def _write(self, work: Work, *, now: datetime) -> list[Verdict]:
        if not work.sums and not work.lines:
            return []
        with transaction.atomic():
            verdicts = order.say_all(work.lines, now=now) if work.lines else []
            said = Counter(
                line.session_id
                for line, verdict in zip(work.lines, verdicts, strict=True)
                if verdict is Verdict.SHOWN
            )
            sums = {one.session_id: one for one in work.sums}
            for session_id, count in said.items():
                sums[session_id] = replace(sums.get(session_id, Sums(session_id)), messages=count)
            room_sums.add_sums(sums.values(), now=now)
        return verdicts

    def _changes(
        self, ids: Sequence[int], moved: Sequence[int], *, now: datetime
    ) -> dict[int, list[Change]]:
        """Lines that came or went and were not told before."""
        found = queries.lines_since(ids, now - LOOKED_BACK)
        if moved:
            found += queries.decisions_since(moved, now - DECISIONS_LOOKED_BACK)
        this_moment = time.monotonic()
        changes: dict[int, list[Change]] = {}
        for change in found:
            key = (change.line.id, change.is_shown)
            if key not in self._known:
                changes.setdefault(change.session_id, []).append(change)
                # Hidden and shown again: both are news once more.
                self._known.pop((change.line.id, not change.is_shown), None)
            self._known[key] = this_moment
        if len(self._known) > 10_000 or not found:
            limit = this_moment - REMEMBERED_S
            self._known = {key: at for key, at in self._known.items() if at > limit}
        return changes

    # Files.

    def _page(self, session_id: int) -> _Page:
        return self._pages.setdefault(session_id, _Page())

    def _renew_files(self, news: News, here: Mapping[int, int], *, now: datetime) -> None:
        self._pages = {pk: self._page(pk) for pk in news.rooms}
        for pk, room in news.rooms.items():
            page = self._pages[pk]
            self._turn(page, room, news.changes.get(pk, ()))
            viewers = here.get(pk, 0) + news.elsewhere[pk]
            told = (room.version, room.status, viewers, news.likes[pk], *page.lines)
            if self._is_due(page, told):
                page.written_at, page.told = time.monotonic(), told
                self._renew(page, room, viewers, news.likes[pk], now=now)

    def _turn(self, page: _Page, room: RoomNow, changes: Sequence[Change]) -> None:
        """Bring the last lines up to date; where one was taken away, from the database."""
        if page.version < 0 or not all(change.is_shown for change in changes):
            page.lines = deque(queries.last_lines(room.session_id), LAST_LINES)
        else:
            page.lines.extend(change.line for change in changes)
        if page.version != room.version:
            page.version, page.showcase = room.version, None

    @staticmethod
    def _is_due(page: _Page, told: tuple[object, ...]) -> bool:
        age = time.monotonic() - page.written_at
        if age < WRITTEN_AT_MOST_EVERY_S:
            return False
        runs_out = page.showcase is not None and page.showcase.runs_out
        return told != page.told or runs_out or age >= WRITTEN_AT_LEAST_EVERY_S

    @staticmethod
    def _renew(page: _Page, room: RoomNow, viewers: int, likes: int, *, now: datetime) -> None:
        old = page.showcase
        is_stale = old is not None and (
            old.runs_out or (now - old.at).total_seconds() >= WRITTEN_AT_LEAST_EVERY_S
        )
        if old is None or is_stale:
            page.showcase = room_state.showcase_of(room.session_id, now=now)
        assert page.showcase is not None  # noqa: S101
        state = room_state.state_of(
            room,
            viewers=viewers,
            likes=likes,
            showcase=page.showcase,
            lines=page.lines,
            now=now,
        )
        try:
            _replace(room_state.path_of(room.media_key), msgspec.json.encode(state))
        except OSError as error:
            # The disk is full: who watches sees an older file; who has a socket sees everything.
            log.warning("room.json of %s was not written: %s", room.public_id, error)


def _replace(path: Path, content: bytes) -> None:
    """Put the file in its place at once; a reader sees the old one or the new one, whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    fresh.write_bytes(content)
    fresh.replace(path)
