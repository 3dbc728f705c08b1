from datetime import timedelta

import msgspec
import pytest

from shanhuo.content import services as content
from shanhuo.content.models import Post
from shanhuo.kernel import clock
from shanhuo.traffic import moments, serving, viewers
from shanhuo.traffic.compaction import compact
from shanhuo.traffic.intake import Batch, Received
from shanhuo.traffic.kinds import Flags, Kind, ObjectKind, Source, Surface
from shanhuo.traffic.live import Live
from shanhuo.traffic.log import SignalLog
from shanhuo.traffic.recorder import Recorder
from shanhuo.traffic.sheets import Slot, seal
from tests.traffic.conftest import steady

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)


@pytest.fixture
def root(tmp_path):
    return tmp_path / "signals"


def ids(answer: serving.Answer) -> set[str]:
    return {str(item["id"]) for item in answer.as_data()}


def tell(root, answer, viewer, kind, slot=0, *, now):
    """Report one kind on one slot, as the client would."""
    recorder = Recorder(root, now_ms=moments.to_ms(now))
    batch = Batch([answer.sheet], [(0, slot, kind, 0, 0)])
    counts = recorder.record([Received(batch, viewer.key, moments.to_ms(now))])
    recorder.close()
    return counts[0][0]


def test_a_published_post_is_in_the_feed_and_a_withdrawn_one_is_not_a_second_later(
    root, make_post, zhao, noon
):
    house, mei = steady(root), viewers.viewer_of("mei")
    house.bring_up_to_date(now=noon)
    assert house.answer(mei, now=noon).stage == "empty"
    post = make_post("巫山脆李熟了")
    house.bring_up_to_date(now=noon + SECOND)
    assert ids(house.answer(mei, now=noon)) == {post.public_id}
    with clock.at(noon + 2 * SECOND):
        content.withdraw_post(post_id=post.pk, by=zhao, now=clock.now())
    house.bring_up_to_date(now=noon + 3 * SECOND)
    assert house.answer(mei, now=noon).as_data() == []


def test_an_item_says_what_a_card_needs(root, make_post, make_sku, noon):
    sku = make_sku()
    post = make_post("巫山脆李熟了", product=sku.product, topics=("脆李",))
    house = steady(root)
    house.bring_up_to_date(now=noon)
    (item,) = msgspec.json.decode(house.answer(viewers.viewer_of("mei"), now=noon).as_json())[
        "items"
    ]
    assert item["id"] == post.public_id
    assert item["county"] == {"code": "500237", "name": "巫山县"}
    assert item["counts"] == {"plays": 0, "likes": 0, "comments": 0}
    assert item["video"]["duration_ms"] == 15_000
    assert item["topics"] == ["脆李"]
    assert item["why"] in {"fresh", "trending", "season"}


def test_signals_of_another_process_count_here_and_survive_a_restart(root, make_post, noon):
    make_post()
    one, other = steady(root), steady(root)
    mei = viewers.viewer_of("mei")
    for house in (one, other):
        house.bring_up_to_date(now=noon)
    answer = one.answer(mei, now=noon)
    assert tell(root, answer, mei, Kind.LIKE, now=noon) == 1
    assert tell(root, answer, mei, Kind.PLAY, now=noon) == 1
    later = noon + 2 * SECOND
    restarted = steady(root)
    compacted = steady(root)
    compact(SignalLog(root))
    for house in (one, other, restarted, compacted):
        house.bring_up_to_date(now=later)
        counts = house.answer(viewers.viewer_of("somebody else"), now=later).as_data()[0]["counts"]
        assert counts == {"plays": 1, "likes": 1, "comments": 0}


def test_a_sheet_used_through_two_processes_counts_once(root, make_post, noon):
    make_post()
    house, mei = steady(root), viewers.viewer_of("mei")
    house.bring_up_to_date(now=noon)
    answer = house.answer(mei, now=noon)
    assert tell(root, answer, mei, Kind.LIKE, now=noon) == 1
    assert tell(root, answer, mei, Kind.LIKE, now=noon) == 1  # another process: does not know
    house.bring_up_to_date(now=noon + 2 * SECOND)
    item = house.answer(viewers.viewer_of("somebody else"), now=noon).as_data()[0]
    assert item["counts"]["likes"] == 1


def test_not_interested_holds_at_once_and_for_a_viewer_who_is_not_personal(root, make_post, noon):
    make_post()
    house = steady(root)
    mei = viewers.viewer_of("mei", flags=Flags.NOT_PERSONAL)
    house.bring_up_to_date(now=noon)
    answer = house.answer(mei, now=noon)
    tell(root, answer, mei, Kind.NOT_INTERESTED, now=noon)
    house.bring_up_to_date(now=noon + 2 * SECOND)
    assert house.answer(mei, now=noon).as_data() == []


