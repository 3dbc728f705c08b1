"""The life of an exposure, from who asks to a sealed sheet: gather, rank, price, choose, seal.

Pure but for chance: the same board, memory and random numbers give the same list.
"""

import struct
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from shanhuo.traffic.board import Board
from shanhuo.traffic.candidates import Candidates, Rows, Share
from shanhuo.traffic.catalogue import named_by
from shanhuo.traffic.chances import Chances, chances_of
from shanhuo.traffic.gathering import gather, sessions_for
from shanhuo.traffic.kinds import Source, Surface
from shanhuo.traffic.memory import Memory
from shanhuo.traffic.neighbouring import Neighbouring
from shanhuo.traffic.ranking import NoGrants, Priced, Pricing, Ranker, TrendAndAffinity, Values
from shanhuo.traffic.sheets import seal_packed
from shanhuo.traffic.slate import LENGTH, Draft, Rules, spread
from shanhuo.traffic.viewers import Viewer
from shanhuo.traffic.weighing import weigh

EXPLORE = 0.015
"""This share of all slots is filled by chance: so every post can be judged without our taste."""

TRIAL_PLACE = 2
"""The third: the first two decide whether a viewer stays, and few come as far as the tenth."""

LIVE_PLACE = 4
"""The fifth: behind what the ranker is surest of."""

SHORTLIST = 64
MOST_PAID = 24
"""Rows that only a price brings in, in the shortlist."""
TRIES = 20
AT_A_TIME = 200
LOOKED_FOR_RULES = 4_000
"""A rule that none of so many can meet gives way: an answer must not search a million."""
HIDDEN_TWICE = 2
WEIGHED_OF = 31
"""Of so many viewers one: their lists are made without floors too, to see what floors cost."""

_SLOT = struct.Struct("<QIffIHBB")


class Shown(NamedTuple):
    """One slot of a list, as it is logged."""

    row: int
    source: int
    price: float
    propensity: float
    grant: int


class Kept(NamedTuple):
    """A row that has a place of the list kept for it, at the latest the one numbered so. `floor`
    is its source if it would not stand in the list without that."""

    row: int
    source: Source
    place: int
    floor: Source


class Brought(NamedTuple):
    """What brought rows into a list, where it was not their worth alone: chance; a place kept for
    them; a floor, which is their source; a grant."""

    by_chance: frozenset[int]
    kept: list[Kept]
    floored: dict[int, Source]
    lifted: frozenset[int]


@dataclass(frozen=True, slots=True)
class Ordered:
    """Candidates, best first, as plain lists: what choosing and logging need of them."""

    rows: list[int]
    sources: list[int]
    prices: Sequence[float]
    grants: Sequence[int]

    @property
    def lifted(self) -> frozenset[int]:
        """Rows that a grant pays for."""
        return frozenset(row for row, grant in zip(self.rows, self.grants, strict=True) if grant)


def is_weighed(viewer: int) -> bool:
    """Whether the lists of this viewer say what floors cost: always the same ones, so that whoever
    reads the log knows which."""
    return (viewer >> 1) % WEIGHED_OF == 0


@dataclass(frozen=True, slots=True)
class Asked:
    """One request for a list: `allowed` says by row what may be shown."""

    board: Board
    viewer: Viewer
    memory: Memory
    allowed: NDArray[np.bool_]


