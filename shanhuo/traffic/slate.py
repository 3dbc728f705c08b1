"""The rules of a list, whatever ranked it: caps that always hold, floors that hold while anything
fits them, and variety while there is a choice.

In plain words (`/rules` says the same): of ten, no author more than twice and never in a row; at
least three from the counties that the floor serves; at least one that had no chance yet; no more
than three that only a grant brought in, whatever it would pay; one live session while there is one
that the viewer has not seen, and no more than two; no more than three from one county or two of one
product.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import pairwise

from shanhuo.traffic.board import Mark

LENGTH = 10


@dataclass(frozen=True, slots=True)
class Rules:
    """For lists of LENGTH; floors of other lengths, `supported` and `live` in proportion, rounded
    down (but one supported place is always open, unless `supported` is 0; and one live)."""

    per_author: int = 2
    per_county: int = 3
    per_product: int = 2
    from_priority_counties: int = 3
    from_newcomers: int = 1
    from_live: int = 1
    supported: int = 3
    live: int = 2

    def supported_of(self, length: int) -> int:
        """How many places of a list grants may fill with what would not stand there without."""
        return max(min(1, self.supported), self.supported * length // LENGTH)

    def live_of(self, length: int) -> int:
        """How many sessions on air a list may hold, whatever speaks for them."""
        return max(min(1, self.live), self.live * length // LENGTH)


@cache
def without_floors(rules: Rules) -> Rules:
    """These rules, as if nobody had a floor, and sessions on air no place of their own."""
    return replace(rules, from_priority_counties=0, from_newcomers=0, from_live=0)


@dataclass(slots=True)
class Draft:
    """A list in the making. `picked` are row numbers in the order in which they came in; `lifted`
    are rows that would come in by their price alone; `is_barred`: rows that the viewer does not
    want at all."""

    marks: Mapping[int, Mark]
    rules: Rules
    length: int
    barred_authors: Iterable[int] = ()
    is_barred: Callable[[int], bool] | None = None
    picked: list[int] = field(default_factory=list)
    lifted: Collection[int] = ()
    _authors: dict[int, int] = field(default_factory=dict)
    _counties: dict[int, int] = field(default_factory=dict)
    _products: dict[int, int] = field(default_factory=dict)
    _priority_missing: int = 0
    _newcomers_missing: int = 0
    _supported_left: int = 0
    _live_left: int = 0

    def __post_init__(self) -> None:
        self._authors = dict.fromkeys(self.barred_authors, self.rules.per_author)
        self._priority_missing = self.rules.from_priority_counties * self.length // LENGTH
        self._newcomers_missing = self.rules.from_newcomers * self.length // LENGTH
        self._supported_left = self.rules.supported_of(self.length)
        self._live_left = self.rules.live_of(self.length)

    def copy(self) -> "Draft":
        """The same draft, to be filled in another way."""
        return self._under(self.rules)

    def without_floors(self) -> "Draft":
        """The same draft, as if nobody had a floor, and sessions on air no place of their own."""
        return self._under(without_floors(self.rules))

    def _under(self, rules: Rules) -> "Draft":
        other = Draft(self.marks, rules, self.length, self.barred_authors, self.is_barred)
        for row in self.picked:
            other.take(row)
        return other

    @property
    def owes_a_newcomer(self) -> bool:
        """Whether the list has no clip yet of those that had no chance."""
        return self._newcomers_missing > 0

    @property
    def owes_a_session(self) -> bool:
        """Whether the list, if it is long enough, has none of the sessions on air yet."""
        rules = self.rules
        owed = rules.from_live * self.length // LENGTH
        return rules.live_of(self.length) - self._live_left < owed

    @property
    def is_full(self) -> bool:
        return len(self.picked) >= self.length

    def fill(self, ordered: Iterable[int], *, variety: bool = True, floors: bool = True) -> None:
        """Take rows in this order as far as the rules let them in.

        The caps of authors, of support and of live sessions, and "once in a list", hold whatever is
        given up.
        """
        authors, picked, cap = self._authors, self.picked, self.rules.per_author
        for row in ordered:
            if len(picked) >= self.length:
                return
            mark = self.marks[row]
            if authors.get(mark.author, 0) >= cap or row in picked:
                continue
            too_much_support = row in self.lifted and self._supported_left < 1
            if too_much_support or (mark.live and self._live_left < 1):
                continue
            if self.is_barred is not None and self.is_barred(row):
                continue
            if variety and not self._varies(mark):
                continue
            if not floors or self._leaves_room_for_floors(mark):
                self.take(row)

    def fits(self, row: int) -> bool:
        """Whether nothing that is never given up speaks against this row."""
        mark = self.marks[row]
        if self.is_barred is not None and self.is_barred(row):
            return False
        if mark.live and self._live_left < 1:
            return False
        return self._authors.get(mark.author, 0) < self.rules.per_author and row not in self.picked

    def would_vary(self, row: int) -> bool:
        """Whether the row would fit beside what was picked, if there were a place."""
        return self.fits(row) and self._varies(self.marks[row])

    def take(self, row: int) -> None:
        """Count the row in."""
        author, county, product, priority, newcomer, live = self.marks[row]
        self.picked.append(row)
        self._supported_left -= row in self.lifted
        self._priority_missing -= priority
        self._newcomers_missing -= newcomer
        self._live_left -= live
        self._authors[author] = self._authors.get(author, 0) + 1
        self._counties[county] = self._counties.get(county, 0) + 1
        if product:
            self._products[product] = self._products.get(product, 0) + 1

    def _varies(self, mark: Mark) -> bool:
        if self._counties.get(mark.county, 0) >= self.rules.per_county:
            return False
        return self._products.get(mark.product, 0) < self.rules.per_product

    def _leaves_room_for_floors(self, mark: Mark) -> bool:
        """Whether the places left after this row still suffice for what the floors ask."""
        priority, newcomers = max(0, self._priority_missing), max(0, self._newcomers_missing)
        left = self.length - len(self.picked)
        if priority + newcomers < left or not priority + newcomers:
            return True
        missing = max(0, priority - mark.priority) + max(0, newcomers - mark.newcomer)
        return missing < left


def spread(rows: list[int], marks: Mapping[int, Mark]) -> list[int]:
    """The same rows, no author twice in a row where another order allows it; else as they were."""
    if all(marks[row].author != marks[other].author for row, other in pairwise(rows)):
        return rows
    waiting = list(rows)
    spread_out: list[int] = []
    while waiting:
        last = marks[spread_out[-1]].author if spread_out else None
        found = next((row for row in waiting if marks[row].author != last), waiting[0])
        waiting.remove(found)
        spread_out.append(found)
    return spread_out
