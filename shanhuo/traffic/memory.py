"""What we remember of a viewer, from their own signals: what they saw, hid, follow and like.

Bounded twice: a fixed number of viewers (the least recent are forgotten), so much of each.
Nothing is learned from a viewer who switched personalisation off.
"""

import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from shanhuo.traffic.candidates import Rows
from shanhuo.traffic.catalogue import Card
from shanhuo.traffic.kinds import Flags, Kind
from shanhuo.traffic.wishes import NO_WISHES, About, Subject, Wishes, subjects_of

MOST_VIEWERS = 50_000
MOST_SEEN = 512
MOST_SERVED = 64
MOST_TASTES = 12
MOST_RECENT = 12
MOST_WATCHED = 128
OFFERED = 30
"""So many clips back reaches fatigue: what lies further back is forgiven."""

WATCHED_MS = 3_000
"""Who stayed so long did not skip."""

LIKING = {
    Kind.FINISH: 1.0,
    Kind.LIKE: 2.0,
    Kind.COMMENT: 2.0,
    Kind.SHARE: 3.0,
    Kind.FOLLOW: 3.0,
    Kind.CLICK_PRODUCT: 1.5,
    Kind.OPEN_COUNTY: 1.5,
    Kind.BASKET: 3.0,
    Kind.BUY_CLICK: 4.0,
    Kind.NOT_INTERESTED: -4.0,
}
FADE = 0.97
"""Each new taste pushes the older ones back by this factor."""


Key = TypeVar("Key", int, str)
Tired = dict[str, list[tuple[int, float]]]
"""By column of the catalogue: (value, factor of the worth)."""


class Ring:
    """The last `size` row numbers, the newest overwriting the oldest."""

    __slots__ = ("_count", "_rows", "_size")

    def __init__(self, size: int) -> None:
        self._rows = np.empty(16, np.int32)
        self._count, self._size = 0, size

    def add(self, rows: Iterable[int]) -> None:
        for row in rows:
            if self._count == len(self._rows) < self._size:
                self._rows = np.resize(self._rows, min(2 * self._count, self._size))
            self._rows[self._count % len(self._rows)] = row
            self._count += 1

    @property
    def rows(self) -> np.ndarray[tuple[int], np.dtype[np.int32]]:
        return self._rows[: self._count]

    def oldest_first(self) -> list[int]:
        rows = self.rows.tolist()
        begin = self._count % len(self._rows) if self._count > len(self._rows) else 0
        return rows[begin:] + rows[:begin]


