"""What one process knows of the platform at this moment: posts, counts, viewers, and the board.

Rebuilt from the database and the signal log at start and kept up by small steps; nothing here is
the only copy of anything. Steps are made by one thread at a time; answers are made from the board,
which is replaced as a whole.
"""

import logging
import threading
import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shanhuo.kernel import clock
from shanhuo.traffic import board as boards
from shanhuo.traffic import interests, moments, posts, sessions
from shanhuo.traffic.board import Board
from shanhuo.traffic.bodies import Bodies
from shanhuo.traffic.candidates import Rows
from shanhuo.traffic.catalogue import AT_A_TIME, Catalogue, key_of_session, keys_of
from shanhuo.traffic.counters import Counters
from shanhuo.traffic.follower import Follower
from shanhuo.traffic.grants import leases
from shanhuo.traffic.grants.delivery import Delivery
from shanhuo.traffic.grants.placards import Placards
from shanhuo.traffic.kinds import Flags, Kind, ObjectKind, Surface
from shanhuo.traffic.log import LogDamaged, SignalLog, Snapshot
from shanhuo.traffic.memory import LIKING, WATCHED_MS, Memories, may_learn
from shanhuo.traffic.records import RECORD, RECORD_FIELDS, Records
from shanhuo.traffic.together import Together

REMEMBERED = timedelta(days=3)
MOST_REMEMBERED = 2_000_000
READ_ALL_IN = timedelta(seconds=60)
"""Every post is read again in this time, to notice what no fact told; many posts take longer."""
READ_AT_ONCE, READ_IN_A_STEP = 50, 4
"""Posts read again: so many in two milliseconds, and so many times in one step."""
SESSIONS_READ_AGAIN = timedelta(seconds=10)
"""Who is on air is asked at every step; how a session is called and what it sells, so often."""
BOARD_EVERY = timedelta(seconds=1)
WHOLE_BOARD_REST = 100
"""A whole board is made when so many times the CPU time of the last one have passed: a hundredth of
a core at most, since answers wait meanwhile. Up to 50,000 posts that is every second."""
OVERLAP = timedelta(minutes=2)
"""Facts are read again for this long: a transaction may become visible after a younger one."""

logger = logging.getLogger(__name__)


