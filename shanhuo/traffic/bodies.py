"""The JSON of each post with its counts.

Kept without counts and finished when a list first shows the post: a second copy of every post would
cost as much memory as all the rest. What is finished lives as long as a board, about a second.
"""

import numpy as np

from shanhuo.traffic.catalogue import Catalogue
from shanhuo.traffic.counters import Counters
from shanhuo.traffic.kinds import Kind

_COUNTED = [Kind.PLAY, Kind.LIKE, Kind.UNLIKE, Kind.COMMENT]


class Bodies(dict[int, bytes]):
    """JSON bodies by row of the catalogue, for one board."""

    def __init__(self, catalogue: Catalogue, counters: Counters) -> None:
        super().__init__()
        self._catalogue, self._counters = catalogue, counters

    def __missing__(self, row: int) -> bytes:
        """A like taken back is a like less, never below none."""
        post = self._catalogue.columns["post"][row]
        totals = self._counters.totals(np.array([post]))[0, _COUNTED].tolist()
        plays, likes, unlikes, comments = totals
        body = self[row] = b'%s,"counts":{"plays":%d,"likes":%d,"comments":%d}}' % (
            self._catalogue.bodies[row],
            plays,
            max(likes - unlikes, 0),
            comments,
        )
        return body
