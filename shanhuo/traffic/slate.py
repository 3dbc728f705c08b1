"""The rules of a list, whatever ranked it: caps that always hold, floors that hold while anything
fits them, and variety while there is a choice.

In plain words (`/rules` says the same): of ten, no author more than twice and never in a row; at
least three from the counties that the floor serves; at least one that had no chance yet; no more
than three from one county or two of one product.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from shanhuo.traffic.board import Board

LENGTH = 10


@dataclass(frozen=True, slots=True)
class Rules:
    """For lists of LENGTH; longer and shorter ones in proportion, rounded down, caps at least 1."""

    per_author: int = 2
    per_county: int = 3
    per_product: int = 2
    from_priority_counties: int = 3
    from_newcomers: int = 1


@dataclass(slots=True)
class Draft:
    """A list in the making. `picked` are row numbers in the order in which they came in."""

    board: Board
    rules: Rules
    length: int
    barred_authors: Iterable[int] = ()
    picked: list[int] = field(default_factory=list)
    _authors: dict[int, int] = field(default_factory=dict)
    _counties: dict[int, int] = field(default_factory=dict)
    _products: dict[int, int] = field(default_factory=dict)
    _priority_missing: int = 0
    _newcomers_missing: int = 0

    def __post_init__(self) -> None:
        self._authors = dict.fromkeys(self.barred_authors, self.rules.per_author)
        self._priority_missing = self.rules.from_priority_counties * self.length // LENGTH
        self._newcomers_missing = self.rules.from_newcomers * self.length // LENGTH

    @property
    def is_full(self) -> bool:
        return len(self.picked) >= self.length

    def fill(self, ordered: Iterable[int], *, variety: bool = True, floors: bool = True) -> None:
        """Take rows in this order as far as the rules let them in.

        The author cap and "once in a list" hold whatever is given up.
        """
        for row in ordered:
            if len(self.picked) >= self.length:
                return
            if self._fits(row) and (not variety or self._varies(row)):
                if floors and not self._leaves_room_for_floors(row):
                    continue
                self.take(row)

    def fits(self, row: int) -> bool:
        """Whether nothing that is never given up speaks against this row."""
        return self._fits(row)

    def _fits(self, row: int) -> bool:
        author = self.board.authors[row]
        return self._authors.get(author, 0) < self.rules.per_author and row not in self.picked

    def _varies(self, row: int) -> bool:
        board, rules = self.board, self.rules
        if self._counties.get(board.counties[row], 0) >= rules.per_county:
            return False
        product = board.products[row]
        return not product or self._products.get(product, 0) < rules.per_product

    def _leaves_room_for_floors(self, row: int) -> bool:
        """Whether the places left after this row still suffice for what the floors ask."""
        missing = max(0, self._priority_missing - self.board.priority[row])
        missing += max(0, self._newcomers_missing - self.board.newcomer[row])
        return missing < self.length - len(self.picked)

    def take(self, row: int) -> None:
        """Count the row in."""
        board = self.board
        self.picked.append(row)
        self._priority_missing -= board.priority[row]
        self._newcomers_missing -= board.newcomer[row]
        author, county, product = board.authors[row], board.counties[row], board.products[row]
        self._authors[author] = self._authors.get(author, 0) + 1
        self._counties[county] = self._counties.get(county, 0) + 1
        self._products[product] = self._products.get(product, 0) + 1


def spread(rows: list[int], authors: list[int]) -> list[int]:
    """The same rows, no author twice in a row where another order allows it; else as they were."""
    waiting = list(rows)
    spread_out: list[int] = []
    while waiting:
        last = authors[spread_out[-1]] if spread_out else None
        found = next((row for row in waiting if authors[row] != last), waiting[0])
        waiting.remove(found)
        spread_out.append(found)
    return spread_out
