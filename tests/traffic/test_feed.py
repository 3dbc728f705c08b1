"""Every rule of a list holds for any platform, any viewer, any luck."""

from collections import Counter
from dataclasses import replace
from itertools import pairwise
from random import Random

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from shanhuo.traffic import moments
from shanhuo.traffic.board import Board, build
from shanhuo.traffic.catalogue import Card, Catalogue
from shanhuo.traffic.counters import Counters
from shanhuo.traffic.feed import Feed, Shown, allowed_rows, seal_list
from shanhuo.traffic.kinds import FLOORS, Flags, Kind, ObjectKind, Source, Surface
from shanhuo.traffic.memory import Memory
from shanhuo.traffic.ranking import NoGrants
from shanhuo.traffic.records import RECORD
from shanhuo.traffic.sheets import unseal
from shanhuo.traffic.slate import Rules, without_floors
from shanhuo.traffic.viewers import Viewer
from tests.traffic.conftest import NOON_MS

NOON = moments.from_ms(NOON_MS)
MEI = Viewer(11)


def card(post_id: int, **differently: object) -> Card:
    plain = Card(
        post_id=post_id,
        author_id=post_id,
        county=500237,
        product_id=0,
        topics=(),
        season_mask=0,
        published_ms=NOON_MS - 1_000,
        priority=False,
        body=b'"id":"%d"' % post_id,
    )
    return replace(plain, **differently)


def board_of(*cards: Card, counters: Counters | None = None) -> Board:
    catalogue = Catalogue()
    catalogue.put(cards)
    bodies = [one.body for one in cards]
    return build(catalogue, counters or Counters(), bodies, {}, now=NOON)


def feed(seed: int = 1, *, explore: float = 0.0, rules: Rules | None = None) -> Feed:
    return Feed(random=Random(seed), explore=explore, rules=rules or Rules())


def posts(board: Board, shown: list[Shown]) -> list[int]:
    return [board.posts[one.row] for one in shown]


cards = st.lists(
    st.builds(
        card,
        post_id=st.sampled_from([1, 1, 1, -1]),
        author_id=st.integers(1, 12),
        county=st.sampled_from([500237, 500238, 330102, 440103]),
        product_id=st.integers(0, 3),
        topics=st.sampled_from([(), ("脆李",), ("脆李", "采摘")]),
        season_mask=st.integers(0, 0xFFF),
        priority=st.booleans(),
    ),
    max_size=80,
).map(lambda some: [replace(one, post_id=one.post_id * at) for at, one in enumerate(some, 1)])
"""Clips, and live sessions with numbers below zero."""

rows = st.lists(st.integers(0, 79), max_size=40)


@st.composite
def situations(draw: st.DrawFn) -> tuple[Board, Viewer, Memory, Feed]:
    """A platform, a viewer with a past, and an engine with its luck."""
    some = draw(cards)
    counters = Counters()
    shown = np.zeros(draw(st.integers(0, 500)), RECORD)
    shown["object"] = draw(st.integers(1, 80))
    shown["object_kind"], shown["kind"], shown["at_ms"] = 1, Kind.EXPOSURE, NOON_MS
    counters.add(shown)
    memory = Memory()
    memory.seen.add(row for row in draw(rows) if row < len(some))
    memory.hidden.update(row for row in draw(rows) if row < len(some))
    memory.follows.update(draw(st.sets(st.integers(1, 12), max_size=3)))
    for row in draw(rows):
        if row < len(some):
            one = some[row]
            memory.learn(Kind.LIKE, row, one, at_ms=NOON_MS)
    flags = draw(st.sampled_from([0, Flags.NOT_PERSONAL, Flags.YOUTH, Flags.SIGNED_IN]))
    viewer = Viewer(11, flags, draw(st.sampled_from([0, 500237])))
    engine = feed(draw(st.integers()), explore=draw(st.sampled_from([0.0, 0.015, 0.5])))
    return board_of(*some, counters=counters), viewer, memory, engine


class Ahead(NoGrants):
    """Offers rows that the board does not know yet, as for a moment in every step."""

    def offers(self):
        return np.array([0, 2, 7], np.int32)

    def watched(self):
        return np.array([1, 3], np.int32)


