"""Partners are what the same people watched; demand is what they watch now."""

import numpy as np
import pytest

from shanhuo.traffic.learning.neighbours import Watches, learn

THINGS = 40


def watches_of(lists: list[list[int]], *, age: dict[int, float] | None = None) -> Watches:
    """One list of watched things per viewer."""
    pairs = np.array([(viewer, thing) for viewer, one in enumerate(lists) for thing in one])
    ages = np.array([(age or {}).get(thing, 1.0) for thing in pairs[:, 1]])
    return Watches(pairs[:, 0], pairs[:, 1], ages, np.ones(len(pairs), bool))


def two_villages() -> list[list[int]]:
    """Thirty people watch plums (0–19), thirty watch tea (20–39), ten things each."""
    random = np.random.default_rng(7)
    halves = (range(20), range(20, THINGS))
    return [random.choice(half, 10, replace=False).tolist() for half in halves for _ in range(30)]


def test_who_watches_plums_is_offered_plums():
    model = learn(watches_of(two_villages()), things=THINGS)
    best = np.argsort(-model.scores(np.array([0, 1, 2])))[:15]
    assert set(best.tolist()) <= set(range(20))


def test_nothing_is_its_own_partner():
    model = learn(watches_of(two_villages()), things=THINGS, partners=5)
    assert all(thing not in model.partners[thing] for thing in range(THINGS))


def test_of_two_equal_partners_the_one_watched_lately_comes_first():
    lists = [[0, 1, 2]] * 50
    model = learn(watches_of(lists, age={1: 20.0, 2: 0.5}), things=3)
    scores = model.scores(np.array([0]))
    assert scores[2] > scores[1] > 0


def test_what_nobody_watched_has_no_partners_that_count():
    model = learn(watches_of([[0, 1]] * 9), things=3)
    assert model.scores(np.array([2])) == pytest.approx([0.0, 0.0, 0.0], abs=1e-6)


def test_the_same_watches_give_the_same_partners():
    one, other = (learn(watches_of(two_villages()), things=THINGS) for _ in range(2))
    assert one.nearness.tobytes() == other.nearness.tobytes()
