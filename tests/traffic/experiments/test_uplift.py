import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shanhuo.traffic.experiments.uplift import (
    corrected_gain,
    doubly_robust,
    logistic,
    qini,
    ridge,
    s_learner,
    t_learner,
)

PEOPLE = 8_000


@pytest.fixture(scope="module")
def trial():
    """The first feature says who can be moved, the second who comes anyway."""
    rng = np.random.default_rng(3)
    features = rng.normal(size=(PEOPLE, 4))
    treated = (rng.random(PEOPLE) < 0.5).astype(float)
    chance = 0.2 + 0.1 * (features[:, 1] > 0) + 0.3 * treated * (features[:, 0] > 0)
    return features, (rng.random(PEOPLE) < chance).astype(float), treated


LEARNERS = {
    "s": lambda *rows: s_learner(*rows, strength=10),
    "t": lambda *rows: t_learner(*rows, strength=10),
    "dr": lambda *rows: doubly_robust(*rows, chance=0.5, strength=10, final_strength=10),
}


@pytest.mark.parametrize("name", LEARNERS)
def test_who_can_be_moved_is_found(trial, name):
    features, outcome, treated = trial
    half = PEOPLE // 2
    gain = LEARNERS[name](features[:half], outcome[:half], treated[:half])
    judged = qini(gain(features[half:]), outcome[half:], treated[half:])
    # The best order gains 0.15 from half of the people: a triangle of 0.0375. By lot 0 ± 0.004.
    assert 0.025 < judged < 0.045


def test_who_comes_anyway_is_not_who_is_moved(trial):
    features, outcome, treated = trial
    assert abs(qini(features[:, 1], outcome, treated)) < 0.009
    assert qini(-features[:, 0], outcome, treated) < -0.025


def test_the_corrected_gain_is_right_on_average_whatever_the_models_say(trial):
    _, outcome, treated = trial
    nonsense = np.full(PEOPLE, 0.9)
    gain = corrected_gain(nonsense, 1 - nonsense, outcome, treated, 0.5)
    # True mean 0.15; each person's gain deviates by 2 at most, over √8,000 rows: four deviations.
    assert gain.mean() == pytest.approx(0.15, abs=0.09)
    told = outcome[treated > 0].mean() - outcome[treated <= 0].mean()
    assert told == pytest.approx(0.15, abs=0.045)


def test_a_qini_by_hand():
    gain = np.array([2.0, 2, 1, 1])
    treated, outcome = np.array([1.0, 0, 1, 0]), np.array([1.0, 0, 0, 0])
    # Half of the people: gain 1 each, 0.5 a head; everybody: 0.5 a head. By lot: 0, .25, .5.
    assert qini(gain, outcome, treated) == pytest.approx(0.125)
    assert qini(np.zeros(4), outcome, treated) == 0


@given(seed=st.integers(0, 999))
def test_the_order_of_rows_and_the_unit_of_the_gain_do_not_matter(seed):
    rng = np.random.default_rng(seed)
    gain, outcome = rng.integers(0, 5, 60).astype(float), rng.random(60)
    treated, other = np.tile([0.0, 1], 30), rng.permutation(60)
    area = qini(gain, outcome, treated)
    assert qini(gain[other], outcome[other], treated[other]) == pytest.approx(area)
    assert qini(3 * gain - 7, outcome, treated) == pytest.approx(area)


def test_ridge_is_least_squares_without_a_pull_and_the_mean_with_an_endless_one():
    features = np.array([[1.0], [2], [3], [6]])
    line = ridge(features, 2 * features[:, 0] + 1, strength=0)
    assert line(np.array([[10.0]])).tolist() == pytest.approx([21])
    flat = ridge(features, 2 * features[:, 0] + 1, strength=1e12)
    assert flat(np.array([[10.0]])).tolist() == pytest.approx([7])


def test_logistic_foretells_shares():
    features = np.repeat([[0.0], [1.0]], 10, axis=0)
    outcome = np.array([1.0] * 2 + [0] * 8 + [1] * 7 + [0] * 3)
    model = logistic(features, outcome, strength=0)
    assert model(np.array([[0.0], [1.0]])).tolist() == pytest.approx([0.2, 0.7])


def test_everybody_visiting_breaks_nothing():
    features, outcome = np.arange(10.0)[:, None], np.ones(10)
    assert (logistic(features, outcome, strength=1)(features) > 0.99).all()
