"""What the ranker expects of some clips, beside all others: for their makers."""

from collections.abc import Sequence

import numpy as np

from shanhuo.traffic.candidates import Candidates, Share
from shanhuo.traffic.kinds import Flags, Source
from shanhuo.traffic.memory import Memory
from shanhuo.traffic.numbers import UNKNOWN
from shanhuo.traffic.serving import Serving
from shanhuo.traffic.viewers import Viewer

SAMPLE = 500
_ANYBODY = Viewer(1, Flags.NOT_PERSONAL)


def share_ahead(house: Serving, posts: Sequence[int]) -> dict[int, float]:
    """For each published post which part of all clips ranks before it, by what is expected of a
    viewer of whom nothing is known. All clips are a sample of them, the same until posts change."""
    board = house.live.board
    rows = house.live.catalogue.rows_of(np.array(posts, np.int64))
    known = (rows != UNKNOWN) & (rows < len(board.shown))
    step = max(1, len(board.best_first) // SAMPLE)
    others = np.sort(board.best_first)[::step]
    if not known.any() or not len(others):
        return {}
    asked = np.concatenate((rows[known], others))
    candidates = Candidates.of([Share(Source.TRENDING, asked, 1.0)])
    worth = house.ranker.rank(candidates, _ANYBODY, Memory(), board)
    own, sample = worth[: int(known.sum())], np.sort(worth[int(known.sum()) :])
    ahead = 1 - np.searchsorted(sample, own, side="right") / len(sample)
    return dict(zip(np.array(posts)[known].tolist(), ahead.tolist(), strict=True))