@dataclass(slots=True)
class Feed:
    """An engine that makes lists. `ranker` is where learning goes in, `pricing` where grants do."""

    ranker: Ranker = field(default_factory=TrendAndAffinity)
    pricing: Pricing = field(default_factory=NoGrants)
    neighbours: Neighbouring | None = None
    rules: Rules = field(default_factory=Rules)
    explore: float = EXPLORE
    random: Random = field(default_factory=Random)

    def list_for(
        self, board: Board, viewer: Viewer, memory: Memory, *, length: int = LENGTH
    ) -> list[Shown]:
        """The next `length` things to show this viewer; fewer when there are no more."""
        asked = Asked(board, viewer, memory, allowed_rows(board, viewer, memory))
        plain = gather(board, viewer, memory, asked.allowed, self.neighbours)
        candidates = self._with_supported(plain, asked.allowed)
        scores = self.ranker.rank(candidates, viewer, memory, board)
        weigh(scores, candidates, viewer, memory, board)
        known = plain, scores[: len(plain.rows)]
        priced = self.pricing.prices(candidates, viewer)
        draft = Draft(board.marks, self.rules, length, *_barred(board, memory))
        by_chance = self._take_by_chance(draft, board, asked.allowed)
        unfloored = draft.without_floors()
        kept = [*_take_a_session(draft, asked), *_take_a_newcomer(draft, asked)]
        begun, unsupported = len(draft.picked), draft if priced is None else draft.copy()
        # The same moment without grants, and without floors too: what stands only in the first is
        # there by a floor alone, what stands in neither is support.
        best = _fill([unsupported, unfloored], *known, None, asked)
        floored = _floors_of(unsupported, unfloored, kept, asked)
        watched = self.pricing.watched()
        if watched is not None:
            self.pricing.note(self._chances(unsupported, begun, known, watched, asked), viewer)
        if priced is not None:
            priced = _only_for_others(priced, candidates, unsupported.picked)
            best = _fill([draft], candidates, scores, priced, asked)
        lifted = frozenset(draft.picked).difference(unsupported.picked)
        shown = self._logged(draft, best, Brought(by_chance, kept, floored, lifted), asked.allowed)
        if not is_weighed(viewer.key):
            return shown
        added = self._added_by_floors(unfloored, unsupported, *known, asked)
        return [one if one.grant else one._replace(price=added.get(one.row, 0.0)) for one in shown]

    def _added_by_floors(
        self, without: Draft, kept: Draft, plain: Candidates, scores: Values, asked: Asked
    ) -> dict[int, float]:
        """Rows that stand in a list by its floors alone, each with what that is worth in points of
        the score: the mean of what they keep out, less their own."""
        entered = [row for row in kept.picked if row not in without.picked]
        displaced = [row for row in without.picked if row not in kept.picked]
        if not entered or not displaced:
            return {}
        score_of = self._scores_of([*entered, *displaced], plain, scores, asked)
        worth = sum(score_of[row] for row in displaced) / len(displaced)
        return {row: worth - score_of[row] for row in entered}

    def _scores_of(
        self, rows: list[int], plain: Candidates, scores: Values, asked: Asked
    ) -> dict[int, float]:
        """By row; of one that several sources offer the best, of one that none does as it is."""
        theirs = np.flatnonzero(np.isin(plain.rows, rows))
        found: dict[int, float] = {}
        for row, score in zip(plain.rows[theirs].tolist(), scores[theirs].tolist(), strict=True):
            found[row] = max(score, found.get(row, score))
        beyond = np.array([row for row in rows if row not in found], np.int32)
        if len(beyond):
            judged = Candidates.of([Share(Source.TRENDING, beyond, 1.0)])
            values = self.ranker.rank(judged, asked.viewer, asked.memory, asked.board)
            weigh(values, judged, asked.viewer, asked.memory, asked.board)
            found |= zip(beyond.tolist(), values.tolist(), strict=True)
        return found

    def _with_supported(self, plain: Candidates, allowed: NDArray[np.bool_]) -> Candidates:
        """Candidates and, behind them, what grants offer."""
        offers = self.pricing.offers()
        if offers is None:
            return plain
        return Candidates.of([Share(Source.GRANT, _known(offers, allowed), 1.0)], plain)

    def _chances(
        self,
        unsupported: Draft,
        kept: int,
        known: tuple[Candidates, Values],
        watched: Rows,
        asked: Asked,
    ) -> Chances:
        """What grants could have had of this list, for rehearsals."""
        rows = _known(watched, asked.allowed)
        judged = Candidates.of([Share(Source.GRANT, rows, 1.0)])
        scores = self.ranker.rank(judged, asked.viewer, asked.memory, asked.board)
        weigh(scores, judged, asked.viewer, asked.memory, asked.board)
        return chances_of(unsupported, kept, known, (judged, scores))

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
        self, draft: Draft, best: Ordered, brought: Brought, allowed: NDArray[np.bool_]
    ) -> list[Shown]:
        """Sources, prices and chances of what was picked, in the order of showing."""
        blind = self.explore / max(1, int(np.count_nonzero(allowed)))
        chance = 1.0 - self.explore + blind
        source_of = {one.row: one.source for one in brought.kept} | brought.floored
        shown = []
        for row in spread(self._in_order(draft.picked, brought, best), draft.marks):
            if row in brought.by_chance:
                shown.append(Shown(row, Source.RANDOM, 0.0, blind, 0))
            elif row in source_of:
                shown.append(Shown(row, source_of[row], 0.0, chance, 0))
            elif row in best.rows:
                place = best.rows.index(row)
                grant = best.grants[place] if row in brought.lifted else 0
                source = Source.GRANT if grant else best.sources[place]
                price = best.prices[place] if grant else 0.0
                shown.append(Shown(row, source, price, chance, grant))
            else:
                # Beyond all candidates: the next best of everything, or seen before.
                source = Source.TRENDING if allowed[row] else Source.AGAIN
                shown.append(Shown(row, source, 0.0, chance, 0))
        return shown

    def _in_order(self, picked: list[int], brought: Brought, best: Ordered) -> list[int]:
        """Chance picked first, then what had a place kept for it, and goes there; where the rows of
        chance stand in the list is left to chance too."""
        drawn = len(brought.by_chance)
        rows = picked[drawn + len(brought.kept) :]
        for place, row in sorted((_place_of(one, best), one.row) for one in brought.kept):
            rows.insert(place, row)
        for row in picked[:drawn]:
            rows.insert(self.random.randrange(len(rows) + 1), row)
        return rows


