"""The life of an exposure, from who asks to a sealed sheet: gather, rank, price, choose, seal.

Pure but for chance: the same board, memory and random numbers give the same list.
"""

import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from shanhuo.traffic.board import Board
from shanhuo.traffic.candidates import Candidates
from shanhuo.traffic.gathering import gather
from shanhuo.traffic.kinds import ObjectKind, Source, Surface
from shanhuo.traffic.memory import Memory
from shanhuo.traffic.ranking import NoGrants, Pricing, Ranker, TrendAndAffinity
from shanhuo.traffic.sheets import seal_packed
from shanhuo.traffic.slate import LENGTH, Draft, Rules, spread
from shanhuo.traffic.viewers import Viewer

EXPLORE = 0.015
"""This share of all slots is filled by chance: so every post can be judged without our taste."""

SHORTLIST = 64
TRIES = 20
HIDDEN_TWICE = 2
_SLOT = struct.Struct("<QIffIHBB")
_POST = int(ObjectKind.POST)


class Shown(NamedTuple):
    """One slot of a list, as it is logged."""

    row: int
    source: int
    price: float
    propensity: float
    grant: int


@dataclass(frozen=True, slots=True)
class Ordered:
    """Candidates, best first, as plain lists: what choosing and logging need of them."""

    rows: list[int]
    sources: list[int]
    prices: Sequence[float]
    grants: Sequence[int]


@dataclass(slots=True)
class Feed:
    """An engine that makes lists. `ranker` is where learning goes in, `pricing` where grants do."""

    ranker: Ranker = field(default_factory=TrendAndAffinity)
    pricing: Pricing = field(default_factory=NoGrants)
    rules: Rules = field(default_factory=Rules)
    explore: float = EXPLORE
    random: Random = field(default_factory=Random)

    def list_for(
        self, board: Board, viewer: Viewer, memory: Memory, *, length: int = LENGTH
    ) -> list[Shown]:
        """The next `length` things to show this viewer; fewer when there are no more."""
        allowed = allowed_rows(board, viewer, memory)
        candidates = gather(board, viewer, memory, allowed)
        scores, prices, grants = self._worth(candidates, board, viewer, memory)
        best = _order(candidates, scores, prices, grants, most=SHORTLIST)
        draft = Draft(board.marks, self.rules, length, _barred_authors(memory))
        by_chance = self._take_by_chance(draft, board, allowed)
        draft.fill(best.rows)
        if not draft.is_full:
            best = _order(candidates, scores, prices, grants, most=len(scores))
            _fill_with_what_is_left(draft, best, board, allowed, viewer, memory)
        return self._logged(draft, best, by_chance, allowed)

    def _worth(
        self, candidates: Candidates, board: Board, viewer: Viewer, memory: Memory
    ) -> tuple[NDArray[np.float32], NDArray[np.float32] | None, NDArray[np.uint32] | None]:
        scores = self.ranker.rank(candidates, viewer, memory, board)
        priced = self.pricing.prices(candidates, viewer)
        return (scores, None, None) if priced is None else (scores + priced[0], *priced)

    def _take_by_chance(
        self, draft: Draft, board: Board, allowed: NDArray[np.bool_]
    ) -> frozenset[int]:
        """Each slot is given to chance with probability `explore`; which rows came that way."""
        draw = self.random.random
        wanted = sum([draw() < self.explore for _ in range(draft.length)])
        rows = board.best_first
        for _ in range(TRIES * wanted if len(rows) else 0):
            row = int(rows[int(draw() * len(rows))])
            if allowed[row] and draft.fits(row):
                draft.take(row)
                wanted -= 1
                if not wanted:
                    break
        return frozenset(draft.picked)

    def _logged(
        self,
        draft: Draft,
        best: Ordered,
        by_chance: frozenset[int],
        allowed: NDArray[np.bool_],
    ) -> list[Shown]:
        """Sources, prices and chances of what was picked, in the order of showing."""
        blind = self.explore / max(1, int(np.count_nonzero(allowed)))
        chance = 1.0 - self.explore + blind
        shown = []
        for row in spread(self._in_order(draft.picked, by_chance), draft.marks):
            if row in by_chance:
                shown.append(Shown(row, Source.RANDOM, 0.0, blind, 0))
            elif row in best.rows:
                place = best.rows.index(row)
                price, grant = best.prices[place], best.grants[place]
                shown.append(Shown(row, best.sources[place], price, chance, grant))
            else:
                # Beyond all candidates: the next best of everything, or seen before.
                source = Source.TRENDING if allowed[row] else Source.AGAIN
                shown.append(Shown(row, source, 0.0, chance, 0))
        return shown

    def _in_order(self, picked: list[int], by_chance: frozenset[int]) -> list[int]:
        """Chance picked first; where its rows stand in the list is left to chance too."""
        rows = picked[len(by_chance) :]
        for row in picked[: len(by_chance)]:
            rows.insert(self.random.randrange(len(rows) + 1), row)
        return rows


