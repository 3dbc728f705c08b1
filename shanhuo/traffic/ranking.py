"""How candidates are ordered, and what grants add: two hooks that a learnt engine will fill."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from shanhuo.traffic.board import Board
from shanhuo.traffic.candidates import Candidates, Rows
from shanhuo.traffic.chances import Chances
from shanhuo.traffic.kinds import Source
from shanhuo.traffic.memory import Memory
from shanhuo.traffic.viewers import Viewer

Values = NDArray[np.float32]


class Ranker(Protocol):
    """Expected worth of each candidate to this viewer; higher is better, the scale is its own.

    `policy` is logged with every slot (1–65535): a new number for every change of the rule.
    """

    policy: int

    def rank(
        self, candidates: Candidates, viewer: Viewer, memory: Memory, board: Board
    ) -> Values: ...


Priced = tuple[Values, NDArray[np.uint32]]


class Pricing(Protocol):
    """What active grants add to the score of their own objects, and which contract it is.

    `offers`: rows that grants would like to be candidates, best first; None for none. `prices`:
    (price, contract number or 0) per candidate; None when nothing is added to any. `watched` is
    asked once per list: rows to be judged for `note`, None for most lists.
    """

    def offers(self) -> Rows | None: ...

    def prices(self, candidates: Candidates, viewer: Viewer) -> Priced | None: ...

    def watched(self) -> Rows | None: ...

    def note(self, chances: Chances, viewer: Viewer) -> None: ...


class NoGrants:
    """No grant is active."""

    def offers(self) -> Rows | None:
        return None

    def prices(self, candidates: Candidates, viewer: Viewer) -> Priced | None:
        return None

    def watched(self) -> Rows | None:
        return None

    def note(self, chances: Chances, viewer: Viewer) -> None:
        pass


class TrendAndAffinity:
    """First floor: the post's faded reception, plus how close its source is to the viewer."""

    policy = 1

    _CLOSENESS = np.zeros(32, np.float32)
    for _source, _value in {
        Source.FOLLOWED: 0.30,
        Source.PLACE: 0.12,
        Source.TOPIC: 0.12,
        Source.TOGETHER: 0.10,
        Source.NEIGHBOURS: 0.10,
        Source.SEASON: 0.05,
        Source.LIVE: 0.10,
    }.items():
        _CLOSENESS[_source] = _value

    def rank(self, candidates: Candidates, viewer: Viewer, memory: Memory, board: Board) -> Values:
        closeness = self._CLOSENESS[candidates.sources]
        closeness *= candidates.strengths
        closeness += board.score[candidates.rows]
        return closeness
