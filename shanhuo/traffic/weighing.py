"""What a viewer's own words and weariness do to the worth of candidates, whatever ranked them.

In plain words (`/rules` says the same): what you chose yourself counts half as much again, and what
tires you counts less (`fatigue`).
"""

import numpy as np
from numpy.typing import NDArray

from shanhuo.traffic.board import Board
from shanhuo.traffic.candidates import Candidates
from shanhuo.traffic.fatigue import tired_of
from shanhuo.traffic.memory import Memory
from shanhuo.traffic.viewers import Viewer

CHOSEN = 1.5
"""What the viewer chose is worth so much more: enough to be seen in the very next list."""


def weigh(
    worth: NDArray[np.float32],
    candidates: Candidates,
    viewer: Viewer,
    memory: Memory,
    board: Board,
) -> None:
    """Change the worth in place. With personalisation off nothing of the viewer is asked."""
    if not viewer.personal:
        return
    freshest = np.ones(len(worth), np.float32)
    for name, values in tired_of(memory, board).items():
        if values:
            column = board.columns[name][candidates.rows]
            for value, factor in values:
                of_it = column == column.dtype.type(value)
                np.minimum(freshest, np.float32(factor), out=freshest, where=of_it)
    worth *= freshest
    wishes = memory.wishes
    if wishes.topics or wishes.counties:
        wanted = [board.of_topic.get(topic) for topic in wishes.topics]
        wanted += [board.of_county.get(county) for county in wishes.counties]
        rows = [some for some in wanted if some is not None]
        if rows:
            worth[np.isin(candidates.rows, np.concatenate(rows))] *= CHOSEN
