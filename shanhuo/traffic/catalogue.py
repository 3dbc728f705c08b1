"""Published posts as columns: what the feed needs of each, without asking the database.

A post keeps its row number as long as the process lives, so that whoever remembers rows (what a
viewer saw) need not care when posts come and go. A withdrawn post is switched off in place.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

EVERY_MONTH = 0xFFF


@dataclass(frozen=True, slots=True)
class Card:
    """A published post, as the feed shows it.

    `body` is the JSON of what is the same for every viewer, without braces and counts.
    `county` is an adcode, `season_mask` has bit 0 for January.
    `priority`: the county is one that the county floor serves.
    """

    post_id: int
    author_id: int
    county: int
    product_id: int
    topics: tuple[str, ...]
    season_mask: int
    published_ms: int
    priority: bool
    body: bytes


COLUMNS = np.dtype(
    [
        ("post", "<u8"),
        ("author", "<i8"),
        ("county", "<u4"),
        ("topic", "<u8"),
        ("product", "<i8"),
        ("season", "<u2"),
        ("published_ms", "<i8"),
        ("priority", "?"),
        ("shown", "?"),
    ]
)


def topic_number(topics: tuple[str, ...]) -> int:
    """A number for the leading topic, the same in every process; 0 without one."""
    if not topics:
        return 0
    return int.from_bytes(blake2b(topics[0].encode(), digest_size=8).digest(), "little") | 1


class Catalogue:
    """Rows of posts; grows at the end. Written by one thread, read by others."""

    def __init__(self) -> None:
        self.row_of: dict[int, int] = {}
        self.cards: list[Card] = []
        self._columns = np.zeros(64, COLUMNS)

    def __len__(self) -> int:
        return len(self.cards)

    @property
    def columns(self) -> NDArray[np.void]:
        return self._columns[: len(self.cards)]

    def put(self, cards: Iterable[Card]) -> None:
        """Add posts, or replace what is known of them."""
        for card in cards:
            row = self.row_of.get(card.post_id, len(self.cards))
            self._make_room(row)
            self._columns[row] = (
                *(card.post_id, card.author_id, card.county, topic_number(card.topics)),
                *(card.product_id, card.season_mask, card.published_ms, card.priority, True),
            )
            if row == len(self.cards):
                self.cards.append(card)
                self.row_of[card.post_id] = row
            else:
                self.cards[row] = card

    def withdraw(self, post_ids: Iterable[int]) -> None:
        """Switch posts off, at once for every answer made from now on."""
        for post_id in post_ids:
            row = self.row_of.get(post_id)
            if row is not None:
                self._columns["shown"][row] = False

    def shows(self, post_id: int) -> bool:
        row = self.row_of.get(post_id)
        return row is not None and bool(self._columns["shown"][row])

    def keep_only(self, post_ids: set[int]) -> None:
        """Switch off everything that is not among these: after reading all that is published."""
        self.withdraw(set(self.row_of) - post_ids)

    def _make_room(self, row: int) -> None:
        if row == len(self._columns):
            grown = np.zeros(2 * row, COLUMNS)
            grown[:row] = self._columns
            self._columns = grown