class Live:
    """One per process. `step` brings it up to date; `board` is what answers are made from.

    `delivery` and `placards`: the grants of the process, which count the same log. `breathe` is
    called between the parts of a step: a thread beside answers rests there, so that who came
    meanwhile is answered before the next part begins.
    """

    def __init__(self, log: SignalLog, delivery: Delivery | None = None) -> None:
        self.delivery = delivery or Delivery()
        self.placards = Placards()
        self.catalogue, self.counters = Catalogue(), Counters()
        self.memories, self._together = Memories(), Together()
        self.breathe: Callable[[], None] = lambda: None
        self._log, self._follower = log, Follower(log)
        self._lock = threading.Lock()
        self._board: Board | None = None
        self._looked_at: datetime | None = None
        self._read_at: datetime | None = None
        self._read_until = 0
        self._products: posts.Products = {}
        self._products_at: datetime | None = None
        self._on_air: frozenset[int] = frozenset()
        self._sessions_at: datetime | None = None
        self._built_at: datetime | None = None
        self._whole_at: datetime | None = None
        self._whole_took = timedelta()

    @property
    def board(self) -> Board:
        """The current board. Raises RuntimeError before the first step."""
        if self._board is None:
            raise RuntimeError("the feed has not been started")
        return self._board

    def step(self, *, now: datetime) -> None:
        """Take in what changed since the last step. Reads the database; call it from a thread."""
        with self._lock:
            looked_at, self._looked_at = self._looked_at, now
            since = None if looked_at is None else min(looked_at, now) - OVERLAP
            self._look_at_posts(since, now)
            self._look_at_sessions(now)
            self.breathe()
            # Before the log: what is to be forgotten must not be learned from it again.
            self.memories.heed(interests.wishes_since(since), self.catalogue.cards)
            if since is None:
                self._recall(now)
            self._take(self._follower.news())
            self.breathe()
            if self._is_due(self._built_at, BOARD_EVERY, now):
                self._build(now)
            else:
                self._renew(now)

    def heed(self, viewer: int) -> None:
        """Take up the wishes of one viewer now: the next list obeys."""
        with self._lock:
            self.memories.heed(interests.wishes_of_viewers([viewer]), self.catalogue.cards)

    @staticmethod
    def _is_due(last: datetime | None, every: timedelta, now: datetime) -> bool:
        """Also when the clock was put back: nothing waits for a moment to come again."""
        return last is None or abs(now - last) >= every

    def _look_at_posts(self, since: datetime | None, now: datetime) -> None:
        """Everything at the start; then what was published or withdrawn, and a few more again."""
        if since is None:
            self._read_all(now)
        else:
            self._apply_facts(since=since, now=now)
            self._read_on(now)

    def _read_all(self, now: datetime) -> None:
        while self._read_some(now, most=AT_A_TIME):
            pass

    def _read_on(self, now: datetime) -> None:
        """Read a few posts again, where the last step left off."""
        share = min(1.0, READ_IN_A_STEP * READ_AT_ONCE / max(1, len(self.catalogue)))
        if self._is_due(self._read_at, READ_ALL_IN * share, now):
            for _ in range(READ_IN_A_STEP):
                self.breathe()
                if not self._read_some(now, most=READ_AT_ONCE):
                    return

    def _read_some(self, now: datetime, *, most: int) -> bool:
        """Read the next posts in the order of ids; whether there are more behind them."""
        if self._is_due(self._products_at, READ_ALL_IN, now):
            self._products, self._products_at = {}, now
        first = self._read_until + 1
        cards, last = posts.published_after(self._read_until, self._products, most=most, now=now)
        self.catalogue.put(cards)
        self.catalogue.keep_only((card.post_id for card in cards), first=first, last=last)
        self._read_at, self._read_until = now, last or 0
        return last is not None

    def _apply_facts(self, *, since: datetime, now: datetime) -> None:
        published, withdrawn = posts.changes(since=since, now=now)
        self.catalogue.withdraw(withdrawn)
        new = [post for post in published if not self.catalogue.shows(post)]
        if new:
            self.catalogue.put(posts.published(new, now=now))

    def _look_at_sessions(self, now: datetime) -> None:
        """Who ended is gone from the next answer on, who began is on the next board."""
        on_air = sessions.on_air(now=now)
        self.catalogue.withdraw(key_of_session(one) for one in self._on_air - on_air)
        if on_air - self._on_air or self._is_due(self._sessions_at, SESSIONS_READ_AGAIN, now):
            self._sessions_at = now
            self.catalogue.put(sessions.cards(on_air, self.catalogue, now=now))
        self._on_air = on_air

    def _recall(self, now: datetime) -> None:
        """After a start. What a damaged log lost is missing in cards and memories only: what
        contracts delivered is known to the database too."""
        # Before the log: what was told from it is in it, unless it was lost.
        told = leases.seen_counts()
        try:
            self._recall_from(self._log.snapshot(), now)
        except LogDamaged:
            logger.exception("the feed serves from what is left of the signal log")
            self._recall_from(self._log.what_is_left(), now)
        self.delivery.at_least(told)
        self.placards.at_least(told)

    def _recall_from(self, snapshot: Snapshot, now: datetime) -> None:
        """Counts of all time, and the viewers and warmth of the last days."""
        edge_ms = moments.to_ms(now - REMEMBERED)
        with self._log.open(snapshot=snapshot) as connection:
            old = connection.execute(
                "SELECT object, kind, count(*) FROM parts WHERE at_ms < ? AND object_kind = ?"
                " GROUP BY ALL",
                [edge_ms, int(ObjectKind.POST)],
            ).fetchnumpy()
            recent = connection.execute(
                "SELECT * FROM (SELECT * FROM parts WHERE at_ms >= ? ORDER BY at_ms DESC LIMIT ?)"
                " ORDER BY at_ms",
                [edge_ms, MOST_REMEMBERED],
            ).fetchnumpy()
            supported = connection.execute(
                'SELECT "grant", at_ms // 3600000, count(*) FROM parts'
                ' WHERE "grant" > 0 AND kind = ? AND at_ms < ? GROUP BY ALL',
                [int(Kind.EXPOSURE), edge_ms],
            ).fetchall()
        counted = [
            (contract, clock.day_of(moments.from_ms(hour * 3_600_000)), count)
            for contract, hour, count in supported
        ]
        self.delivery.begin(counted)
        self.placards.begin(counted)
        self.counters.add_totals(*(np.asarray(column) for column in old.values()))
        self._take(_as_records(recent))
        self._take(self._follower.begin(snapshot))

    def _take(self, records: Records) -> None:
        """Let signals count, and let viewers' memories learn from them."""
        if not len(records):
            return
        self.counters.add(records)
        self.delivery.take(records)
        self.placards.take(records)
        about = records[np.isin(records["object_kind"], [ObjectKind.POST, ObjectKind.SESSION])]
        rows = self.catalogue.rows_of(keys_of(about))
        self._remember(about[rows >= 0], rows[rows >= 0])

    def _remember(self, records: Records, rows: Rows) -> None:
        """Seen rows of each viewer at a stroke; likings one by one, for they are few."""
        order = np.argsort(records["viewer"], kind="stable")
        records, rows = records[order], rows[order]
        # A tile in a list is a glimpse: it does not keep a clip out of the feed.
        exposed = (records["kind"] == Kind.EXPOSURE) & (records["surface"] == Surface.FEED)
        viewers, firsts = np.unique(records["viewer"][exposed], return_index=True)
        learnable = (records["flags"][exposed] & int(Flags.NOT_PERSONAL)) == 0
        begin = firsts[1:]
        parts = zip(np.split(rows[exposed], begin), np.split(learnable, begin), strict=True)
        for viewer, (seen, may_count) in zip(viewers.tolist(), parts, strict=False):
            self.memories.of(viewer).see(seen, may_count)
        stayed = (records["kind"] == Kind.WATCH) & (records["value"] >= WATCHED_MS)
        telling = np.isin(records["kind"], [*LIKING]) | stayed
        for record, row in zip(records[telling], rows[telling].tolist(), strict=True):
            self._learn(record, row)

    def _learn(self, record: np.void, row: int) -> None:
        kind, flags = int(record["kind"]), int(record["flags"])
        memory, card = self.memories.of(int(record["viewer"])), self.catalogue.cards[row]
        if kind == Kind.NOT_INTERESTED:
            memory.hide(row, card.author_id)
        if not may_learn(flags):
            return
        if kind == Kind.WATCH:
            memory.watch(row)
            return
        if LIKING[Kind(kind)] > 0:
            self._together.add(row, memory.recent)
        memory.learn(kind, row, card, at_ms=int(record["at_ms"]))

    def _renew(self, now: datetime) -> None:
        self.delivery.renew_when_due(now=now, breathe=self.breathe)
        self.placards.renew_when_due(now=now, breathe=self.breathe)

    def _build(self, now: datetime) -> None:
        self._renew(now)
        rest = WHOLE_BOARD_REST * self._whole_took
        bodies = Bodies(self.catalogue, self.counters)
        known = self.catalogue, self.counters, bodies, self._together.lists()
        if self._board is None or self._is_due(self._whole_at, rest, now):
            began = time.thread_time()
            board = boards.build(*known, now=now, breathe=self.breathe)
            self._whole_took = timedelta(seconds=time.thread_time() - began)
            self._whole_at = now
        else:
            board = boards.freshened(self._board, *known, now=now)
        self.breathe()
        # Before the board: prices must know every row that an answer may ask for.
        self.delivery.step(self.catalogue, self.counters, board.score, now=now)
        self.breathe()
        self.placards.step(self.catalogue, now=now)
        self._board, self._built_at = board, now


def _as_records(columns: Mapping[str, NDArray[Any]]) -> Records:
    records = np.empty(len(columns["at_ms"]), RECORD)
    for name in RECORD_FIELDS:
        records[name] = columns[name]
    return records