def test_a_grant_may_know_a_clip_before_the_board_does():
    engine = feed()
    engine.pricing = Ahead()
    board = board_of(card(1), card(2))
    assert sorted(posts(board, engine.list_for(board, MEI, Memory()))) == [1, 2]


@given(situations())
def test_the_author_cap_and_once_in_a_list_hold_always(situation):
    board, viewer, memory, engine = situation
    shown = engine.list_for(board, viewer, memory)
    assert max(Counter(board.marks[one.row].author for one in shown).values(), default=0) <= 2
    assert len({one.row for one in shown}) == len(shown) <= 10


@given(situations())
def test_nothing_hidden_or_withdrawn_is_shown_and_nothing_seen_while_there_is_something_new(
    situation,
):
    board, viewer, memory, engine = situation
    shown = engine.list_for(board, viewer, memory)
    assert all(board.shown[one.row] and one.row not in memory.hidden for one in shown)
    allowed = allowed_rows(board, viewer, memory)
    again = [one for one in shown if not allowed[one.row]]
    assert {one.source for one in again} <= {Source.AGAIN}
    if again:
        in_list = {one.row for one in shown}
        full = {author for author, count in authors_of(board, shown).items() if count >= 2}
        left = [row for row in np.flatnonzero(allowed) if row not in in_list]
        marks = [board.marks[row] for row in left]
        live_is_full = sum(board.marks[row].live for row in in_list) >= 2
        assert all(mark.author in full or (mark.live and live_is_full) for mark in marks)


def authors_of(board: Board, shown: list[Shown]) -> Counter[int]:
    return Counter(board.marks[one.row].author for one in shown)


@given(situations())
def test_youth_mode_shows_nothing_that_sells(situation):
    board, viewer, memory, engine = situation
    young = replace(viewer, flags=viewer.flags | Flags.YOUTH)
    shown = engine.list_for(board, young, memory)
    assert all(board.marks[one.row].product == 0 for one in shown)


@given(situations())
def test_with_personalisation_off_the_list_does_not_depend_on_what_the_viewer_likes(situation):
    board, viewer, memory, engine = situation
    impersonal = replace(viewer, flags=Flags.NOT_PERSONAL)
    forgetful = Memory(seen=memory.seen, served=memory.served, hidden=memory.hidden)
    luck = engine.random.getstate()
    one = engine.list_for(board, impersonal, memory)
    engine.random.setstate(luck)
    assert one == engine.list_for(board, impersonal, forgetful)
    personal = {Source.FOLLOWED, Source.TOPIC, Source.TOGETHER}
    assert not personal & {shown.source for shown in one}


@given(situations())
def test_the_floors_hold_whenever_they_can_be_met(situation):
    board, viewer, memory, engine = situation
    engine.explore = 0.0
    shown = engine.list_for(board, viewer, memory)
    allowed = allowed_rows(board, viewer, memory)
    if len(shown) < 10 or any(one.source == Source.AGAIN for one in shown):
        return
    from_priority = {
        board.marks[row].author for row in np.flatnonzero(allowed) if board.marks[row].priority
    }
    # As many authors as the floor asks for suffice: then no author cap stands in the way.
    if len(from_priority) >= 6:
        assert sum(board.marks[one.row].priority for one in shown) >= 3
    newcomers = {
        board.marks[row].author for row in np.flatnonzero(allowed) if board.marks[row].newcomer
    }
    if len(newcomers) >= 6:
        assert any(board.marks[one.row].newcomer for one in shown)


@given(situations())
def test_every_slot_says_where_it_came_from_and_with_which_chance(situation):
    board, viewer, memory, engine = situation
    shown = engine.list_for(board, viewer, memory)
    assert all(0 < one.propensity <= 1 for one in shown)
    assert all(one.source in set(Source) and one.grant == 0 and one.price == 0 for one in shown)