def _known(rows: Rows, allowed: NDArray[np.bool_]) -> Rows:
    """Those that may be shown. Grants may know a row a moment before the board does."""
    rows = rows[rows < len(allowed)]
    return rows[allowed[rows]]


def allowed_rows(board: Board, viewer: Viewer, memory: Memory) -> NDArray[np.bool_]:
    """Which rows may be shown: published, not seen lately, not hidden, not skipped twice, fit for
    young people."""
    allowed = board.shown.copy()
    allowed[memory.seen.rows] = False
    allowed[memory.served.rows] = False
    if memory.hidden:
        allowed[list(memory.hidden)] = False
    if memory.skipped and viewer.personal:
        allowed[list(memory.skipped)] = False
    if viewer.youth:
        allowed &= board.fit_for_youth
    return allowed


def _take_a_session(draft: Draft, asked: Asked) -> list[Kept]:
    """One place of the list is for who is on air, the nearest to this viewer first: a session has
    an hour, and would not be found in it beside the best of all clips."""
    if not draft.owes_a_session:
        return []
    board, allowed = asked.board, asked.allowed
    for row, source in sessions_for(board, asked.viewer, asked.memory, allowed):
        if draft.fits(row):
            draft.take(row)
            return [Kept(row, source, LIVE_PLACE, Source.LIVE_FLOOR)]
    return []


def _take_a_newcomer(draft: Draft, asked: Asked) -> list[Kept]:
    """The least shown clip of all that had no chance yet gets one place of the list, whatever its
    score: a floor met by the best liked newcomer would leave the last one without viewers."""
    if not draft.owes_a_newcomer:
        return []
    fresh = asked.board.fresh
    for row in fresh[asked.allowed[fresh]].tolist():
        if draft.fits(row):
            draft.take(row)
            return [Kept(row, Source.FRESH, TRIAL_PLACE, Source.NEWCOMER_FLOOR)]
    return []


def _place_of(kept: Kept, best: Ordered) -> int:
    """The place kept for it, or an earlier one if it earned that."""
    return best.rows.index(kept.row) if kept.row in best.rows[: kept.place] else kept.place


def _barred(board: Board, memory: Memory) -> tuple[list[int], Callable[[int], bool] | None]:
    """Authors and rows that this viewer does not want; both hold with personalisation off too."""
    hidden = memory.hidden_authors.items()
    authors = [author for author, times in hidden if times >= HIDDEN_TWICE]
    wishes, cards = memory.wishes, board.cards
    return authors, (lambda row: wishes.mutes(cards[row])) if wishes.muted else None


def _floors_of(
    unsupported: Draft, unfloored: Draft, kept: list[Kept], asked: Asked
) -> dict[int, Source]:
    """Which floor brought in each row that stands in a list by floors alone. What only moved up,
    since a floor left out what rules would not let stand beside it, is nobody's."""
    floor_of = {one.row: one.floor for one in kept}
    newcomer_is_kept = Source.NEWCOMER_FLOOR in floor_of.values()
    found = {}
    for row in unsupported.picked:
        if row in unfloored.picked or not asked.allowed[row]:
            continue
        mark = asked.board.marks[row]
        if row in floor_of:
            found[row] = floor_of[row]
        elif mark.priority:
            found[row] = Source.COUNTY_FLOOR
        elif mark.newcomer and not newcomer_is_kept:
            found[row] = Source.NEWCOMER_FLOOR
    return found


