"""Attack 36: from what is published, nobody can compute what is not."""

from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from shanhuo.impact.suppression import Cell, Relation, is_sensitive, suppressed


def households(count: int, *, first: int = 0, each: int = 100) -> dict[str, int]:
    return {f"household{number}": each for number in range(first, first + count)}


def can_be_computed(
    name: Any, relations: list[Relation[Any]], hidden: set[Any], cells: dict[Any, Cell]
) -> bool:
    """Another way than the module's: does the unit vector lie in the row space?"""
    order = sorted(hidden, key=str)
    matrix = np.zeros((len(relations), len(order)))
    for row, relation in enumerate(relations):
        for column, one in enumerate(order):
            matrix[row, column] = list(relation.parts).count(one) - (relation.total == one)
    unit = np.array([float(one == name) for one in order])
    return np.linalg.matrix_rank(matrix) == np.linalg.matrix_rank(np.vstack([matrix, unit]))


def test_fewer_than_ten_households_are_too_few_and_nobody_is_nobody() -> None:
    assert is_sensitive(households(9))
    assert not is_sensitive(households(10))
    assert not is_sensitive({})


def test_one_household_that_makes_up_more_than_four_fifths_is_too_much() -> None:
    others = households(10, first=1)
    assert not is_sensitive(others | {"household0": 4_000})
    assert is_sensitive(others | {"household0": 4_001})


def test_attack_36_a_small_cell_takes_the_next_one_with_it() -> None:
    cells = {
        "plums": Cell(households(3)),
        "tea": Cell(households(12, first=3)),
        "rice": Cell(households(40, first=15)),
        "all": Cell(households(55)),
    }
    assert suppressed(cells, [Relation("all", ["plums", "tea", "rice"])]) == {"plums", "tea"}


def test_attack_36_two_small_cells_whose_sum_is_small_are_not_enough() -> None:
    cells = {
        "plums": Cell(households(3)),
        "honey": Cell(households(4, first=3)),
        "rice": Cell(households(40, first=15)),
        "all": Cell(households(7) | households(40, first=15)),
    }
    hidden = suppressed(cells, [Relation("all", ["plums", "honey", "rice"])])
    assert hidden == {"plums", "honey", "rice"}


def test_attack_36_a_change_of_three_households_cannot_be_read_off_two_reports() -> None:
    cells = {
        "before": Cell(households(50), is_open=False, published=True),
        "after": Cell(households(53)),
    }
    assert suppressed(cells, [], [("after", "before")]) == {"after"}


def test_a_table_of_large_cells_is_published_whole() -> None:
    cells = {
        "plums": Cell(households(20)),
        "tea": Cell(households(20, first=20)),
        "all": Cell(households(40)),
    }
    assert suppressed(cells, [Relation("all", ["plums", "tea"])]) == frozenset()


def test_cells_that_are_zero_hide_nobody() -> None:
    cells = {
        "plums": Cell(households(3)),
        "tea": Cell({}),
        "rice": Cell(households(20, first=3)),
        "all": Cell(households(23)),
    }
    hidden = suppressed(cells, [Relation("all", ["plums", "tea", "rice"])])
    assert hidden == {"plums", "rice"}


COLUMNS = 3
tables = st.integers(1, 3).flatmap(
    lambda rows: st.lists(
        st.lists(st.integers(0, 25), min_size=COLUMNS, max_size=COLUMNS),
        min_size=rows,
        max_size=rows,
    )
)


@given(tables)
@settings(max_examples=150, deadline=None)
def test_attack_36_no_small_cell_of_a_two_way_table_can_be_computed(table: list[list[int]]) -> None:
    inner = {
        (row, column): households(count, first=1000 * row + 100 * column)
        for row, counts in enumerate(table)
        for column, count in enumerate(counts)
    }
    cells: dict[Any, Cell] = {name: Cell(some) for name, some in inner.items()}
    relations = []
    for row in range(len(table)):
        parts = [(row, column) for column in range(COLUMNS)]
        cells[row, "all"] = Cell({k: v for part in parts for k, v in inner[part].items()})
        relations.append(Relation((row, "all"), parts))
    for column in [*range(COLUMNS), "all"]:
        parts = [(row, column) for row in range(len(table))]
        together = {k: v for part in parts for k, v in cells[part].households.items()}
        cells["all", column] = Cell(together)
        relations.append(Relation(("all", column), parts))
    hidden = set(suppressed(cells, relations))
    small = {name for name, cell in cells.items() if is_sensitive(cell.households)}
    assert small <= hidden
    computed = {name for name in hidden if can_be_computed(name, relations, hidden, cells)}
    assert not computed & small
