"""An effect must be earned, and every effect finds its way."""

import numpy as np
import pytest

from shanhuo.traffic.learning.effects import NOBODY, Effects, Term, fit, key_of

POST, AUTHOR = Term(("post",), 4.0), Term(("author",), 4.0)


def columns(**named: list[int]) -> dict[str, np.ndarray]:
    return {name: np.array(values, np.int64) for name, values in named.items()}


def chance(effects: Effects, **named: list[int]) -> list[float]:
    return (1 / (1 + np.exp(-effects.log_odds(columns(**named))))).tolist()


def test_a_post_watched_often_is_expected_to_be_watched_and_a_new_one_like_the_average():
    post = [1] * 400 + [2] * 400
    watched = np.arange(800) % 4 < np.repeat([3, 1], 400)  # three of four, one of four
    effects = fit([POST], columns(post=post), watched)
    assert chance(effects, post=[1, 2, 3]) == pytest.approx([0.74, 0.26, 0.5], abs=0.01)


def test_one_exposure_says_almost_nothing():
    post, watched = [1] * 100 + [2], np.append(np.arange(100) % 2 > 0, True)
    effects = fit([Term(("post",), 20.0)], columns(post=post), watched)
    assert chance(effects, post=[2])[0] == pytest.approx(0.51, abs=0.01)


def test_a_new_post_has_the_effect_of_its_author():
    author, post = [7] * 200 + [8] * 200, list(range(1, 401))
    watched = np.array(author) == 7
    effects = fit([POST, AUTHOR], columns(post=post, author=author), watched)
    liked, unliked = chance(effects, post=[999, 999], author=[7, 8])
    assert liked > 0.9
    assert unliked < 0.1


def test_what_is_not_known_teaches_nothing_and_gets_nothing():
    watched = np.array([True] * 50 + [False] * 50)
    viewer = [NOBODY] * 100
    effects = fit([Term(("viewer",), 1.0)], columns(viewer=viewer), watched)
    assert len(effects.fitted[0].keys) == 0
    assert chance(effects, viewer=[NOBODY, 5]) == pytest.approx([0.5, 0.5])


def test_a_crossed_term_is_about_the_pair_and_not_about_its_parts():
    mei_likes = columns(viewer=[1, 1, 2, 2] * 100, topic=[1, 2, 1, 2] * 100)
    watched = np.array([True, False, False, True] * 100)
    effects = fit([Term(("viewer", "topic"), 1.0)], mei_likes, watched)
    found = chance(effects, viewer=[1, 1, 2, 2], topic=[1, 2, 1, 2])
    assert [one > 0.9 for one in found] == [True, False, False, True]


def test_the_same_log_gives_the_same_effects_to_the_last_bit():
    random = np.random.default_rng(5)
    seen = columns(post=random.integers(1, 50, 999).tolist())
    watched = random.random(999) < 0.3
    one, other = fit([POST], seen, watched), fit([POST], seen, watched)
    assert one.intercept == other.intercept
    assert one.fitted[0].values.tobytes() == other.fitted[0].values.tobytes()


def test_an_outcome_that_never_happened_is_unlikely_and_not_impossible():
    effects = fit([POST], columns(post=[1] * 30), np.zeros(30, bool))
    assert 0 < chance(effects, post=[1])[0] < 0.05


def test_pairs_have_keys_of_their_own():
    first, second = np.divmod(np.arange(1, 90_001), 300)
    keys = key_of(Term(("a", "b"), 1.0), {"a": first + 1, "b": second + 1})
    assert len(np.unique(keys)) == 90_000
