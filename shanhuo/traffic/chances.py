"""What a list could have shown for grants: places they may take, and what would stand there."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from shanhuo.traffic.candidates import Candidates
from shanhuo.traffic.slate import Draft

Values = NDArray[np.float32]


class Chances(NamedTuple):
    """free: worth of the places open to grants, lowest first, as the list is without them. rows,
    best first, with their worth: what could stand in one of these places instead."""

    free: list[float]
    rows: list[int]
    worth: list[float]


def chances_of(
    unsupported: Draft,
    kept: int,
    known: tuple[Candidates, Values],
    watched: tuple[Candidates, Values],
) -> Chances:
    """From a list without grants, whose first `kept` picks are nobody's to take.

    known, watched: candidates of the viewer, and rows that grants may like to show, with their
    scores; a row that is among both has the better of them.
    """
    worth_of = _best_scores(*known)
    for row, score in _best_scores(*watched).items():
        worth_of[row] = max(score, worth_of.get(row, score))
    shown = sorted(worth_of.get(row, 0.0) for row in unsupported.picked[kept:])
    rows = [row for row in set(watched[0].rows.tolist()) if unsupported.would_vary(row)]
    rows.sort(key=lambda row: -worth_of[row])
    places = unsupported.rules.supported_of(unsupported.length)
    return Chances(shown[:places], rows, [worth_of[row] for row in rows])


def _best_scores(candidates: Candidates, scores: Values) -> dict[int, float]:
    """A row that stands twice has its better score."""
    order = np.argsort(scores, kind="stable")
    return dict(zip(candidates.rows[order].tolist(), scores[order].tolist(), strict=True))