@given(situations())
def test_what_a_floor_brought_in_says_so_and_nothing_else_does(situation):
    """Beside the same list, of the same luck, that is made without any floor."""
    board, viewer, memory, engine = situation
    luck = engine.random.getstate()
    shown = engine.list_for(board, viewer, memory)
    engine.random.setstate(luck)
    engine.rules = without_floors(engine.rules)
    plain = {one.row for one in engine.list_for(board, viewer, memory)}
    assert all(one.row not in plain for one in shown if one.source in FLOORS)
    for one in shown:
        mark = board.marks[one.row]
        served_by = {
            Source.COUNTY_FLOOR: mark.priority,
            Source.NEWCOMER_FLOOR: mark.newcomer,
            Source.LIVE_FLOOR: mark.live,
        }
        assert served_by.get(one.source, True)
        if one.row not in plain and one.source not in (*FLOORS, Source.AGAIN):
            assert not mark.priority, "only what serves no floor moves up with what does"


def test_variety_holds_while_there_is_a_choice():
    many = [card(n, county=500237 if n <= 20 else 600000 + n, product_id=9) for n in range(1, 21)]
    others = [card(n, county=600000 + n) for n in range(21, 41)]
    board = board_of(*many, *others)
    shown = feed().list_for(board, MEI, Memory())
    counties = Counter(board.marks[one.row].county for one in shown)
    assert counties[500237] <= 2  # three of a county, but two of a product
    assert len(shown) == 10


def test_no_author_stands_twice_in_a_row():
    board = board_of(*(card(n, author_id=n % 5) for n in range(50)))
    shown = feed().list_for(board, MEI, Memory())
    authors = [board.marks[one.row].author for one in shown]
    assert all(one != other for one, other in pairwise(authors))


def test_an_author_hidden_twice_does_not_come_back():
    board = board_of(*(card(n, author_id=n % 2) for n in range(20)))
    memory = Memory()
    memory.hide(1, 1)
    memory.hide(3, 1)
    for _ in range(8):
        shown = feed().list_for(board, MEI, memory)
        assert {board.marks[one.row].author for one in shown} == {0}
        memory.served.add(one.row for one in shown)


def test_an_empty_platform_has_an_empty_list():
    board = board_of()
    assert (board.stage, feed().list_for(board, MEI, Memory())) == ("empty", [])


def test_a_follower_sees_who_they_follow_first():
    board = board_of(*(card(n) for n in range(1, 60)))
    memory = Memory(follows={42})
    first = feed().list_for(board, MEI, memory)[0]
    assert (board.marks[first.row].author, first.source) == (42, Source.FOLLOWED)


def test_the_chosen_county_is_preferred_even_without_a_past():
    board = board_of(*(card(n, county=600000 + n) for n in range(1, 60)), card(60))
    first = feed().list_for(board, Viewer(11, county=500237), Memory())[0]
    assert (board.posts[first.row], first.source) == (60, Source.PLACE)


def test_what_is_well_received_comes_before_what_is_not():
    counters = Counters()
    board = board_of(*(card(n) for n in range(1, 4)), counters=liked(counters, post=3))
    assert posts(board, feed().list_for(board, MEI, Memory()))[0] == 3


def liked(counters: Counters, *, post: int) -> Counters:
    records = np.zeros(20, RECORD)
    records["object"], records["object_kind"] = post, ObjectKind.POST
    records["kind"][:10], records["kind"][10:] = Kind.EXPOSURE, Kind.LIKE
    records["at_ms"] = NOON_MS
    counters.add(records)
    return counters


def test_a_clip_that_nobody_saw_stands_third_however_well_others_are_liked():
    counters = Counters()
    for post in range(1, 21):
        liked(counters, post=post)
    board = board_of(*map(card, range(1, 22)), counters=counters)
    shown = feed().list_for(board, MEI, Memory())
    assert posts(board, shown)[2] == 21
    assert shown[2].source == Source.NEWCOMER_FLOOR


def test_chance_fills_its_share_of_the_slots_and_says_so():
    board = board_of(*(card(n, author_id=n) for n in range(200)))
    engine = feed(explore=0.2)
    shown = [one for _ in range(200) for one in engine.list_for(board, MEI, Memory())]
    by_chance = [one for one in shown if one.source == Source.RANDOM]
    assert 0.15 < len(by_chance) / len(shown) < 0.25
    assert {one.propensity for one in by_chance} == {0.2 / 200}
    assert len({one.row for one in by_chance}) > 100


