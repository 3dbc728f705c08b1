import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shanhuo.traffic.experiments.estimates import (
    detectable,
    difference,
    levels_of_looks,
    t_quantile,
)

ARM = np.tile([0.0, 1.0], 10)


@pytest.mark.parametrize(
    ("chance", "freedom", "printed"),
    [
        (0.975, 1, 12.7062),
        (0.975, 2, 4.30265),
        (0.975, 18, 2.10092),
        (0.995, 4, 4.60409),
        (0.9, 30, 1.31042),
        (0.975, 1e6, 1.95997),
        (0.5, 7, 0.0),
    ],
)
def test_students_t_is_that_of_the_tables(chance, freedom, printed):
    assert t_quantile(chance, freedom) == pytest.approx(printed, rel=1e-5, abs=1e-9)
    assert t_quantile(1 - chance, freedom) == pytest.approx(-printed, rel=1e-5, abs=1e-9)


def test_four_counties_by_hand():
    told = difference(np.array([1.0, 3, 5, 9]), np.array([0.0, 0, 1, 1]))
    # Means 2 and 7; variances 2 and 8 over two rows each: error √(1 + 4).
    assert told.effect == pytest.approx(5)
    assert told.error == pytest.approx(math.sqrt(5))
    assert told.freedom == pytest.approx(2)
    assert told.high - told.effect == pytest.approx(4.30265 * math.sqrt(5), rel=1e-5)


@given(shift=st.floats(-5, 5), scale=st.floats(0.1, 10), seed=st.integers(0, 999))
def test_another_unit_is_another_unit_and_nothing_else(shift, scale, seed):
    rng = np.random.default_rng(seed)
    outcome, before = rng.normal(size=(2, 20))
    plain = difference(outcome, ARM, before=before)
    moved = difference(shift + scale * outcome, ARM, before=3 - 2 * before)
    assert moved.effect == pytest.approx(scale * plain.effect, abs=1e-9)
    assert moved.error == pytest.approx(scale * plain.error)
    assert moved.freedom == pytest.approx(plain.freedom)


def test_what_the_days_before_foretell_does_not_widen_the_bounds():
    before = np.arange(20.0) ** 2
    outcome = before + 4 * ARM + np.random.default_rng(5).normal(size=20) / 10
    with_it, without = difference(outcome, ARM, before=before), difference(outcome, ARM)
    assert with_it.effect == pytest.approx(4, abs=0.2)
    assert with_it.error < without.error / 100


@pytest.mark.parametrize("adjusts", [False, True])
def test_intervals_of_unlike_arms_hold_as_often_as_they_say(adjusts):
    rng = np.random.default_rng(11)
    held = []
    for _ in range(2_000):
        before = rng.gamma(4, size=20)
        outcome = before + 0.5 * ARM + rng.normal(size=20) * (1 + ARM)
        told = difference(outcome, ARM, before=before if adjusts else None)
        held.append(told.holds(0.5))
    # Deviation 0.5 points at 95 %; four of them.
    assert 0.93 < np.mean(held) < 0.97


def test_a_trial_finds_the_detectable_effect_four_times_in_five():
    rng, effect = np.random.default_rng(12), detectable(2.0, rows_per_arm=10)
    found = [difference(2 * rng.normal(size=20) + effect * ARM, ARM).low > 0 for _ in range(2_000)]
    # Deviation 0.9 points; the sum of two quantiles is itself within a point.
    assert 0.76 < np.mean(found) < 0.84


def test_looks_spend_the_error_once_and_mostly_at_the_end():
    levels = levels_of_looks(np.array([0.25, 0.5, 0.75, 1]))
    assert (1 - levels).sum() == pytest.approx(0.05)
    assert (np.diff(levels) < 0).all()
    assert levels_of_looks(np.array([1.0])).tolist() == pytest.approx([0.95])


def test_four_looks_at_a_crowd_that_stays_the_same_hold_together():
    rng, levels = np.random.default_rng(13), levels_of_looks(np.arange(1, 5) / 4)
    together, peeking = [], []
    for _ in range(1_000):
        crowd = rng.normal(size=20)
        days = np.cumsum(crowd + rng.normal(size=(4, 20)), axis=0)
        looks = [difference(days[k] / (k + 1), ARM) for k in range(4)]
        held = [one.at(level).holds(0) for one, level in zip(looks, levels, strict=True)]
        together.append(all(held))
        peeking.append(all(one.holds(0) for one in looks))
    # Deviation 0.7 points; never below 95 % but for chance. Peeking at 95 % is what it replaces.
    assert np.mean(together) > 0.93
    assert np.mean(peeking) < np.mean(together) - 0.02


def test_one_row_in_an_arm_says_nothing():
    with pytest.raises(ValueError, match="two rows"):
        difference(np.arange(4.0), np.array([0.0, 0, 0, 1]))
