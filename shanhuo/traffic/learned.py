"""The learned ranker: what a post is worth to this viewer, by the model on the shelf.

The worth is the expected number of long views, purchase clicks and visits, weighted, and a little
of the post's reception at this moment, which no model of last night can know. What does not depend
on the viewer is looked up once per row and kept. Without a readable model everything goes on as on
the first floor (`TrendAndAffinity`), and `stage` says so.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from shanhuo.traffic.board import Board
from shanhuo.traffic.candidates import Candidates
from shanhuo.traffic.kinds import Source
from shanhuo.traffic.learning.effects import NOBODY, Effects, Fitted, key_of
from shanhuo.traffic.learning.lessons import content_of
from shanhuo.traffic.learning.shelf import Model, Shelf, Unreadable
from shanhuo.traffic.memory import Memory
from shanhuo.traffic.ranking import Ranker, TrendAndAffinity, Values
from shanhuo.traffic.viewers import Viewer
from shanhuo.traffic.wishes import Wishes

logger = logging.getLogger(__name__)

RECEPTION = 0.1
"""Weight of the post's reception at this moment beside what the model expects."""

STALE = timedelta(days=7)
FORGET_EVERY = timedelta(minutes=10)
"""What was looked up by row is looked up again: posts are edited."""

FIRST_POLICY, LAST_POLICY = 1_000, 65_535
PLACES_A_TASTE = 8
"""Bits in the table for each learned effect: of those never learned, seven of eight are known."""
_SOURCES = np.arange(max(Source) + 1)
_IN_PASSING = frozenset({"source", "hour", "viewer"})
"""Columns of the circumstances: the same for all candidates of a list, or added apart."""


class _Tastes:
    """One term's effects of single viewers, for somebody who asks for hundreds of which a few were
    ever learned: a table of bits says so for nearly all, and only the rest is searched for."""

    def __init__(self, fitted: Fitted) -> None:
        self._fitted = fitted
        bits = (PLACES_A_TASTE * len(fitted.keys)).bit_length()
        self._shift = np.uint64(64 - bits)
        self._met = np.zeros(1 << bits, np.bool_)
        self._met[fitted.keys >> self._shift] = True

    def of(self, columns: Mapping[str, NDArray[np.int64]]) -> Values:
        keys = key_of(self._fitted.term, columns)
        effects = np.zeros(len(keys), np.float32)
        likely = np.flatnonzero(self._met[keys >> self._shift])
        effects[likely] = self._fitted.of_keys(keys[likely])
        return effects


@dataclass(slots=True)
class _Goal:
    """One goal's effects, apart by what they depend on; `known` has NaN where not looked up."""

    weight: float
    intercept: float
    by_row: list[Fitted]
    by_taste: list[_Tastes]
    by_source: Values
    known: Values = field(default_factory=lambda: np.empty(0, np.float32))

    @classmethod
    def of(cls, effects: Effects, weight: float) -> "_Goal":
        named = [(set(one.term.columns), one) for one in effects.fitted]
        by_source = np.zeros(len(_SOURCES), np.float32)
        for columns, one in named:
            if columns == {"source"}:
                by_source = one.of({"source": _SOURCES})
        return cls(
            weight=weight,
            intercept=effects.intercept,
            by_row=[one for columns, one in named if not columns & _IN_PASSING],
            by_taste=[
                _Tastes(one)
                for columns, one in named
                if "viewer" in columns and len(columns) > 1 and len(one.keys)
            ],
            by_source=by_source,
        )

    def of_rows(self, rows: NDArray[np.integer], board: Board) -> Values:
        """Log-odds of these rows for anybody."""
        if len(self.known) < len(board.columns):
            more = np.full(len(board.columns) - len(self.known), np.nan, np.float32)
            self.known = np.concatenate((self.known, more))
        found = self.known[rows]
        unknown = np.isnan(found)
        if unknown.any():
            new = np.unique(rows[unknown])
            self.known[new] = self._looked_up(new, board)
            found = self.known[rows]
        return np.asarray(found, np.float32)

    def _looked_up(self, rows: NDArray[np.integer], board: Board) -> Values:
        columns = _columns(rows, board)
        total = np.full(len(rows), self.intercept, np.float32)
        for one in self.by_row:
            total += one.of(columns)
        return total


