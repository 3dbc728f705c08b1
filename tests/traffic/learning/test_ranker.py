"""From the log to the feed: what teaches, what is kept, and what happens without a model."""

from datetime import timedelta
from random import Random

import numpy as np
import pytest

from shanhuo.traffic import moments
from shanhuo.traffic.candidates import Candidates, Share
from shanhuo.traffic.kinds import FLOORS, Flags, Kind, ObjectKind, Source, Surface
from shanhuo.traffic.learned import LearnedRanker
from shanhuo.traffic.learning import lessons, training
from shanhuo.traffic.learning.shelf import Shelf, Unreadable
from shanhuo.traffic.log import SignalLog
from shanhuo.traffic.memory import Memory
from shanhuo.traffic.ranking import TrendAndAffinity
from shanhuo.traffic.records import RECORD, Records
from shanhuo.traffic.viewers import Viewer
from tests.traffic.conftest import NOON_MS
from tests.traffic.test_feed import board_of, card

NOON = moments.from_ms(NOON_MS)
DAY = timedelta(days=1)
WEIGHTS = {"long_view": 1.0, "purchase_click": 3.0, "visit": 1.0}
PLUM, TEA, NEW = card(1, author_id=7), card(2, author_id=8), card(3, author_id=7)
CARDS = [PLUM, TEA, NEW]


def exposures(count: int, *, post: int, watched: int, **fields: int) -> Records:
    """Exposures of a post a minute before noon, each in a sheet of its own; the first `watched`
    are watched to the end."""
    made = np.zeros(count + watched, RECORD)
    numbers = np.concatenate((np.arange(count), np.arange(watched))) + 1_000_000 * post
    made["sheet"], made["object"], made["object_kind"] = numbers, post, ObjectKind.POST
    made["viewer"] = numbers % 50 + 1
    made["at_ms"] = NOON_MS - 3_600_000 + Random(post).randrange(1_000) + numbers % 50_000
    made["surface"], made["source"] = Surface.FEED, Source.TRENDING
    made["kind"][:count], made["kind"][count:] = Kind.EXPOSURE, Kind.FINISH
    for name, value in fields.items():
        made[name] = value
    return made


@pytest.fixture
def shelf(tmp_path) -> Shelf:
    return Shelf(tmp_path / "ranker")


def read(log: SignalLog) -> lessons.Lessons:
    return lessons.read(log, CARDS, since=NOON - DAY, until=NOON)


def learned(log: SignalLog, shelf: Shelf) -> None:
    found = read(log)
    comparison = training.compare(found, None)
    assert comparison.is_better
    shelf.put(training.learn(found, comparison, version=shelf.next_version(), now_ms=NOON_MS))


def plums_are_watched_and_tea_is_not(write) -> None:
    write(exposures(2_000, post=1, watched=1_600), exposures(2_000, post=2, watched=200))


def worth(ranker: LearnedRanker, *rows: int) -> list[float]:
    board = board_of(*CARDS)
    candidates = Candidates.of([Share(Source.TRENDING, np.array(rows, np.int32), 1.0)])
    return ranker.rank(candidates, Viewer(11), Memory(), board).tolist()


def ranker_of(shelf: Shelf) -> LearnedRanker:
    ranker = LearnedRanker(shelf, WEIGHTS)
    ranker.refresh(now=NOON)
    return ranker


def test_a_supported_exposure_teaches_nothing(log, write):
    write(
        exposures(5, post=1, watched=5),
        exposures(5, post=2, watched=5, grant=9),
        exposures(5, post=3, watched=5, source=Source.GRANT),
    )
    assert_that_only_the_first_post_teaches(log)


@pytest.mark.parametrize("floor", FLOORS)
def test_an_exposure_that_a_floor_brought_about_teaches_nothing(log, write, floor):
    write(exposures(5, post=1, watched=5), exposures(5, post=2, watched=5, source=floor))
    assert_that_only_the_first_post_teaches(log)


