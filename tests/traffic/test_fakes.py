"""Seeded attacks against the published rules; bench track A1 scores the same crowd."""

import pytest

from bench import _crowd as crowd
from bench import a1
from bench._crowd import Who

HONEST, STRENGTH = 300, 1
CLAIMED = [kind for kind in crowd.ATTACKS if kind is not Who.PATIENT]


@pytest.fixture(scope="module")
def found() -> a1.Found:
    return a1.judged(300, HONEST, STRENGTH)


@pytest.mark.parametrize("kind", CLAIMED)
def test_attack_34_made_views_are_found(found: a1.Found, kind: Who) -> None:
    assert found.recall(kind) >= 0.9


def test_attack_34_honest_viewers_are_believed(found: a1.Found) -> None:
    assert found.precision >= 0.99


def test_people_paid_to_behave_like_people_are_not_found(found: a1.Found) -> None:
    """What the rules do not promise, so that nobody reads it into them."""
    assert found.recall(Who.PATIENT) < 0.1
