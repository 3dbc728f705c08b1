"""Published posts, and live sessions on air, as columns: what the feed needs of each, without
asking the database.

A session is a row like any other; in the column `post` it stands with its id below zero.

A post keeps its row number as long as the process lives, so that whoever remembers rows (what a
viewer saw) need not care when posts come and go. A withdrawn post is switched off in place, and
that holds for every answer from then on: boards do not copy the columns.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from itertools import chain, islice
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from shanhuo.traffic.kinds import ObjectKind
from shanhuo.traffic.numbers import UNKNOWN, Numbers

EVERY_MONTH = 0xFFF
AT_A_TIME = 2_000


@dataclass(frozen=True, slots=True)
class Card:
    """A published post, or a session on air (`post_id` below zero), as the feed shows it.

    `body` is the JSON of what is the same for every viewer, without braces and counts.
    `county` is an adcode, `season_mask` has bit 0 for January.
    `priority`: the county is one that the county floor serves. `village_id`: 0 where none is said.
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
    village_id: int = 0


FIELDS = {
    "post": "<i8",
    "author": "<i8",
    "county": "<u4",
    "topic": "<u8",
    "topics": "<i4",
    "product": "<i8",
    "village": "<u4",
    "season": "<u2",
    "published_ms": "<i8",
    "priority": "?",
    "shown": "?",
}
"""`topic` is the number of the leading topic, `topics` that of the combination of all."""


class Columns:
    """One array per field, all of one length."""

    __slots__ = ("_arrays", "_size")

    def __init__(self, arrays: dict[str, NDArray[Any]], size: int) -> None:
        self._arrays, self._size = arrays, size

    def __len__(self) -> int:
        return self._size

    def __getitem__(self, name: str) -> NDArray[Any]:
        return self._arrays[name][: self._size]

    def behind(self, first: int) -> "Columns":
        """The rows from `first` on, counted from 0."""
        arrays = {name: array[first:] for name, array in self._arrays.items()}
        return Columns(arrays, self._size - first)

    def grown(self, size: int) -> "Columns":
        """The same rows with room for `size`; old ones stay where they are while there is room."""
        room = len(self._arrays["post"])
        if size <= room:
            return Columns(self._arrays, size)
        room = max(size, 2 * room)
        arrays = {name: np.zeros(room, array.dtype) for name, array in self._arrays.items()}
        for name, array in arrays.items():
            array[: self._size] = self[name]
        return Columns(arrays, size)


def key_of_session(session_id: int) -> int:
    """A session's number in the column `post`: no post has one below zero."""
    return -session_id


def keys_of(records: NDArray[Any]) -> NDArray[np.int64]:
    """Of signals about posts and sessions, the number of each in the column `post`."""
    numbers = records["object"].astype(np.int64)
    return np.where(records["object_kind"] == ObjectKind.SESSION, -numbers, numbers)


def named_by(keys: NDArray[np.int64]) -> list[tuple[ObjectKind, int]]:
    """What these numbers of the column `post` name, as signals do."""
    return [
        (ObjectKind.SESSION, -key) if key < 0 else (ObjectKind.POST, key) for key in keys.tolist()
    ]


def topic_number(topics: tuple[str, ...]) -> int:
    """A number for the leading topic, the same in every process; 0 without one."""
    if not topics:
        return 0
    return int.from_bytes(blake2b(topics[0].encode(), digest_size=8).digest(), "little") | 1