@dataclass(slots=True)
class Memory:
    """One viewer. Rows are those of the catalogue; tastes are weights by county and topic.

    `skipped`: rows that were shown twice and never watched. `tired`: see `fatigue`; None when it
    must be worked out again.
    """

    seen: Ring = field(default_factory=lambda: Ring(MOST_SEEN))
    served: Ring = field(default_factory=lambda: Ring(MOST_SERVED))
    hidden: set[int] = field(default_factory=set)
    hidden_authors: dict[int, int] = field(default_factory=dict)
    follows: set[int] = field(default_factory=set)
    counties: dict[int, float] = field(default_factory=dict)
    topics: dict[str, float] = field(default_factory=dict)
    recent: list[int] = field(default_factory=list)
    offered: Ring = field(default_factory=lambda: Ring(OFFERED))
    watched: Ring = field(default_factory=lambda: Ring(MOST_WATCHED))
    skipped: set[int] = field(default_factory=set)
    tired: Tired | None = None
    near: tuple[object, Rows] | None = None
    wishes: Wishes = NO_WISHES

    def see(self, rows: Rows, may_learn: NDArray[np.bool_]) -> None:
        """These rows were shown, in this order; `may_learn` says of which it may be held against
        them that nobody watched."""
        learned = rows[may_learn]
        if len(learned):
            each, times = np.unique(learned, return_counts=True)
            twice = each[(times > 1) | np.isin(each, self.seen.rows)]
            self.skipped.update(twice[~np.isin(twice, self.watched.rows)].tolist())
            self.offered.add(learned.tolist())
            self.tired = None
        self.seen.add(rows.tolist())

    def watch(self, row: int) -> None:
        """This row was not skipped."""
        self.watched.add([row])
        self.skipped.discard(row)
        self.tired = None

    def learn(self, kind: int, row: int, card: Card, *, at_ms: int) -> None:
        """Take one signal about a post into account, as far as it is not to be forgotten."""
        may_know = self.wishes.may_know
        if kind == Kind.FOLLOW and may_know(About.AUTHOR, card.author_id, at_ms):
            self.follows.add(card.author_id)
        weight = LIKING.get(Kind(kind), 0.0)
        if not weight:
            return
        if may_know(About.COUNTY, card.county, at_ms):
            _taste(self.counties, card.county, weight)
        for topic in card.topics:
            if may_know(About.TOPIC, topic, at_ms):
                _taste(self.topics, topic, weight)
        if weight > 0:
            self.watch(row)
        if weight > 0 and self.wishes.may_know_card(card, at_ms):
            self.recent = [row, *(one for one in self.recent if one != row)][:MOST_RECENT]

    def heed(self, wishes: Wishes, cards: Sequence[Card]) -> None:
        """Take up new wishes: what was forgotten meanwhile is gone at once."""
        before, self.wishes = self.wishes, wishes
        if wishes.all_forgotten > before.all_forgotten:
            self.counties, self.topics = {}, {}
            self.recent, self.follows = [], set()
        for (about, subject), at_ms in wishes.forgotten.items():
            if at_ms > before.forgotten.get((about, subject), -1):
                self._forget(about, subject, cards)

    def _forget(self, about: About, subject: Subject, cards: Sequence[Card]) -> None:
        if about is About.TOPIC:
            self.topics.pop(str(subject), None)
        elif about is About.COUNTY:
            self.counties.pop(int(subject), None)
        else:
            self.follows.discard(int(subject))
        one = (about, subject)
        self.recent = [row for row in self.recent if one not in subjects_of(cards[row])]

    def hide(self, row: int, author: int) -> None:
        """The viewer does not want this; of an author hidden twice, nothing any more."""
        self.hidden.add(row)
        self.hidden_authors[author] = self.hidden_authors.get(author, 0) + 1
        self.recent = [one for one in self.recent if one != row]

    def favourite_counties(self, most: int) -> list[int]:
        """What the viewer chose, and what else they liked best."""
        return list(dict.fromkeys((*self.wishes.counties, *_best(self.counties, most))))

    def favourite_topics(self, most: int) -> list[str]:
        return list(dict.fromkeys((*self.wishes.topics, *_best(self.topics, most))))


def _taste(tastes: dict[Key, float], key: Key, weight: float) -> None:
    for other in tastes:
        tastes[other] *= FADE
    tastes[key] = tastes.get(key, 0.0) + weight
    if len(tastes) > MOST_TASTES:
        del tastes[min(tastes, key=lambda one: abs(tastes[one]))]


def _best(tastes: dict[Key, float], most: int) -> list[Key]:
    liked = [key for key, weight in tastes.items() if weight > 0]
    return sorted(liked, key=lambda key: -tastes[key])[:most]


class Memories:
    """The viewers of late."""

    def __init__(self, most: int = MOST_VIEWERS) -> None:
        self._viewers: OrderedDict[int, Memory] = OrderedDict()
        self._wishes: dict[int, Wishes] = {}
        self._most = most
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._viewers)

    def of(self, viewer: int) -> Memory:
        """What is remembered of a viewer; the least recent viewer is forgotten for a new one."""
        with self._lock:
            memory = self._viewers.get(viewer)
            if memory is None:
                memory = Memory(wishes=self._wishes.get(viewer, NO_WISHES))
                self._viewers[viewer] = memory
                if len(self._viewers) > self._most:
                    self._viewers.popitem(last=False)
            else:
                self._viewers.move_to_end(viewer)
            return memory

    def known(self, viewer: int) -> Memory | None:
        """What is remembered of a viewer, if anything; nobody is forgotten for asking."""
        return self._viewers.get(viewer)

    def heed(self, wishes: Mapping[int, Wishes], cards: Sequence[Card]) -> None:
        """Take up the wishes of these viewers, in place of those they had."""
        with self._lock:
            self._wishes.update(wishes)
            for viewer, wished in wishes.items():
                memory = self._viewers.get(viewer)
                if memory is not None and memory.wishes != wished:
                    memory.heed(wished, cards)


def may_learn(flags: int) -> bool:
    """Whether a signal served under these flags may shape what its viewer is shown."""
    return not flags & Flags.NOT_PERSONAL