def allowed_rows(board: Board, viewer: Viewer, memory: Memory) -> NDArray[np.bool_]:
    """Which rows may be shown: published, not seen lately, not hidden, fit for young people."""
    allowed = board.shown.copy()
    allowed[memory.seen.rows] = False
    allowed[memory.served.rows] = False
    if memory.hidden:
        allowed[list(memory.hidden)] = False
    if viewer.youth:
        allowed &= board.fit_for_youth
    return allowed


def _barred_authors(memory: Memory) -> list[int]:
    return [author for author, times in memory.hidden_authors.items() if times >= HIDDEN_TWICE]


def _order(
    candidates: Candidates,
    scores: NDArray[np.float32],
    prices: NDArray[np.float32] | None,
    grants: NDArray[np.uint32] | None,
    *,
    most: int,
) -> Ordered:
    """The best `most` candidates, best first; a row may stand twice, its better source first."""
    worst = -scores
    if most < len(worst):
        best = np.argpartition(worst, most)[:most]
        best = best[worst[best].argsort(kind="stable")]
    else:
        best = worst.argsort(kind="stable")
    rows, sources = candidates.rows[best].tolist(), candidates.sources[best].tolist()
    if prices is None or grants is None:
        return Ordered(rows, sources, [0.0] * len(rows), [0] * len(rows))
    return Ordered(rows, sources, prices[best].tolist(), grants[best].tolist())


def _fill_with_what_is_left(
    draft: Draft,
    best: Ordered,
    board: Board,
    allowed: NDArray[np.bool_],
    viewer: Viewer,
    memory: Memory,
) -> None:
    """When the shortlist was too short: all candidates, everything unseen; variety gives way to
    the floors, floors that nothing can meet give way; and last comes what was seen longest ago."""
    unseen: list[int] | None = None
    for variety, floors in ((True, True), (False, True), (True, False), (False, False)):
        draft.fill(best.rows, variety=variety, floors=floors)
        if draft.is_full:
            return
        if unseen is None:
            unseen = board.best_first[allowed[board.best_first]].tolist()
        draft.fill(unseen, variety=variety, floors=floors)
    draft.fill(_seen_before(board, viewer, memory), variety=False, floors=False)


def _seen_before(board: Board, viewer: Viewer, memory: Memory) -> Iterable[int]:
    """What the viewer saw, longest ago first, without what they hid."""
    for row in (*memory.seen.oldest_first(), *memory.served.oldest_first()):
        fit = not viewer.youth or board.fit_for_youth[row]
        if board.shown[row] and fit and row not in memory.hidden:
            yield row


def seal_list(
    shown: list[Shown], board: Board, viewer: Viewer, *, policy: int, now_ms: int
) -> tuple[int, str]:
    """(sheet id, token) for a list of the feed."""
    posts, marks, pack = board.posts, board.marks, _SLOT.pack
    packed = b"".join(
        [
            pack(posts[row], marks[row].county, price, propensity, grant, policy, _POST, source)
            for row, source, price, propensity, grant in shown
        ]
    )
    return seal_packed(
        packed,
        len(shown),
        viewer=viewer.key,
        surface=Surface.FEED,
        flags=viewer.flags,
        now_ms=now_ms,
    )
