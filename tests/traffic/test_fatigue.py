"""What is offered again and again and never watched is worth less; skipped twice, it is gone."""

import numpy as np
import pytest

from shanhuo.traffic.candidates import Candidates, Share
from shanhuo.traffic.fatigue import tired_of
from shanhuo.traffic.kinds import Flags, Kind, Source
from shanhuo.traffic.memory import Memory
from shanhuo.traffic.viewers import Viewer
from shanhuo.traffic.weighing import weigh
from tests.traffic.conftest import NOON_MS
from tests.traffic.test_feed import MEI, board_of, card, feed, posts

PRIVATE = Viewer(11, Flags.NOT_PERSONAL)


def see(memory: Memory, *rows: int, may_learn: bool = True) -> None:
    memory.see(np.array(rows, np.int32), np.full(len(rows), may_learn))


@pytest.fixture
def board():
    """Rows 0–4 are of one author, 5–6 of one topic, 7–8 of one product, 9–10 of nobody in
    particular."""
    of_author = [card(number, author_id=50) for number in range(1, 6)]
    of_topic = [card(number, topics=("脆李",)) for number in (6, 7)]
    of_product = [card(number, product_id=3) for number in (8, 9)]
    return board_of(*of_author, *of_topic, *of_product, card(10), card(11))


def worth(board, memory, viewer=MEI):
    candidates = Candidates.of([Share(Source.TRENDING, np.arange(11, dtype=np.int32), 1.0)])
    values = np.ones(11, np.float32)
    weigh(values, candidates, viewer, memory, board)
    return [round(float(value), 3) for value in values]


def test_two_are_forgiven_and_the_third_unwatched_tires(board):
    memory = Memory()
    see(memory, 0, 1)
    assert worth(board, memory) == [1.0] * 11
    see(memory, 2)
    assert worth(board, memory) == [0.7] * 5 + [1.0] * 6
    see(memory, 3)
    assert worth(board, memory) == [0.49] * 5 + [1.0] * 6
    assert worth(board, memory, PRIVATE) == [1.0] * 11


def test_fatigue_has_a_floor_and_is_forgiven_after_thirty_others(board):
    memory = Memory()
    see(memory, *[5, 6] * 10)
    assert worth(board, memory)[5:7] == [0.2, 0.2]
    see(memory, *[9] * 30)
    assert tired_of(memory, board) == {"author": [(10, 0.2)], "topic": [], "product": []}


def test_products_tire_too(board):
    memory = Memory()
    see(memory, 7, 8, 7)
    assert worth(board, memory)[7:9] == [0.7, 0.7]


def test_one_that_is_watched_ends_it(board):
    memory = Memory()
    see(memory, 0, 1, 2, 3)
    memory.watch(2)
    assert worth(board, memory) == [1.0] * 11
    memory = Memory()
    see(memory, 0, 1, 2, 3)
    memory.learn(Kind.LIKE, 3, board.cards[3], at_ms=NOON_MS)
    assert worth(board, memory) == [1.0] * 11


def test_nothing_is_held_against_what_was_shown_with_personalisation_off(board):
    memory = Memory()
    see(memory, 0, 1, 2, 3, 0, 0, may_learn=False)
    assert (worth(board, memory), memory.skipped) == ([1.0] * 11, set())


def test_a_list_puts_what_tires_behind_what_does_not():
    board = board_of(
        card(1, author_id=50, published_ms=NOON_MS),
        card(2, author_id=60, published_ms=NOON_MS - 3_600_000),
        *(card(number, author_id=50, published_ms=NOON_MS - 7_200_000) for number in (3, 4, 5)),
    )
    memory = Memory()
    engine = feed()
    assert posts(board, engine.list_for(board, MEI, memory, length=2)) == [1, 2]
    see(memory, 2, 3, 4)
    assert posts(board, engine.list_for(board, MEI, memory, length=2)) == [2, 1]
    assert posts(board, engine.list_for(board, PRIVATE, memory, length=2)) == [1, 2]


def test_a_clip_skipped_twice_does_not_come_back_and_one_that_was_watched_does():
    board = board_of(card(1), card(2), card(3))
    memory = Memory()
    see(memory, 0, 1, 2)
    memory.watch(1)
    see(memory, 2, 1)
    engine = feed()
    assert memory.skipped == {2}
    assert posts(board, engine.list_for(board, MEI, memory)) == [1, 2]
    assert posts(board, engine.list_for(board, PRIVATE, memory)) == [1, 2, 3]


def test_after_a_restart_all_at_once_is_the_same(board):
    memory = Memory()
    see(memory, 0, 1, 0, 2, 1)
    memory.watch(1)
    assert memory.skipped == {0}
