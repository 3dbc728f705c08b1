"""Online counts: how often each thing was shown, played, finished, liked; and how that fades.

Derived from the signal log alone, so that every process that follows the log has the same ones and
a restart rebuilds them. They steer the feed and stand on its cards; published figures are recounted
from the log by `impact`.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from shanhuo.traffic.kinds import Kind, ObjectKind, Surface
from shanhuo.traffic.numbers import Numbers
from shanhuo.traffic.records import Records

HALF_LIFE_MS = 24 * 3_600_000
KINDS = max(Kind) + 1
MOST_HALF_LIVES = 64
"""So long counts may grow beside their fixed moment: beyond it they would lose digits."""

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
    """Counts per post, grown as posts appear. One writer.

    Warmth is kept as of a fixed moment: a signal one half-life later weighs twice as much, and
    nothing has to be touched while time passes. Line 0 belongs to posts nobody counted.
    """

    def __init__(self) -> None:
        self._numbers = Numbers()
        self._totals = np.zeros((64, KINDS), np.uint32)
        self._warmth = np.zeros((64, 2))
        self._fixed_ms: int | None = None

    def add(self, records: Records) -> None:
        """Count signals about posts, each of which is new."""
        posts = records[records["object_kind"] == ObjectKind.POST]
        if not len(posts):
            return
        self._fix(int(posts["at_ms"].max()))
        rows = self._rows_to_count(posts["object"])
        kinds = posts["kind"].astype(np.intp)
        np.add.at(self._totals, (rows, kinds), 1)
        freshness = np.exp2((posts["at_ms"] - self._fixed_ms) / HALF_LIFE_MS)
        np.add.at(self._warmth[:, 0], rows, WEIGHT[kinds] * freshness)
        offered = (kinds == Kind.EXPOSURE) & (posts["surface"] == Surface.FEED)
        np.add.at(self._warmth[:, 1], rows, offered * freshness)

    def add_totals(self, post: NDArray[Any], kind: NDArray[Any], count: NDArray[Any]) -> None:
        """Add sums from before the time that still matters for what is trending."""
        rows = self._rows_to_count(post)
        np.add.at(self._totals, (rows, kind), count.astype(np.uint32))

    def totals(self, posts: NDArray[Any]) -> NDArray[np.uint32]:
        """Counts by kind, one line per post."""
        return self._totals[self._rows_of(posts)]

    def total(self, posts: NDArray[Any], kind: Kind) -> NDArray[np.uint32]:
        """Counts of one kind per post."""
        counts: NDArray[np.uint32] = self._totals[self._rows_of(posts), kind]
        return counts

    def warmth(
        self, posts: NDArray[Any], *, now_ms: int
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Engagement and exposures of each post, faded until now."""
        if self._fixed_ms is None:
            return np.zeros(len(posts)), np.zeros(len(posts))
        # No stronger than when it happened, should the clock stand behind the log.
        left = 0.5 ** (max(0, now_ms - self._fixed_ms) / HALF_LIFE_MS)
        both = self._warmth[self._rows_of(posts)] * left
        return both[:, 0], both[:, 1]

    def _fix(self, at_ms: int) -> None:
        """Choose the fixed moment, or move it up when it lies too far back."""
        if self._fixed_ms is None:
            self._fixed_ms = at_ms
        passed = (at_ms - self._fixed_ms) / HALF_LIFE_MS
        if passed > MOST_HALF_LIVES:
            self._warmth *= 0.5**passed
            self._fixed_ms = at_ms

    def _rows_of(self, posts: NDArray[Any]) -> NDArray[np.int32]:
        return self._numbers.of(posts) + 1

    def _rows_to_count(self, posts: NDArray[Any]) -> NDArray[np.int32]:
        # Room first: an answer may look up a number in the moment in which it is given.
        if len(self._numbers) + len(posts) >= len(self._totals):
            self._grow(2 * (len(self._numbers) + len(posts)))
        return self._numbers.add(posts) + 1

    def _grow(self, size: int) -> None:
        for name in ("_totals", "_warmth"):
            old = getattr(self, name)
            new = np.zeros((size, old.shape[1]), old.dtype)
            new[: len(old)] = old
            setattr(self, name, new)
