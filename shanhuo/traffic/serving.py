"""Answers of the feed, for hot doors and calm pages alike."""

import threading
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import msgspec
from django.conf import settings

from shanhuo.traffic import moments
from shanhuo.traffic.board import Board
from shanhuo.traffic.feed import Feed, Shown, seal_list
from shanhuo.traffic.grants import samples
from shanhuo.traffic.grants.delivery import Delivery
from shanhuo.traffic.kinds import Source
from shanhuo.traffic.learned import LearnedRanker
from shanhuo.traffic.learning.shelf import NeighbourShelf, Shelf
from shanhuo.traffic.live import BOARD_EVERY, Live
from shanhuo.traffic.log import SignalLog
from shanhuo.traffic.memory import Memory
from shanhuo.traffic.neighbouring import Neighbouring
from shanhuo.traffic.numbers import UNKNOWN
from shanhuo.traffic.slate import LENGTH, Rules
from shanhuo.traffic.viewers import Viewer

MOST_ITEMS = 20

_WHY = {source.value: b'{"why":"%s",' % source.name.lower().encode() for source in Source}


@dataclass(frozen=True, slots=True)
class Answer:
    """A list as JSON items in order, and the token of its sheet ("" for an empty list)."""

    sheet: str
    stage: str
    items: list[bytes]

    def as_json(self) -> bytes:
        return b'{"sheet":"%s","stage":"%s","items":[%s]}' % (
            self.sheet.encode(),
            self.stage.encode(),
            b",".join(self.items),
        )

    def as_data(self) -> list[dict[str, object]]:
        """The items as dictionaries, for templates."""
        return [msgspec.json.decode(item) for item in self.items]


class Serving:
    """The feed of this process. `driven`: a thread steps it; otherwise it steps when asked."""

    def __init__(self, root: Path) -> None:
        self.delivery = Delivery(root / samples.FOLDER)
        self.live = Live(SignalLog(root), self.delivery)
        self.ranker = LearnedRanker(Shelf(settings.RANKER_DIR), settings.RANKER_WEIGHTS)
        rules = Rules(supported=settings.SUPPORTED_MOST)
        self.neighbours = Neighbouring(NeighbourShelf(settings.RANKER_DIR))
        self.feed = Feed(
            ranker=self.ranker, pricing=self.delivery, neighbours=self.neighbours, rules=rules
        )
        self.driven = False
        self._stepped_at: datetime | None = None

    def bring_up_to_date(self, *, now: datetime) -> None:
        """Where no thread does it (tests, a server of pages alone): step if it was long ago."""
        if self.driven:
            return
        if self._stepped_at is None or abs(now - self._stepped_at) >= BOARD_EVERY:
            self.step(now=now)
            self._stepped_at = now

    def step(self, *, now: datetime) -> None:
        """Take in what changed: posts, signals, the ranker's model. Call it from a thread."""
        self.live.step(now=now)
        self.ranker.refresh(now=now)
        self.neighbours.refresh(self.live.catalogue, now=now)

    @property
    def stage(self) -> str:
        """How much is known: "empty" (nothing to show), "popularity" or "learned"."""
        return "empty" if self.live.board.stage == "empty" else self.ranker.stage

    def answer(
        self, viewer: Viewer, *, now: datetime, length: int = LENGTH, is_new: bool = False
    ) -> Answer:
        """The next list for a viewer, remembered as served. `is_new`: came without a token, so
        nothing is kept of them: strangers without cookies must not push out those we know."""
        board = self.live.board
        memory = Memory() if is_new else self.live.memories.of(viewer.key)
        shown = self._charged(self.feed.list_for(board, viewer, memory, length=length), viewer)
        if not shown:
            return Answer("", self.stage, [])
        memory.served.add([one.row for one in shown])
        policy, now_ms = self.feed.ranker.policy, moments.to_ms(now)
        sheet, token = seal_list(shown, board, viewer, policy=policy, now_ms=now_ms)
        self.delivery.gave(sheet, [one.grant for one in shown], now_ms=now_ms)
        return Answer(token, self.stage, _items(shown, board))

    def _charged(self, shown: list[Shown], viewer: Viewer) -> list[Shown]:
        """The list, its slots charged to their contracts as far as the lease of this process goes;
        beyond it a slot is shown and charged to nobody."""
        if not any(one.grant for one in shown):
            return shown
        charged = self.delivery.charge([one.grant for one in shown], viewer)
        return [
            one if counts or not one.grant else one._replace(grant=0, price=0.0)
            for one, counts in zip(shown, charged, strict=True)
        ]

    def close(self, *, now: datetime) -> None:
        """The process ends: what it may still give out is free for others at once."""
        self.delivery.close(now=now)
        self.live.placards.close(now=now)

    def counts_of(self, post_id: int) -> dict[str, int]:
        """`plays`, `likes` and `comments` of a post, as its card in the feed says."""
        board, row = self.live.board, self.live.catalogue.numbers.of_one(post_id)
        if row == UNKNOWN:
            return {"plays": 0, "likes": 0, "comments": 0}
        body = board.bodies[row]
        return dict(msgspec.json.decode(_WHY[Source.CHOSEN] + body)["counts"])


def _items(shown: list[Shown], board: Board) -> list[bytes]:
    bodies = board.bodies
    return [_WHY[one.source] + bodies[one.row] for one in shown]


_lock = threading.Lock()
_serving: Serving | None = None


def serving() -> Serving:
    """The one of this process."""
    global _serving
    with _lock:
        if _serving is None:
            _serving = Serving(settings.SIGNALS_DIR)
        return _serving


def forget() -> None:
    """Begin anew: for tests, which change platforms within one process."""
    global _serving
    with _lock:
        _serving = None
