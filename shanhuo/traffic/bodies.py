"""The JSON of each post with its counts, made when a count changes and not when somebody asks."""

import numpy as np
from numpy.typing import NDArray

from shanhuo.traffic.catalogue import Card, Catalogue
from shanhuo.traffic.counters import Counters
from shanhuo.traffic.kinds import Kind


class Bodies:
    """One JSON body per row of the catalogue."""

    def __init__(self) -> None:
        self._bodies: list[bytes] = []
        self._cards: list[Card] = []
        self._counts: NDArray[np.int64] = np.empty((0, 3), np.int64)

    def of(self, catalogue: Catalogue, counters: Counters) -> list[bytes]:
        """All bodies; only those whose card or counts changed are written anew."""
        counts = counts_of(catalogue, counters)
        known = len(self._bodies)
        stale = np.flatnonzero((counts[:known] != self._counts).any(axis=1)).tolist()
        edited = [row for row in range(known) if self._cards[row] is not catalogue.cards[row]]
        bodies = self._bodies.copy()
        bodies += [b""] * (len(counts) - known)
        for row in {*stale, *edited, *range(known, len(counts))}:
            bodies[row] = _body(catalogue.cards[row], counts[row].tolist())
        self._bodies, self._counts = bodies, counts
        self._cards = catalogue.cards.copy()
        return bodies


def counts_of(catalogue: Catalogue, counters: Counters) -> NDArray[np.int64]:
    """Plays, likes and comments per row. A like taken back is a like less, never below none."""
    totals = counters.totals(catalogue.columns["post"]).astype(np.int64)
    likes = np.maximum(totals[:, Kind.LIKE] - totals[:, Kind.UNLIKE], 0)
    return np.stack((totals[:, Kind.PLAY], likes, totals[:, Kind.COMMENT]), axis=1)


def _body(card: Card, counts: list[int]) -> bytes:
    plays, likes, comments = counts
    return b'%s,"counts":{"plays":%d,"likes":%d,"comments":%d}}' % (
        card.body,
        plays,
        likes,
        comments,
    )
