"""Where candidates come from: several lists, each with its own quota, each remembered as a source.

A source is also an affinity: what stands in the list of a place the viewer likes is liked a little
more for it, by how far that place stands at the top.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from shanhuo.traffic.board import Board, Rows
from shanhuo.traffic.kinds import Source
from shanhuo.traffic.memory import Memory
from shanhuo.traffic.viewers import Viewer

QUOTA = {
    Source.FOLLOWED: 40,
    Source.PLACE: 60,
    Source.TOPIC: 60,
    Source.TOGETHER: 30,
    Source.SEASON: 60,
    Source.FRESH: 80,
    Source.TRENDING: 400,
}
FOLLOWED_AUTHORS = 8
FAVOURITES = 2


class Share(NamedTuple):
    """Rows from one source; `strength` (0–1] says how strongly the source speaks for them."""

    source: Source
    rows: Rows
    strength: float


@dataclass(frozen=True, slots=True)
class Candidates:
    """Rows that may be shown, with the source and strength of each; a row may stand twice."""

    rows: Rows
    sources: NDArray[np.uint8]
    strengths: NDArray[np.float32]

    def only(self, wanted: NDArray[np.bool_]) -> "Candidates":
        return Candidates(self.rows[wanted], self.sources[wanted], self.strengths[wanted])


def gather(board: Board, viewer: Viewer, memory: Memory) -> Candidates:
    """All candidates of a viewer; with personalisation off, without asking their past."""
    shares = common_shares(board, viewer)
    if viewer.personal:
        shares += personal_shares(board, memory)
    sizes = [len(share.rows) for share in shares]
    sources = np.array([share.source for share in shares], np.uint8)
    strengths = np.array([share.strength for share in shares], np.float32)
    rows = np.concatenate([share.rows for share in shares])
    return Candidates(rows, sources.repeat(sizes), strengths.repeat(sizes))


def common_shares(board: Board, viewer: Viewer) -> list[Share]:
    """The same for everybody who chose the same county."""
    shares = [
        Share(Source.TRENDING, board.trending, 1.0),
        Share(Source.FRESH, board.fresh, 1.0),
        Share(Source.SEASON, board.season, 1.0),
    ]
    near = board.of_county.get(viewer.county)
    if near is not None:
        shares.append(Share(Source.PLACE, near[: QUOTA[Source.PLACE]], 1.0))
    return shares


def personal_shares(board: Board, memory: Memory) -> list[Share]:
    """From what this viewer followed and liked."""
    each = QUOTA[Source.FOLLOWED] // FOLLOWED_AUTHORS
    shares = [
        Share(Source.FOLLOWED, rows[:each], 1.0)
        for author in list(memory.follows)[-FOLLOWED_AUTHORS:]
        if (rows := board.of_author.get(author)) is not None
    ]
    each = QUOTA[Source.PLACE] // FAVOURITES
    shares += [
        Share(Source.PLACE, rows[:each], 0.7)
        for county in memory.favourite_counties(FAVOURITES)
        if (rows := board.of_county.get(county)) is not None
    ]
    each = QUOTA[Source.TOPIC] // FAVOURITES
    shares += [
        Share(Source.TOPIC, rows[:each], 1.0)
        for topic in memory.favourite_topics(FAVOURITES)
        if (rows := board.of_topic.get(topic)) is not None
    ]
    shares += [
        Share(Source.TOGETHER, rows, 1.0)
        for row in memory.recent[:3]
        if (rows := board.together.get(row)) is not None
    ]
    return shares
