"""Columns, orders and groups say what plain dictionaries and sorting would say."""

from datetime import timedelta

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from shanhuo.traffic import board as boards
from shanhuo.traffic.bodies import Bodies
from shanhuo.traffic.catalogue import Catalogue
from shanhuo.traffic.counters import HALF_LIFE_MS, Counters
from shanhuo.traffic.groups import Groups, best_first
from shanhuo.traffic.kinds import Kind, ObjectKind, Surface
from shanhuo.traffic.numbers import Numbers
from shanhuo.traffic.records import RECORD, Records
from tests.traffic.conftest import NOON_MS
from tests.traffic.test_feed import NOON, card

keys = st.lists(st.integers(1, 2**31 - 1) | st.integers(1, 9), max_size=40)


@given(st.lists(keys, max_size=4))
def test_a_key_keeps_the_first_number_it_got(batches):
    numbers, expected = Numbers(), {}
    for batch in batches:
        given = numbers.add(np.array(batch, np.int64)).tolist()
        expected |= dict(zip(batch, given, strict=True))
    assert sorted(expected.values()) == list(range(len(expected))) == list(range(len(numbers)))
    assert {key: numbers.of_one(key) for key in expected} == expected
    assert numbers.of_one(2**40) == -1


@given(keys, st.integers(1, 5))
def test_groups_hold_the_first_rows_of_each_key_in_their_order(some, depth):
    rows = np.arange(len(some), dtype=np.int32)[::-1].copy()
    found = {key: part.tolist() for key, part in Groups(np.array(some), rows, depth=depth).items()}
    expected: dict[int, list[int]] = {}
    for key, row in zip(some, rows.tolist(), strict=True):
        expected.setdefault(key, []).append(row)
    assert found == {key: part[:depth] for key, part in expected.items()}
    assert Groups(np.array(some), rows, depth=depth).get(2**31) is None


@given(st.lists(st.floats(0, 1e6, width=32), max_size=40))
def test_the_highest_score_comes_first_and_of_equals_the_older_row(scores):
    score = np.array(scores, np.float32)
    rows = np.arange(len(scores), dtype=np.int32)
    assert best_first(score, rows).tolist() == sorted(
        rows.tolist(), key=lambda row: (-score[row], row)
    )


def exposures(post: int, count: int, *, at_ms: int = NOON_MS) -> Records:
    records = np.zeros(count, RECORD)
    records["object"], records["object_kind"], records["at_ms"] = post, ObjectKind.POST, at_ms
    records["kind"], records["surface"] = Kind.EXPOSURE, Surface.FEED
    return records


def test_what_was_counted_a_day_ago_is_worth_half_and_a_clock_put_back_makes_nothing_worth_more():
    counters = Counters()
    counters.add(exposures(1, 8))
    counters.add(exposures(2, 8, at_ms=NOON_MS + HALF_LIFE_MS))
    posts, day = np.array([1, 2, 3]), HALF_LIFE_MS
    for now_ms, worth in ((NOON_MS + day, [4, 8, 0]), (NOON_MS + 2 * day, [2, 4, 0])):
        _engagement, shown = counters.warmth(posts, now_ms=now_ms)
        assert shown.tolist() == worth
    before = counters.warmth(posts, now_ms=NOON_MS)[1]
    assert counters.warmth(posts, now_ms=NOON_MS - 3_600_000)[1].tolist() == before.tolist()


def test_counts_of_a_year_stay_exact():
    counters = Counters()
    for days in range(0, 360, 40):
        counters.add(exposures(1, 8, at_ms=NOON_MS + days * HALF_LIFE_MS))
    _engagement, shown = counters.warmth(np.array([1]), now_ms=NOON_MS + 320 * HALF_LIFE_MS)
    assert abs(shown[0] - 8) < 1e-6


def test_between_whole_boards_new_posts_come_first_and_withdrawn_ones_are_gone():
    catalogue, counters = Catalogue(), Counters()
    bodies = Bodies(catalogue, counters)
    catalogue.put(card(number) for number in range(1, 100))
    whole = boards.build(catalogue, counters, bodies, {}, now=NOON)
    later = NOON + timedelta(seconds=1)
    catalogue.put([card(100, topics=("脆李",), published_ms=NOON_MS)])
    catalogue.withdraw([7])
    counters.add(exposures(1, 200))
    fresh = boards.freshened(whole, catalogue, counters, bodies, {}, now=later)
    anew = boards.build(catalogue, counters, bodies, {}, now=later)
    assert fresh.posts[fresh.best_first[0]] == fresh.posts[fresh.fresh[0]] == 100
    assert fresh.fresh.tolist() == anew.fresh.tolist()
    assert fresh.shown.tolist() == anew.shown.tolist() == [*whole.shown.tolist(), True]
    assert [mark.newcomer for mark in map(fresh.marks.__getitem__, range(2))] == [False, True]
    assert fresh.score[99] == anew.score[99]


def test_a_card_put_together_from_the_columns_is_the_one_that_was_put_in():
    catalogue = Catalogue()
    some = [card(n, topics=("脆李", "采摘")[: n % 3], product_id=n % 2) for n in range(1, 9)]
    catalogue.put(some)
    edited = card(3, county=330102, body=b"new", topics=("杨梅",))
    catalogue.put([edited, edited])
    assert list(catalogue.cards) == [*some[:2], edited, *some[3:]]
    board = boards.build(catalogue, Counters(), Bodies(catalogue, Counters()), {}, now=NOON)
    assert {topic: len(rows) for topic, rows in board.of_topic.items()} == {
        "脆李": 6,
        "采摘": 3,
        "杨梅": 1,
    }