def test_nothing_is_learned_from_a_viewer_who_switched_personalisation_off(root, make_post, noon):
    make_post()
    house = steady(root)
    mei = viewers.viewer_of("mei", flags=Flags.NOT_PERSONAL)
    house.bring_up_to_date(now=noon)
    tell(root, house.answer(mei, now=noon), mei, Kind.LIKE, now=noon)
    house.bring_up_to_date(now=noon + 2 * SECOND)
    memory = house.live.memories.of(mei.key)
    assert (memory.counties, memory.topics, memory.recent) == ({}, {}, [])


def test_a_viewer_without_a_token_leaves_no_trace(root, make_post, noon):
    make_post()
    house = steady(root)
    house.bring_up_to_date(now=noon)
    house.answer(viewers.new_viewer(), now=noon, is_new=True)
    assert len(house.live.memories) == 0


def test_reading_all_again_forgets_what_is_no_longer_published(root, make_post, noon):
    post = make_post()
    live = Live(SignalLog(root))
    live.step(now=noon)
    Post.objects.filter(pk=post.pk).update(status=Post.Status.WITHDRAWN)  # no fact told
    live.step(now=noon + 61 * SECOND)
    assert not live.catalogue.shows(post.pk)


def test_a_tile_in_a_list_is_a_glimpse_and_keeps_nothing_out_of_the_feed(root, make_post, noon):
    post, house, mei = make_post("巫山脆李熟了"), steady(root), viewers.viewer_of("mei")
    house.bring_up_to_date(now=noon)
    slot = Slot(ObjectKind.POST, post.pk, 500237, Source.CHOSEN)
    for surface, seen in ((Surface.SEARCH, 0), (Surface.FEED, 1)):
        _id, sheet = seal([slot], viewer=mei.key, surface=surface, now_ms=moments.to_ms(noon))
        listed = serving.Answer(sheet, "", [])
        assert tell(root, listed, mei, Kind.EXPOSURE, now=noon) == 1
        house.live.step(now=noon)
        assert len(house.live.memories.of(mei.key).seen.rows) == seen


@pytest.mark.parametrize("jump", [-timedelta(hours=1), timedelta(hours=1)])
def test_a_clock_that_jumps_an_hour_holds_nothing_up(root, make_post, zhao, noon, jump):
    house, mei = steady(root), viewers.viewer_of("mei")
    first = make_post("巫山脆李熟了")
    house.bring_up_to_date(now=noon)
    answer, later = house.answer(mei, now=noon), noon + jump + SECOND
    with clock.at(later):
        second = make_post("春茶")
        content.withdraw_post(post_id=first.pk, by=zhao, now=later)
    assert tell(root, answer, mei, Kind.LIKE, now=noon) == 1
    house.bring_up_to_date(now=later + SECOND)
    assert ids(house.answer(mei, now=later)) == {second.public_id}
    assert house.counts_of(first.pk)["likes"] == 1
    silently = Post.objects.filter(pk=second.pk)
    silently.update(status=Post.Status.WITHDRAWN)
    house.bring_up_to_date(now=later + 62 * SECOND)
    assert house.answer(viewers.viewer_of("wang"), now=later).as_data() == []


def test_after_a_restart_at_noon_nobody_is_shown_the_morning_again(root, make_post, noon):
    posts = [make_post(f"第 {number} 条") for number in range(3)]
    house, mei = steady(root), viewers.viewer_of("mei")
    house.bring_up_to_date(now=noon)
    answer = house.answer(mei, now=noon, length=2)
    for slot in range(2):
        assert tell(root, answer, mei, Kind.EXPOSURE, slot, now=noon) == 1
    restarted = steady(root)
    restarted.bring_up_to_date(now=noon + SECOND)
    (next_one,) = ids(restarted.answer(mei, now=noon, length=1))
    assert {next_one} == {post.public_id for post in posts} - ids(answer)


def test_between_two_whole_boards_a_new_clip_is_shown_all_the_same(root, make_post, noon):
    house = steady(root)
    make_post("巫山脆李熟了")
    house.bring_up_to_date(now=noon)
    house.live._whole_took = timedelta(minutes=1)  # as if there were a hundred million clips
    post = make_post("春茶")
    before = house.live.board
    house.bring_up_to_date(now=noon + SECOND)
    assert house.live.board.of_author is before.of_author
    assert post.public_id in ids(house.answer(viewers.viewer_of("mei"), now=noon))


def test_a_step_rests_between_its_parts_so_that_answers_are_made(root, make_post, noon):
    make_post("巫山脆李熟了")
    house, rests = steady(root), []
    house.live.breathe = lambda: rests.append(house.live.catalogue.columns["shown"].sum())
    house.live.step(now=noon)
    assert rests == [1] * 11
    house.live.step(now=noon + SECOND / 2)
    assert len(rests) == 13, "no board is made twice a second"
