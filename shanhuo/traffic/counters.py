"""Online counts: how often each thing was shown, played, finished, liked; and how that fades.

Derived from the signal log alone, so that every process that follows the log has the same ones and
a restart rebuilds them. They steer the feed and stand on its cards; published figures are recounted
from the log by `impact`.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from shanhuo.traffic.kinds import Kind, ObjectKind, Surface
from shanhuo.traffic.records import Records

HALF_LIFE_MS = 24 * 3_600_000
KINDS = 32

WEIGHT = np.zeros(KINDS)
for _kind, _weight in {
    Kind.PLAY: 1.0,
    Kind.FINISH: 3.0,
    Kind.LIKE: 4.0,
    Kind.UNLIKE: -4.0,
    Kind.COMMENT: 5.0,
    Kind.SHARE: 6.0,
    Kind.FOLLOW: 6.0,
    Kind.CLICK_PRODUCT: 4.0,
    Kind.BASKET: 8.0,
    Kind.BUY_CLICK: 10.0,
    Kind.NOT_INTERESTED: -8.0,
}.items():
    WEIGHT[_kind] = _weight


class Counters:
    """Counts per post, grown as posts appear. One writer."""

    def __init__(self) -> None:
        self._index: dict[int, int] = {}
        self._totals = np.zeros((64, KINDS), np.uint32)
        self._warmth = np.zeros((64, 2))
        self._at_ms = 0

    def add(self, records: Records) -> None:
        """Count signals about posts, each of which is new."""
        posts = records[records["object_kind"] == ObjectKind.POST]
        if not len(posts):
            return
        self.fade(now_ms=int(posts["at_ms"].max()))
        rows = self.rows_of(posts["object"])
        kinds = posts["kind"].astype(np.intp)
        np.add.at(self._totals, (rows, kinds), 1)
        freshness = np.exp2((posts["at_ms"] - self._at_ms) / HALF_LIFE_MS)
        np.add.at(self._warmth[:, 0], rows, WEIGHT[kinds] * freshness)
        offered = (kinds == Kind.EXPOSURE) & (posts["surface"] == Surface.FEED)
        np.add.at(self._warmth[:, 1], rows, offered * freshness)

    def add_totals(self, post: NDArray[Any], kind: NDArray[Any], count: NDArray[Any]) -> None:
        """Add sums from before the time that still matters for what is trending."""
        rows = self.rows_of(post)
        np.add.at(self._totals, (rows, kind), count.astype(np.uint32))

    def fade(self, *, now_ms: int) -> None:
        """Let what was warm cool down until `now_ms`."""
        if now_ms > self._at_ms:
            self._warmth *= 0.5 ** ((now_ms - self._at_ms) / HALF_LIFE_MS)
            self._at_ms = now_ms

    def totals(self, posts: NDArray[Any]) -> NDArray[np.uint32]:
        """Counts by kind, one line per post."""
        rows = self.rows_of(posts)
        return self._totals[rows]

    def warmth(self, posts: NDArray[Any]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Faded engagement and faded exposures of each post."""
        rows = self.rows_of(posts)
        both = self._warmth[rows]
        return both[:, 0], both[:, 1]

    def rows_of(self, posts: NDArray[Any]) -> NDArray[np.intp]:
        """The row of each post; makes rows for posts not counted before."""
        distinct, back = np.unique(posts, return_inverse=True)
        index = self._index
        rows = [index.setdefault(post, len(index)) for post in distinct.tolist()]
        if len(index) > len(self._totals):
            self._grow()
        return np.array(rows, np.intp)[back]

    def _grow(self) -> None:
        size = max(2 * len(self._totals), len(self._index))
        for name in ("_totals", "_warmth"):
            old = getattr(self, name)
            new = np.zeros((size, old.shape[1]), old.dtype)
            new[: len(old)] = old
            setattr(self, name, new)
