"""Which cells of a table may be published so that no household can be singled out. Pure.

A number is sensitive when fewer than ten households stand behind it, or when one of them makes up
more than 80 % of it. Leaving out the sensitive cells alone does not help: whoever subtracts the
published cells from the published total gets them back. So other cells are left out as well
(complementary suppression), until nothing that can be computed from what is published is sensitive.

What can be computed is decided by algebra, not by looking at rows and columns: every relation
`total = sum of parts` is an equation, published cells are known, and the equations are brought to
reduced form by exact Gaussian elimination. Each reduced equation is a sum of unknown cells that an
attacker can compute; the households behind it must not be sensitive, nor those behind the
difference of two such sums. The difference of two reports is a pair of cells whose change must not
be computable where it is sensitive.
"""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations
from typing import Generic, TypeVar

LEAST_HOUSEHOLDS = 10
LARGEST_SHARE = Fraction(4, 5)
ZERO = Fraction(0)

Name = TypeVar("Name", bound=Hashable)
Households = Mapping[str, int]
"""Keyed hash of a household -> what it adds to the cell."""
Form = dict[Name, Fraction]
"""A weighted sum of cells."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A number in a table. `is_open` False: it was decided before, and stays as it is: out
    (`published`) or left out."""

    households: Households
    is_open: bool = True
    published: bool = False


@dataclass(frozen=True, slots=True)
class Relation(Generic[Name]):
    """`total` is the sum of `parts`, as everybody knows."""

    total: Name
    parts: Sequence[Name]


def is_sensitive(households: Households) -> bool:
    """Fewer than ten households behind a number, or one that dominates it. Nobody is nobody, and
    who adds nothing is not behind it."""
    amounts = [abs(amount) for amount in households.values() if amount]
    if not amounts:
        return False
    return len(amounts) < LEAST_HOUSEHOLDS or max(amounts) > LARGEST_SHARE * sum(amounts)


def suppressed(
    cells: Mapping[Name, Cell],
    relations: Sequence[Relation[Name]],
    changes: Sequence[tuple[Name, Name]] = (),
) -> frozenset[Name]:
    """The open cells to leave out, so that what is left gives nothing sensitive away.

    `changes` are pairs (later, earlier) of cells whose difference may be somebody's income.
    """
    secrets = [form for form in map(_change, changes) if is_sensitive(_together(cells, form))]
    hidden = {
        name
        for name, cell in cells.items()
        if (cell.is_open and is_sensitive(cell.households)) or not (cell.is_open or cell.published)
    }
    while (leak := _first_leak(cells, relations, secrets, hidden)) is not None:
        complement = _complement(cells, relations, hidden, leak)
        if complement is None:
            break
        hidden.add(complement)
    return frozenset(name for name in hidden if cells[name].is_open)


def _change(pair: tuple[Name, Name]) -> Form[Name]:
    later, earlier = pair
    return {later: Fraction(1), earlier: Fraction(-1)}


def computable(relations: Sequence[Relation[Name]], hidden: Iterable[Name]) -> list[Form[Name]]:
    """The sums of hidden cells that follow from the published ones, in reduced form.

    A cell that stands alone in one of them can be computed exactly, and no other cell can.
    """
    # Sorted by name: the same table is always protected the same way.
    order = sorted(hidden, key=str)
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
    cells: Mapping[Name, Cell],
    relations: Sequence[Relation[Name]],
    secrets: Sequence[Form[Name]],
    hidden: set[Name],
) -> Form[Name] | None:
    """Something sensitive that can be computed from what is not hidden."""
    sums = computable(relations, hidden)
    differences = [_minus(one, other) for one, other in combinations(sums, 2)]
    for form in [*sums, *differences]:
        if is_sensitive(_together(cells, form)):
            return form
    return next((form for form in secrets if _follows(form, sums, hidden)), None)


def _follows(form: Form[Name], sums: Sequence[Form[Name]], hidden: set[Name]) -> bool:
    """Whether a form is a combination of known cells and of these sums in reduced form."""
    rest = {name: factor for name, factor in form.items() if name in hidden}
    for one in sums:
        pivot = next(iter(one))
        if pivot in rest:
            factor = rest[pivot]
            rest = _minus(rest, {name: factor * value for name, value in one.items()})
    return not rest


def _minus(one: Form[Name], other: Form[Name]) -> Form[Name]:
    names = [*one, *(name for name in other if name not in one)]
    factors = {name: one.get(name, ZERO) - other.get(name, ZERO) for name in names}
    return {name: factor for name, factor in factors.items() if factor}


def _together(cells: Mapping[Name, Cell], combination: Form[Name]) -> dict[str, int]:
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
    leak: Form[Name],
) -> Name | None:
    """The smallest cell of the leak, or in a relation with it, or else anywhere; None if all are
    hidden."""
    choices = {
        name for name in set(cells) - hidden if cells[name].is_open and cells[name].households
    }
    related = {
        name
        for relation in relations
        if {relation.total, *relation.parts} & set(leak)
        for name in (relation.total, *relation.parts)
    }
    nearest = choices & set(leak) or choices & related or choices
    return min(nearest, key=lambda name: (_size(cells[name]), str(name)), default=None)


def _size(cell: Cell) -> int:
    return sum(abs(amount) for amount in cell.households.values())