def assert_that_only_the_first_post_teaches(log: SignalLog) -> None:
    found = read(log)
    assert found.columns["post"].tolist() == [1] * 5
    assert found.outcomes["long_view"].all()


def test_with_personalisation_off_a_view_teaches_about_the_post_and_not_about_the_viewer(
    log, write
):
    write(exposures(5, post=1, watched=2, flags=Flags.NOT_PERSONAL))
    found = read(log)
    assert (len(found), found.columns["viewer"].any()) == (5, False)


def test_a_long_watch_counts_like_the_end(log, write):
    long = exposures(3, post=1, watched=3)
    long["kind"][3:] = Kind.WATCH
    long["value"][3:] = [18_000, 17_999, 60_000]
    write(long)
    assert np.count_nonzero(read(log).outcomes["long_view"]) == 2


def test_what_is_watched_comes_first_and_its_author_helps_a_new_post(log, write, shelf):
    plums_are_watched_and_tea_is_not(write)
    learned(log, shelf)
    ranker = ranker_of(shelf)
    plum, tea, new = worth(ranker, 0, 1, 2)
    assert plum > new > tea
    assert (ranker.stage, ranker.policy) == ("learned", 1_001)


@pytest.mark.parametrize("harm", ["none", "missing", "cut", "changed", "pointer", "stale"])
def test_without_a_readable_model_the_first_floor_ranks_and_says_so(log, write, shelf, harm):
    now = NOON
    if harm != "none":
        plums_are_watched_and_tea_is_not(write)
        learned(log, shelf)
        (path,) = shelf.folder.glob("*.model")
        whole = path.read_bytes()
        if harm == "missing":
            path.unlink()
        elif harm == "cut":
            path.write_bytes(whole[: len(whole) // 2])
        elif harm == "changed":
            path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
        elif harm == "pointer":
            (shelf.folder / "current.json").write_bytes(b"{")
        else:
            now = NOON + timedelta(days=8)
    ranker = LearnedRanker(shelf, WEIGHTS)
    ranker.refresh(now=now)
    assert (ranker.stage, ranker.policy) == ("popularity", TrendAndAffinity.policy)
    assert len(worth(ranker, 0, 1)) == 2


def test_the_model_before_can_come_back_and_no_number_is_used_twice(log, write, shelf):
    plums_are_watched_and_tea_is_not(write)
    learned(log, shelf)
    learned(log, shelf)
    assert shelf.current().version == 2
    assert shelf.roll_back().version == 1
    assert shelf.current().version == 1
    with pytest.raises(Unreadable):
        shelf.roll_back()
    assert shelf.next_version() == 3


def test_a_running_server_takes_up_a_new_model(log, write, shelf):
    ranker = ranker_of(shelf)
    assert ranker.stage == "popularity"
    plums_are_watched_and_tea_is_not(write)
    learned(log, shelf)
    ranker.refresh(now=NOON)
    assert ranker.stage == "learned"


def test_a_candidate_that_is_worse_than_the_current_model_is_not_better():
    worse = training.Comparison(exposures=100, candidate=0.60, current=0.55, average=0.65)
    blind = training.Comparison(exposures=100, candidate=0.66, current=None, average=0.65)
    good = training.Comparison(exposures=100, candidate=0.55, current=0.55, average=0.65)
    assert [one.is_better for one in (worse, blind, good)] == [False, False, True]


def test_personalisation_off_ranks_for_anybody(log, write, shelf):
    plums_are_watched_and_tea_is_not(write)
    learned(log, shelf)
    ranker, board = ranker_of(shelf), board_of(*CARDS)
    candidates = Candidates.of([Share(Source.TRENDING, np.array([0, 1], np.int32), 1.0)])

    def ranks(viewer: int) -> list[float]:
        impersonal = Viewer(viewer, Flags.NOT_PERSONAL)
        return ranker.rank(candidates, impersonal, Memory(), board).tolist()

    assert ranks(3) == ranks(4)
