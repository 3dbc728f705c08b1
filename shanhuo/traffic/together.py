"""Posts liked by the same people: counted pair by pair as signals come, within bounds."""

from collections import Counter
from collections.abc import Mapping

import numpy as np

from shanhuo.traffic.candidates import Rows

MOST_POSTS = 5_000
MOST_PARTNERS = 40
SHOWN_PARTNERS = 10
MOST_OTHERS = 6
ENOUGH = 2
"""A pair counts when this many people liked both: one person's taste is not a rule."""


class Together:
    """For each liked row, the rows that were liked beside it."""

    def __init__(self) -> None:
        self._partners: dict[int, Counter[int]] = {}
        self._changed: set[int] = set()
        self._lists: dict[int, Rows] = {}

    def add(self, row: int, others: list[int]) -> None:
        """A viewer liked `row`, and `others` not long before, the latest first."""
        for other in others[:MOST_OTHERS]:
            if other != row:
                self._count(row, other)
                self._count(other, row)

    def _count(self, row: int, other: int) -> None:
        if row not in self._partners and len(self._partners) >= MOST_POSTS:
            return
        partners = self._partners.setdefault(row, Counter())
        partners[other] += 1
        self._changed.add(row)
        if len(partners) > MOST_PARTNERS:
            self._partners[row] = Counter(dict(partners.most_common(MOST_PARTNERS // 2)))

    def lists(self) -> Mapping[int, Rows]:
        """The best partners of each row. Only rows that were liked since are looked at again."""
        for row in self._changed:
            best = self._partners[row].most_common(SHOWN_PARTNERS)
            rows = [other for other, count in best if count >= ENOUGH]
            if rows:
                self._lists[row] = np.array(rows, np.int32)
        self._changed.clear()
        return self._lists.copy()
