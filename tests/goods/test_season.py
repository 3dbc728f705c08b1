"""The harvest calendar in bits and words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shanhuo.goods import season

months = st.frozensets(st.integers(1, 12))


@given(months)
def test_months_survive_the_mask(chosen):
    assert season.months_of(season.mask_of(chosen)) == sorted(chosen)


@pytest.mark.parametrize(
    ("chosen", "runs"),
    [
        (set(), []),
        ({7, 8}, [(7, 8)]),
        ({3, 5}, [(3, 3), (5, 5)]),
        ({11, 12, 1}, [(11, 1)]),
        (set(range(1, 13)), [(1, 12)]),
    ],
)
def test_months_in_a_row_are_told_as_one(chosen, runs):
    assert season.runs_of(season.mask_of(chosen)) == runs


@pytest.mark.parametrize("month", [0, 13, -1])
def test_there_are_twelve_months(month):
    with pytest.raises(ValueError, match=str(month)):
        season.mask_of({month})