def test_the_sheet_says_what_the_list_said():
    board = board_of(*(card(n) for n in range(1, 30)))
    viewer = Viewer(11, Flags.SIGNED_IN)
    shown = feed().list_for(board, viewer, Memory())
    _, token = seal_list(shown, board, viewer, policy=7, now_ms=NOON_MS)
    sheet = unseal(token)
    assert (sheet.viewer, sheet.surface, sheet.flags) == (11, Surface.FEED, Flags.SIGNED_IN)
    assert sheet.slots["object"].tolist() == posts(board, shown)
    assert sheet.slots["source"].tolist() == [one.source for one in shown]
    assert set(sheet.slots["policy"].tolist()) == {7}


class Fixed(NoGrants):
    """Every third row is under a contract of its own, at one price."""

    def __init__(self, rows: int, price: float) -> None:
        self._numbers = np.where(np.arange(rows) % 3 == 0, np.arange(rows) + 1, 0).astype("u4")
        self._price = price

    def offers(self):
        return np.flatnonzero(self._numbers).astype(np.int32)

    def prices(self, candidates, viewer):
        # As a tariff: who pays nothing is named nowhere.
        numbers = self._numbers[candidates.rows] * np.uint32(self._price > 0)
        return (numbers > 0).astype("f4") * np.float32(self._price), numbers


@given(cards, st.integers(1, 9), st.sampled_from([0.0, 0.1, 0.5, 5.0]))
def test_only_what_the_same_list_would_not_hold_is_charged_to_a_grant(cards, seed, price):
    board = board_of(*cards)
    with_grants = Feed(random=Random(seed), explore=0.2, pricing=Fixed(len(cards), price))
    without = Feed(random=Random(seed), explore=0.2)
    shown = with_grants.list_for(board, MEI, Memory(), length=4)
    plain = {one.row for one in without.list_for(board, MEI, Memory(), length=4)}
    for one in shown:
        assert (one.grant > 0) == (one.source == Source.GRANT)
        if one.grant:
            assert (one.grant, one.row in plain) == (one.row + 1, False)
            assert one.price > 0
        else:
            assert one.price == 0
    if price == 0.0:
        # Of clips of equal worth another may stand there, but nobody pays for it.
        assert {one.grant for one in shown} <= {0}


@given(cards, st.integers(0, 5), st.integers(1, 12))
def test_no_price_buys_more_places_than_the_rules_leave_to_support(cards, most, length):
    board = board_of(*cards)
    engine = feed(explore=0.2, rules=Rules(supported=most))
    engine.pricing = Fixed(len(cards), 99.0)
    shown = engine.list_for(board, MEI, Memory(), length=length)
    allowed = 0 if most == 0 else max(1, most * length // 10)
    assert sum(one.grant > 0 for one in shown) <= allowed


def test_support_gets_exactly_its_three_places_when_everybody_bids():
    board = board_of(*(card(n, author_id=n, county=500_000 + n) for n in range(1, 61)))
    engine = feed()
    engine.pricing = Fixed(60, 99.0)
    shown = engine.list_for(board, MEI, Memory())
    assert (len(shown), sum(one.grant > 0 for one in shown)) == (10, 3)


def test_for_one_viewer_in_31_a_list_says_what_its_floors_gave_up():
    """Twelve clips that everybody likes, and three of poor counties that nobody saw: the county
    floor brings these in, and each keeps out one of the best."""
    liked = [card(number) for number in range(1, 13)]
    poor = [card(number, priority=True) for number in range(21, 24)]
    counters = Counters()
    records = np.zeros(24, RECORD)
    records["object"] = np.repeat(np.arange(1, 13), 2)
    records["kind"][::2], records["kind"][1::2] = Kind.EXPOSURE, Kind.FINISH
    records["object_kind"], records["at_ms"] = ObjectKind.POST, NOON_MS
    counters.add(records)
    board, rules = board_of(*liked, *poor, counters=counters), Rules(from_newcomers=0)
    weighed = feed(rules=rules).list_for(board, Viewer(62), Memory())
    plain = feed(rules=rules).list_for(board, Viewer(64), Memory())
    assert posts(board, weighed) == posts(board, plain)
    by_floor = {one for one in posts(board, weighed) if one > 20}
    assert len(by_floor) == 3
    assert {board.posts[one.row] for one in weighed if one.price > 0} == by_floor
    assert {one.price for one in plain} == {0.0}
    assert {one.grant for one in weighed} == {0}
