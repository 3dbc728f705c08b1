import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shanhuo.impact.sketch import EXACT_LIMIT, Sketch

members = st.lists(st.integers(1, 2**63 - 1), max_size=60)


def sketch(numbers: list[int]) -> Sketch:
    return Sketch.of(np.array(numbers, np.uint64))


@given(members)
def test_a_small_set_is_counted_exactly(numbers: list[int]) -> None:
    assert sketch(numbers).count() == len(set(numbers))


@given(members, members, members)
def test_it_does_not_matter_how_sets_are_grouped(a: list[int], b: list[int], c: list[int]) -> None:
    together = sketch(a + b + c).to_bytes()
    left = Sketch.union([Sketch.union([sketch(a), sketch(b)]), sketch(c)])
    right = Sketch.union([sketch(c), Sketch.union([sketch(b), sketch(a)])])
    assert left.to_bytes() == right.to_bytes() == together


@pytest.mark.parametrize("size", [EXACT_LIMIT, EXACT_LIMIT + 1, 50_000])
def test_a_month_of_days_counts_like_the_month_at_once(size: int) -> None:
    everybody = np.arange(1, size + 1, dtype=np.uint64) * np.uint64(7919)
    days = [
        Sketch.of(everybody[start : start + size // 3 + 9]) for start in range(0, size, size // 3)
    ]
    stored = [Sketch.from_bytes(day.to_bytes()) for day in days]
    assert Sketch.union(stored).to_bytes() == Sketch.of(everybody).to_bytes()


@pytest.mark.parametrize("size", [3_000, 20_000, 41_000, 100_000])
def test_a_large_set_is_estimated_within_three_standard_errors(size: int) -> None:
    everybody = np.arange(1, size + 1, dtype=np.uint64)
    assert Sketch.of(everybody).count() == pytest.approx(size, rel=0.025)


def test_nobody_is_nobody() -> None:
    assert (Sketch.union([]).count(), sketch([]).count()) == (0, 0)