def _fill(
    drafts: Iterable[Draft],
    candidates: Candidates,
    scores: Values,
    priced: Priced | None,
    asked: Asked,
) -> Ordered:
    """Fill drafts with the best of these, at these prices; returns them in their order."""
    best = _order(candidates, scores, priced, most=SHORTLIST)
    for draft in drafts:
        draft.lifted = best.lifted
        draft.fill(best.rows)
    short = [draft for draft in drafts if not draft.is_full]
    if short:
        best = _order(candidates, scores, priced, most=len(scores))
    for draft in short:
        draft.lifted = best.lifted
        _fill_with_what_is_left(draft, best, asked)
    return best


def _only_for_others(priced: Priced, candidates: Candidates, free: Sequence[int]) -> Priced:
    """No price for what is shown without one: it would only keep out what a grant pays for."""
    theirs = np.isin(candidates.rows, free)
    price, number = priced
    return np.where(theirs, np.float32(0), price), np.where(theirs, np.uint32(0), number)


def _order(candidates: Candidates, scores: Values, priced: Priced | None, *, most: int) -> Ordered:
    """The best `most` candidates, best first; a row may stand twice, its better source first."""
    worst = -scores
    if priced is not None:
        # What only grants offer, and none of them pays for now, is nobody's candidate.
        unpaid = (candidates.sources == Source.GRANT) & (priced[1] == 0)
        worst = np.where(unpaid, np.float32(np.inf), worst - priced[0])
    if most < len(worst):
        if priced is not None:
            worst = _without_most_paid(worst, priced[0] > 0)
        best = np.argpartition(worst, most)[:most]
        best = best[worst[best].argsort(kind="stable")]
    else:
        best = worst.argsort(kind="stable")
    if priced is not None:
        # Left out, and not only last: in a short list the last would stand too.
        best = best[worst[best] < np.inf]
    rows, sources = candidates.rows[best].tolist(), candidates.sources[best].tolist()
    if priced is None:
        return Ordered(rows, sources, [0.0] * len(rows), [0] * len(rows))
    return Ordered(rows, sources, priced[0][best].tolist(), priced[1][best].tolist())


def _without_most_paid(worst: Values, paid: NDArray[np.bool_]) -> Values:
    """Grants may fill three places: when all of them are behind, two hundred rows of theirs would
    take up the whole shortlist, and every answer would order all candidates once more."""
    of_grants = np.flatnonzero(paid)
    if len(of_grants) <= MOST_PAID:
        return worst
    thinned = worst.copy()
    thinned[of_grants[np.argpartition(worst[of_grants], MOST_PAID)[MOST_PAID:]]] = np.inf
    return thinned


def _fill_with_what_is_left(draft: Draft, best: Ordered, asked: Asked) -> None:
    """When the shortlist was too short: all candidates, everything unseen; variety gives way to
    the floors, floors that nothing can meet give way; and last comes what was seen longest ago."""
    board = asked.board
    for variety, floors in ((True, True), (False, True), (True, False), (False, False)):
        draft.fill(best.rows, variety=variety, floors=floors)
        if draft.is_full:
            return
        most = LOOKED_FOR_RULES if variety or floors else len(board.best_first)
        draft.fill(_unseen(asked, most), variety=variety, floors=floors)
    seen = _seen_before(board, asked.viewer, asked.memory)
    draft.fill(seen, variety=False, floors=False)


def _unseen(asked: Asked, most: int) -> Iterable[int]:
    """What may be shown of the best `most` rows, looked through only as far as it is needed."""
    ordered = asked.board.best_first[:most]
    for begin in range(0, len(ordered), AT_A_TIME):
        rows = ordered[begin : begin + AT_A_TIME]
        yield from rows[asked.allowed[rows]].tolist()


def _seen_before(board: Board, viewer: Viewer, memory: Memory) -> Iterable[int]:
    """What the viewer saw, longest ago first, without what they hid or skipped twice."""
    unwanted = memory.hidden | memory.skipped if viewer.personal else memory.hidden
    for row in (*memory.seen.oldest_first(), *memory.served.oldest_first()):
        fit = not viewer.youth or board.fit_for_youth[row]
        if board.shown[row] and fit and row not in unwanted:
            yield row


def seal_list(
    shown: list[Shown], board: Board, viewer: Viewer, *, policy: int, now_ms: int
) -> tuple[int, str]:
    """(sheet id, token) for a list of the feed."""
    named = named_by(board.posts[[one.row for one in shown]])
    marks, pack = board.marks, _SLOT.pack
    packed = b"".join(
        [
            pack(thing, marks[row].county, price, propensity, grant, policy, kind, source)
            for (kind, thing), (row, source, price, propensity, grant) in zip(
                named, shown, strict=True
            )
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
