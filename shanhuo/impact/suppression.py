"""Which cells of a table may be published so that no household can be singled out. Pure.

A cell is sensitive when fewer than ten households stand behind it, or when one of them makes up
more than 80 % of it. Leaving out the sensitive cells alone does not help: whoever subtracts the
published cells from the published total gets them back. So other cells are left out as well
(complementary suppression), until nothing that can be computed from what is published is sensitive.

What can be computed is decided by algebra, not by looking at rows and columns: every relation
`total = sum of parts` is an equation, published cells are known, and the equations are brought to
reduced form by exact Gaussian elimination. Each reduced equation is a sum of unknown cells that an
attacker can compute; the households behind those cells together must not be sensitive either.
The same machinery covers hierarchies, two-way tables, and the difference between two reports.
"""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Generic, TypeVar

LEAST_HOUSEHOLDS = 10
LARGEST_SHARE = Fraction(4, 5)

Name = TypeVar("Name", bound=Hashable)
Households = Mapping[str, int]
"""Keyed hash of a household -> what it adds to the cell."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A number somebody might publish or compute.

    `publishable` False: never shown itself, but must not be computable either (what changed
    between two reports, for one). `published` True: it is out already and cannot be taken back.
    """

    households: Households
    publishable: bool = True
    published: bool = False


@dataclass(frozen=True, slots=True)
class Relation(Generic[Name]):
    """`total` is the sum of `parts`, as everybody knows."""

    total: Name
    parts: Sequence[Name]


def is_sensitive(households: Households) -> bool:
    """Fewer than ten households behind a number, or one that dominates it. Nobody is nobody."""
    amounts = [abs(amount) for amount in households.values()]
    if not amounts:
        return False
    return len(amounts) < LEAST_HOUSEHOLDS or max(amounts) > LARGEST_SHARE * sum(amounts)


def suppressed(cells: Mapping[Name, Cell], relations: Sequence[Relation[Name]]) -> frozenset[Name]:
    """The publishable cells to leave out, so that what is left gives nothing sensitive away.

    Cells that are out already stay published; if they alone give something away, nothing can help
    and that is not this function's to judge.
    """
    hidden = {
        name
        for name, cell in cells.items()
        if not cell.published and (not cell.publishable or is_sensitive(cell.households))
    }
    while (leak := _first_leak(cells, relations, hidden)) is not None:
        complement = _complement(cells, relations, hidden, leak)
        if complement is None:
            break
        hidden.add(complement)
    return frozenset(name for name in hidden if cells[name].publishable)


def computable(
    relations: Sequence[Relation[Name]], hidden: Iterable[Name]
) -> list[dict[Name, Fraction]]:
    """The sums of hidden cells that follow from the published ones, in reduced form.

    A cell that stands alone in one of them can be computed exactly, and no other cell can.
    """
    order = list(hidden)
    rows = [_unknowns(relation, order) for relation in relations]
    return [
        {name: value for name, value in zip(order, row, strict=True) if value}
        for row in _reduced([row for row in rows if any(row)])
    ]


def _unknowns(relation: Relation[Name], order: Sequence[Name]) -> list[Fraction]:
    weights: dict[Name, int] = defaultdict(int)
    weights[relation.total] -= 1
    for part in relation.parts:
        weights[part] += 1
    return [Fraction(weights[name]) for name in order]


def _reduced(rows: list[list[Fraction]]) -> list[list[Fraction]]:
    """Reduced row echelon form; rows of zeros are dropped."""
    done = 0
    for column in range(len(rows[0]) if rows else 0):
        pivot = next((r for r in range(done, len(rows)) if rows[r][column]), None)
        if pivot is None:
            continue
        rows[done], rows[pivot] = rows[pivot], rows[done]
        lead = rows[done][column]
        rows[done] = [value / lead for value in rows[done]]
        for other in range(len(rows)):
            if other != done and (factor := rows[other][column]):
                rows[other] = [
                    value - factor * base
                    for value, base in zip(rows[other], rows[done], strict=True)
                ]
        done += 1
    return rows[:done]


def _first_leak(
    cells: Mapping[Name, Cell], relations: Sequence[Relation[Name]], hidden: set[Name]
) -> dict[Name, Fraction] | None:
    """A computable sum of hidden cells that is itself sensitive."""
    # Sorted by name: the same table is always protected the same way.
    for combination in computable(relations, sorted(hidden, key=str)):
        if is_sensitive(_together(cells, combination)):
            return combination
    return None


def _together(cells: Mapping[Name, Cell], combination: Mapping[Name, Fraction]) -> dict[str, int]:
    """The households behind a combination of cells, with what they add to it. Those that cancel
    out are not behind it."""
    amounts: dict[str, Fraction] = defaultdict(Fraction)
    for name, factor in combination.items():
        for household, amount in cells[name].households.items():
            amounts[household] += factor * amount
    return {household: round(amount) for household, amount in amounts.items() if amount}


def _complement(
    cells: Mapping[Name, Cell],
    relations: Sequence[Relation[Name]],
    hidden: set[Name],
    leak: Mapping[Name, Fraction],
) -> Name | None:
    """The smallest cell in a relation with the leak, or else anywhere; None if all are hidden."""
    choices = {
        name
        for name in set(cells) - hidden
        if cells[name].publishable and not cells[name].published and cells[name].households
    }
    related = {
        name
        for relation in relations
        if {relation.total, *relation.parts} & set(leak)
        for name in (relation.total, *relation.parts)
    }
    nearest = choices & related or choices
    return min(nearest, key=lambda name: (_size(cells[name]), str(name)), default=None)


def _size(cell: Cell) -> int:
    return sum(abs(amount) for amount in cell.households.values())
