"""What is watched beside what, from the log to the shelf to a list."""

from datetime import timedelta

import numpy as np
import pytest

from shanhuo.traffic import moments
from shanhuo.traffic.catalogue import Catalogue
from shanhuo.traffic.kinds import Flags, Kind, ObjectKind, Source, Surface
from shanhuo.traffic.learning import watching
from shanhuo.traffic.learning.neighbours import Neighbours
from shanhuo.traffic.learning.shelf import Beside, NeighbourShelf, Unreadable
from shanhuo.traffic.memory import Memory
from shanhuo.traffic.neighbouring import Neighbouring
from shanhuo.traffic.records import RECORD, Records
from shanhuo.traffic.viewers import Viewer
from shanhuo.traffic.wishes import About, Wishes
from tests.traffic.conftest import NOON_MS
from tests.traffic.test_feed import MEI, board_of, card, feed, posts

NOON = moments.from_ms(NOON_MS)
DAY = timedelta(days=1)
CARDS = [card(number) for number in range(1, 41)]


def model(version: int = 1, *, trained_ms: int = NOON_MS) -> Beside:
    """Post 1 is near to 2, a little to 3; the third thing is a post that this platform has not."""
    partners = np.array([[1, 2, 3], [0, 2, 3], [0, 1, 3], [0, 1, 2]], np.int32)
    nearness = np.array([[0.9, 0.8, 0.1], [0.9, 0, 0], [0.8, 0, 0], [0.1, 0, 0]], np.float32)
    near = Neighbours(partners, nearness, np.ones(4, np.float32))
    return Beside(version, trained_ms, 9, np.array([1, 2, 77, 3], np.uint64), near)


@pytest.fixture
def shelf(tmp_path) -> NeighbourShelf:
    return NeighbourShelf(tmp_path / "ranker")


def catalogue_of(board) -> Catalogue:
    catalogue = Catalogue()
    catalogue.put(CARDS[: len(board.posts)])
    return catalogue


def source_of(shelf, board, *, now=NOON) -> Neighbouring:
    source = Neighbouring(shelf)
    source.refresh(catalogue_of(board), now=now)
    return source


def liked(*rows: int) -> Memory:
    memory = Memory()
    for row in rows:
        memory.learn(Kind.LIKE, row, CARDS[row], at_ms=NOON_MS)
        memory.seen.add([row])
    return memory


def test_who_liked_one_is_offered_what_is_near_it_and_the_list_says_so(shelf):
    board = board_of(*CARDS[:3])
    shelf.put(model())
    engine = feed()
    engine.neighbours = source_of(shelf, board)
    shown = engine.list_for(board, MEI, liked(0), length=2)
    assert sorted(posts(board, shown)) == [2, 3]
    assert board.posts[engine.neighbours.near(liked(0))].tolist() == [2, 3]
    assert {one.source for one in shown if one.source != Source.FRESH} == {Source.NEIGHBOURS}


def test_with_personalisation_off_the_neighbours_are_not_asked(shelf):
    board = board_of(*CARDS[:3])
    shelf.put(model())
    engine = feed()
    engine.neighbours = source_of(shelf, board)
    shown = engine.list_for(board, Viewer(11, Flags.NOT_PERSONAL), liked(0))
    assert Source.NEIGHBOURS not in {one.source for one in shown}


def test_a_new_model_counts_at_the_next_look_and_the_way_back_leads_to_the_old_one(shelf):
    board = board_of(*CARDS[:3])
    shelf.put(model())
    source = source_of(shelf, board)
    shelf.put(model(shelf.next_version()))
    source.refresh(catalogue_of(board), now=NOON + timedelta(seconds=1))
    assert source.model and source.model.version == 2
    shelf.roll_back()
    source.refresh(catalogue_of(board), now=NOON + timedelta(seconds=2))
    assert source.model.version == 1
    assert shelf.next_version() == 3


def test_absent_stale_or_damaged_the_source_is_empty_and_says_so(shelf):
    board = board_of(*CARDS[:3])
    empty = source_of(shelf, board)
    assert (empty.state, len(empty.near(liked(0)))) == ("absent", 0)
    shelf.put(model())
    stale = source_of(shelf, board, now=NOON + 8 * DAY)
    assert (stale.state, len(stale.near(liked(0)))) == ("stale", 0)
    (path,) = shelf.folder.glob("neighbours-*.model")
    path.write_bytes(path.read_bytes()[:-9])
    damaged = source_of(shelf, board)
    assert (damaged.state, len(damaged.near(liked(0)))) == ("damaged", 0)
    with pytest.raises(Unreadable):
        shelf.current()


def watches(viewer: int, *watched: int, **fields: int) -> Records:
    """A viewer watched these posts to the end, one a second; the number of the viewer orders."""
    made = np.zeros(len(watched), RECORD)
    made["sheet"] = np.arange(len(watched)) + 1_000 * viewer
    made["viewer"], made["object"], made["object_kind"] = viewer, watched, ObjectKind.POST
    made["kind"], made["surface"], made["source"] = Kind.FINISH, Surface.FEED, Source.TRENDING
    made["at_ms"] = NOON_MS - 3_600_000 + 1_000 * np.arange(len(watched)) + viewer
    for name, value in fields.items():
        made[name] = value
    return made


def read(log, wishes=None) -> watching.History:
    return watching.read(log, CARDS, since=NOON - DAY, until=NOON, wishes=wishes or {})


def test_what_was_forced_private_or_forgotten_is_no_watch(log, write):
    write(
        watches(1, 1, 2, 3),
        watches(2, 4, grant=7),
        watches(3, 5, source=Source.GRANT),
        watches(7, 9, source=Source.LIVE_FLOOR),
        watches(4, 6, flags=Flags.NOT_PERSONAL),
        watches(5, 7, 8),
        watches(6, 99),
    )
    history = read(log, {5: Wishes(forgotten={(About.AUTHOR, 8): NOON_MS})})
    assert sorted(history.posts[history.thing].tolist()) == [1, 2, 3, 7]
    assert history.long_view.all()
    assert not history.is_enough


def test_two_villages_are_told_apart_and_foretold_better_than_by_popularity(log, write):
    """Sixty people watch half the plums or half the tea; popularity cannot tell which."""
    random = np.random.default_rng(7)
    halves = (range(1, 21), range(21, 41))
    write(
        *(
            watches(viewer, *random.permutation(halves[viewer % 2])[:18].tolist())
            for viewer in range(1, 81)
        )
    )
    history = read(log)
    assert history.is_enough
    recall = watching.compare(history)
    assert (recall.is_better, recall.neighbours) == (True, 1.0)
