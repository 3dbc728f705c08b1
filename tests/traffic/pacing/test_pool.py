import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shanhuo.traffic.pacing.pool import pass_on, share_out

weights = st.lists(st.floats(0, 1e6), min_size=1, max_size=30).map(np.array)


def test_a_county_shares_fifty_exposures_by_supply():
    assert share_out(50, np.array([3.0, 2, 1])).tolist() == [25, 17, 8]
    assert share_out(5, np.array([0.0, 0])).tolist() == [3, 2]


def test_what_a_vanished_creator_still_needs_goes_to_the_neighbours():
    left, supply = np.array([7, 14, 7]), np.array([100.0, 0, 300])
    assert pass_on(left, supply).tolist() == [11, 0, 17]
    assert pass_on(left, np.zeros(3)).tolist() == [7, 14, 7]


def test_there_is_somebody_to_share_with():
    with pytest.raises(ValueError, match="nobody"):
        share_out(5, np.array([]))


@given(total=st.integers(0, 100_000), weights=weights)
def test_shares_are_whole_and_sum_to_the_budget(total, weights):
    shares = share_out(total, weights)
    assert shares.sum() == total
    assert (shares >= 0).all()
    if weights.sum() > 0:
        assert (np.abs(shares - total * weights / weights.sum()) <= 1).all()


@given(supply=weights, data=st.data())
def test_passing_on_loses_nothing_and_takes_from_nobody_alive(supply, data):
    size = len(supply)
    left = np.array(data.draw(st.lists(st.integers(0, 50), min_size=size, max_size=size)))
    passed = pass_on(left, supply)
    assert passed.sum() == left.sum()
    if (supply > 0).any():
        assert (passed[supply > 0] >= left[supply > 0]).all()
        assert (passed[supply == 0] == 0).all()