class LearnedRanker:
    """Ranks by the newest readable model; `weights` say what each goal is worth."""

    def __init__(self, shelf: Shelf, weights: Mapping[str, float]) -> None:
        self.policy = TrendAndAffinity.policy
        self.model: Model | None = None
        self._shelf, self._weights = shelf, weights
        self._otherwise: Ranker = TrendAndAffinity()
        self._goals: list[_Goal] = []
        self._stamp = 0
        self._forgot_at: datetime | None = None

    @property
    def stage(self) -> str:
        """ "learned" with a model, else "popularity"."""
        return "popularity" if self.model is None else "learned"

    def refresh(self, *, now: datetime) -> None:
        """Take up a new model, or drop one that is stale; cheap when nothing changed."""
        stamp = self._shelf.stamp()
        if stamp != self._stamp:
            self._stamp = stamp
            self._use(self._readable())
        if self.model is not None and is_stale(self.model, now=now):
            logger.warning("the ranker's model is stale and no longer used")
            self._use(None)
        if self._forgot_at is None or abs(now - self._forgot_at) >= FORGET_EVERY:
            self._forgot_at = now
            self._use(self.model)

    def _readable(self) -> Model | None:
        try:
            return self._shelf.current()
        except Unreadable as error:
            logger.warning("the ranker's model cannot be used: %s", error)
            return None

    def _use(self, model: Model | None) -> None:
        goals = model.goals.items() if model else ()
        self._goals = [
            _Goal.of(effects, self._weights[goal])
            for goal, effects in goals
            if self._weights.get(goal)
        ]
        self.model = model
        self.policy = policy_of(model)

    def rank(self, candidates: Candidates, viewer: Viewer, memory: Memory, board: Board) -> Values:
        goals = self._goals
        if not goals:
            return self._otherwise.rank(candidates, viewer, memory, board)
        rows = candidates.rows
        worth = RECEPTION * board.score[rows]
        for goal in goals:
            log_odds = goal.of_rows(rows, board) + goal.by_source[candidates.sources]
            if goal.by_taste and self._knows(viewer, memory):
                log_odds += self._taste(goal.by_taste, rows, viewer, memory.wishes, board)
            worth += goal.weight / (1.0 + np.exp(-log_odds))
        return worth.astype(np.float32)

    def _knows(self, viewer: Viewer, memory: Memory) -> bool:
        """Whether the model may use what it learned of this viewer."""
        trained_ms = self.model.trained_ms if self.model else 0
        return viewer.personal and memory.wishes.all_forgotten < trained_ms

    def _taste(
        self,
        tastes: list[_Tastes],
        rows: NDArray[np.integer],
        viewer: Viewer,
        wishes: Wishes,
        board: Board,
    ) -> Values:
        """What this viewer in particular makes of these rows, as far as it is not forgotten."""
        columns = _columns(rows, board)
        columns["viewer"] = np.array([viewer.key], np.int64)
        if wishes.forgotten and self.model:
            for name, numbers in wishes.forgotten_since(self.model.trained_ms).items():
                unwanted = np.array(numbers, np.uint64).astype(np.int64)
                columns[name] = np.where(np.isin(columns[name], unwanted), NOBODY, columns[name])
        total = np.zeros(len(rows), np.float32)
        for one in tastes:
            total += one.of(columns)
        return total

    def leaning(self, viewer: Viewer, **about: int) -> float:
        """Log-odds that the model adds to long views for this viewer, e.g. `author=7`; 0 where it
        knows nothing."""
        columns = {name: np.array([number]) for name, number in about.items()}
        columns["viewer"] = np.array([viewer.key])
        effects = self.model.goals.get("long_view") if self.model else None
        wanted = [
            one for one in (effects.fitted if effects else ()) if "viewer" in one.term.columns
        ]
        return sum(float(one.of(columns)[0]) for one in wanted if {*one.term.columns} == {*columns})


def _columns(rows: NDArray[np.integer], board: Board) -> dict[str, NDArray[np.int64]]:
    columns = board.columns
    named = (columns[name][rows] for name in ("author", "county", "topic", "product"))
    return {"post": columns["post"][rows], **content_of(*named)}


def policy_of(model: Model | None) -> int:
    """The number that is logged with every slot ranked by this model."""
    if model is None:
        return TrendAndAffinity.policy
    return FIRST_POLICY + model.version % (LAST_POLICY - FIRST_POLICY)


def is_stale(model: Model, *, now: datetime) -> bool:
    return now.timestamp() * 1000 - model.trained_ms > STALE / timedelta(milliseconds=1)