class Combinations:
    """Which topics stand together on posts; a few thousand for a million posts."""

    def __init__(self) -> None:
        self.all: list[tuple[str, ...]] = []
        self.numbers: dict[str, int] = {}
        self._number_of: dict[tuple[str, ...], int] = {}

    def number_of(self, topics: tuple[str, ...]) -> int:
        number = self._number_of.setdefault(topics, len(self.all))
        if number == len(self.all):
            self.all.append(topics)
            for topic in topics:
                self.numbers.setdefault(topic, len(self.numbers))
        return number

    def flat(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The numbers of all topics, combination by combination, and how many each one has."""
        listed = self.all[:]
        sizes = np.fromiter(map(len, listed), np.int64, len(listed))
        topics = chain.from_iterable(listed)
        return np.fromiter(map(self.numbers.__getitem__, topics), np.int64, sizes.sum()), sizes


class Cards(Sequence[Card]):
    """Cards by row, put together when they are asked for."""

    def __init__(self, catalogue: "Catalogue") -> None:
        self._catalogue = catalogue

    def __len__(self) -> int:
        return len(self._catalogue)

    @overload
    def __getitem__(self, row: int) -> Card: ...
    @overload
    def __getitem__(self, row: slice) -> list[Card]: ...
    def __getitem__(self, row: int | slice) -> Card | list[Card]:
        if isinstance(row, slice):
            return [self._of(one) for one in range(*row.indices(len(self)))]
        return self._of(row)

    def _of(self, row: int) -> Card:
        columns = self._catalogue.columns
        return Card(
            post_id=int(columns["post"][row]),
            author_id=int(columns["author"][row]),
            county=int(columns["county"][row]),
            product_id=int(columns["product"][row]),
            topics=self._catalogue.combinations.all[columns["topics"][row]],
            season_mask=int(columns["season"][row]),
            published_ms=int(columns["published_ms"][row]),
            priority=bool(columns["priority"][row]),
            body=self._catalogue.bodies[row],
            village_id=int(columns["village"][row]),
        )


class Catalogue:
    """Rows of posts; grows at the end. Written by one thread, read by others."""

    def __init__(self) -> None:
        self.numbers = Numbers()
        self.columns = Columns({name: np.zeros(64, kind) for name, kind in FIELDS.items()}, 0)
        self.combinations = Combinations()
        self.bodies: list[bytes] = []
        self._sessions: NDArray[np.int32] = np.empty(0, np.int32)
        self.cards: Sequence[Card] = Cards(self)

    def __len__(self) -> int:
        return len(self.columns)

    def rows_of(self, posts: NDArray[Any]) -> NDArray[np.int32]:
        """The row of each post, UNKNOWN (-1) for those that were never published here."""
        return self.numbers.of(posts)

    def put(self, cards: Iterable[Card]) -> None:
        """Add posts, or replace what is known of them."""
        each = iter(cards)
        while some := list(islice(each, AT_A_TIME)):
            self._put(list({card.post_id: card for card in some}.values()))

    def _put(self, cards: list[Card]) -> None:
        rows = self.numbers.add(np.array([card.post_id for card in cards], np.int64))
        columns = self.columns.grown(len(self.numbers))
        self.bodies += [b""] * (len(columns) - len(self.bodies))
        for row, card in zip(rows.tolist(), cards, strict=True):
            self.bodies[row] = card.body
        for name, values in self._fields(cards).items():
            columns[name][rows] = values
        self.columns = columns
        self._sessions = np.union1d(self._sessions, rows[columns["post"][rows] < 0])

    def _fields(self, cards: list[Card]) -> dict[str, Any]:
        return {
            "post": [card.post_id for card in cards],
            "author": [card.author_id for card in cards],
            "county": [card.county for card in cards],
            "topic": np.array([topic_number(card.topics) for card in cards], np.uint64),
            "topics": [self.combinations.number_of(card.topics) for card in cards],
            "product": [card.product_id for card in cards],
            "village": [card.village_id for card in cards],
            "season": [card.season_mask for card in cards],
            "published_ms": [card.published_ms for card in cards],
            "priority": [card.priority for card in cards],
            "shown": True,
        }

    def withdraw(self, post_ids: Iterable[int]) -> None:
        """Switch posts off, at once for every answer made from now on."""
        rows = self.rows_of(np.fromiter(post_ids, np.int64))
        self.columns["shown"][rows[rows != UNKNOWN]] = False

    def shows(self, post_id: int) -> bool:
        row = self.numbers.of_one(post_id)
        return row != UNKNOWN and bool(self.columns["shown"][row])

    def sessions_on_air(self) -> NDArray[np.int32]:
        """The rows of live sessions that are shown now."""
        rows: NDArray[np.int32] = self._sessions[self.columns["shown"][self._sessions]]
        return rows

    def keep_only(self, post_ids: Iterable[int], *, first: int, last: int | None) -> None:
        """Switch off everything from post `first` to `last` (None: to the end) that is not among
        these: after reading all of them that are published."""
        rows = self.numbers.between(first, last)
        gone = ~np.isin(self.columns["post"][rows], np.fromiter(post_ids, np.int64))
        self.columns["shown"][rows[gone]] = False
