import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shanhuo.traffic.experiments.assignment import (
    HELD_OUT,
    Experiment,
    arm_of,
    arms_of_cells,
    cell_of,
    share_out,
    slices_of,
)

weights = st.lists(st.floats(0, 1e6), min_size=1, max_size=30).map(np.array)
KEY = b"sixteen bytes or more"


def plums(**changes):
    return Experiment(**{"name": "plums", "key": KEY, **changes})


def test_a_viewer_stays_in_one_cell_and_another_experiment_draws_anew():
    tea = plums(name="tea")
    here = [cell_of(viewer, plums()) for viewer in range(1_000)]
    there = [cell_of(viewer, tea) for viewer in range(1_000)]
    assert here == [cell_of(viewer, plums()) for viewer in range(1_000)]
    # By chance 1 in 20 agree: 50 ± 7. Four deviations.
    assert 22 <= sum(a == b for a, b in zip(here, there, strict=True)) <= 78


def test_cells_are_of_one_size_and_arms_of_half():
    drawn = np.array([cell_of(viewer, plums()) for viewer in range(20_000)])
    # 1,000 each, deviation 31; 20 cells, five deviations.
    assert np.abs(np.bincount(drawn, minlength=20) - 1_000).max() < 155
    arms = [arm_of(viewer, plums()) for viewer in range(20_000)]
    assert arms == arms_of_cells(plums())[drawn].tolist()


def test_who_is_held_out_is_held_out_of_every_experiment():
    held = {viewer for viewer in range(10_000) if cell_of(viewer, plums(held_out_ratio=0.02)) < 0}
    tea = plums(name="tea", held_out_ratio=0.02)
    assert held == {viewer for viewer in range(10_000) if arm_of(viewer, tea) == HELD_OUT}
    # 200 expected, deviation 14; four deviations.
    assert 144 < len(held) < 256


def test_a_larger_holdout_contains_the_smaller_one():
    small, large = plums(held_out_ratio=0.01), plums(held_out_ratio=0.05)
    held = [viewer for viewer in range(5_000) if cell_of(viewer, small) == HELD_OUT]
    assert held
    assert {cell_of(viewer, large) for viewer in held} == {HELD_OUT}


def test_without_the_key_nobody_foretells_an_arm():
    other = plums(key=b"another sixteen bytes")
    agreeing = sum(arm_of(viewer, plums()) == arm_of(viewer, other) for viewer in range(4_000))
    # Arms agree cell by cell by chance, and people move between cells: half, deviation 32.
    assert 1_800 < agreeing < 2_200


@given(cells=st.integers(6, 60), name=st.text(max_size=8))
def test_arms_differ_by_one_cell_at_most(cells, name):
    arms = arms_of_cells(plums(name=name, cells=cells, arms=("none", "boost", "banner")))
    counts = np.bincount(arms, minlength=3)
    assert counts.sum() == cells
    assert counts.max() - counts.min() <= 1


@given(budget=st.integers(0, 1_000_000), cells=st.integers(4, 40))
def test_slices_are_equal_and_lose_nothing(budget, cells):
    slices = slices_of(budget, plums(cells=cells))
    assert slices.sum() == budget
    assert slices.max() - slices.min() <= 1


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"key": b"short"}, "16 to 64 bytes"),
        ({"arms": ("one",)}, "at least two arms"),
        ({"arms": ("same", "same")}, "at least two arms"),
        ({"cells": 3}, "two cells"),
        ({"held_out_ratio": 1.0}, "held out"),
        ({"held_out_ratio": float("nan")}, "held out"),
    ],
)
def test_an_experiment_that_could_tell_nothing_is_not_registered(changes, why):
    with pytest.raises(ValueError, match=why):
        plums(**changes)


def test_fifty_exposures_are_shared_out_by_weight():
    assert share_out(50, np.array([3.0, 2, 1])).tolist() == [25, 17, 8]
    assert share_out(5, np.array([0.0, 0])).tolist() == [3, 2]


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
