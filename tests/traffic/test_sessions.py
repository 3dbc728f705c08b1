"""A live session is a card of the feed while it is on air, under the rules of every list."""

from collections import Counter
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given

from shanhuo.kernel import clock
from shanhuo.live.models import Session, ShowcaseItem
from shanhuo.live.services import airing
from shanhuo.people.services import accounts
from shanhuo.traffic import reasons, viewers
from shanhuo.traffic.board import freshened
from shanhuo.traffic.bodies import Bodies
from shanhuo.traffic.catalogue import Catalogue
from shanhuo.traffic.counters import Counters
from shanhuo.traffic.feed import allowed_rows, seal_list
from shanhuo.traffic.kinds import Flags, Kind, ObjectKind, Source
from shanhuo.traffic.memory import Memory
from shanhuo.traffic.records import RECORD
from shanhuo.traffic.sheets import unseal
from shanhuo.traffic.viewers import Viewer
from tests.traffic.conftest import NOON_MS, steady
from tests.traffic.test_feed import NOON, board_of, card, feed, posts, situations
from tests.traffic.test_live import tell

SECOND = timedelta(seconds=1)
MEI, HOST = Viewer(11), 77


def clips(count, **differently):
    return [card(number, **differently) for number in range(1, count + 1)]


def shown_to(viewer, board, memory=None, *, length=10):
    found = feed().list_for(board, viewer, memory or Memory(), length=length)
    return {int(board.posts[one.row]): one for one in found}


# ---- in any list ----


@given(situations())
def test_of_ten_no_more_than_two_are_live_and_none_in_youth_mode(situation):
    board, viewer, memory, engine = situation
    live = [post for post in posts(board, engine.list_for(board, viewer, memory)) if post < 0]
    assert len(live) <= (0 if viewer.youth else 2)


@given(situations())
def test_one_of_ten_is_live_while_somebody_is_on_air_whom_the_viewer_has_not_seen(situation):
    board, viewer, memory, engine = situation
    hidden = {author for author, times in memory.hidden_authors.items() if times > 1}
    allowed = allowed_rows(board, viewer, memory)
    offered = [board.marks[row] for row in board.on_air.rows if allowed[row]]
    shown = [board.marks[one.row] for one in engine.list_for(board, viewer, memory)]
    if len(shown) == 10 and not any(mark.live for mark in shown):
        full = {author for author, times in Counter(m.author for m in shown).items() if times > 1}
        assert {mark.author for mark in offered} <= full | hidden


def test_the_session_kept_for_a_viewer_is_the_nearest_and_stands_fifth():
    """Beside a hundred clips that are better received than anything of these hosts."""
    loved = Counters()
    liked = np.zeros(4_000, RECORD)
    liked["object"], liked["object_kind"] = np.tile(np.arange(1, 101), 40), ObjectKind.POST
    liked["kind"], liked["at_ms"] = Kind.LIKE, NOON_MS
    loved.add(liked)
    old = NOON_MS - 400 * 86_400_000
    hosts = [card(100 + host, author_id=900 + host, published_ms=old) for host in range(1, 4)]
    on_air = [
        card(-host, author_id=900 + host, topics=("脆李",) * (host == 2)) for host in (1, 2, 3)
    ]
    board = board_of(*clips(100), *hosts, *on_air, counters=loved)
    follower, picker = Memory(follows={903}), Memory(topics={"脆李": 2.0})

    def fifth(memory, viewer=MEI):
        found = feed().list_for(board, viewer, memory)[4]
        return int(board.posts[found.row]), found.source

    assert fifth(follower) == (-3, Source.LIVE_FLOOR)
    assert fifth(picker) == (-2, Source.LIVE_FLOOR)
    assert fifth(follower, Viewer(11, Flags.NOT_PERSONAL)) == fifth(Memory())
    assert fifth(Memory())[1] == Source.LIVE_FLOOR


def test_a_session_is_nobodys_newcomer_and_is_not_trending():
    board = board_of(*clips(3), card(-1, author_id=HOST))
    assert board.posts[board.on_air.rows].tolist() == [-1]
    assert board.newcomer[board.on_air.rows].tolist() == [False]
    common = zip(board.posts[board.common.rows].tolist(), board.common.sources, strict=True)
    assert [source for post, source in common if post == -1] == [Source.LIVE]


def test_a_session_is_worth_what_clips_of_its_host_are():
    """And where the host has none, what clips usually are."""
    old = NOON_MS - 400 * 86_400_000
    new, faded = card(1, author_id=HOST), card(2, author_id=5, published_ms=old)
    board = board_of(new, faded, card(-1, author_id=HOST), card(-2, author_id=6))
    score = dict(zip(board.posts.tolist(), board.score.tolist(), strict=True))
    assert score[-1] == score[1]
    assert score[-2] == pytest.approx((score[1] + score[2]) / 2)


def test_who_follows_the_host_is_told_so():
    many = [card(-number, author_id=number) for number in range(1, 13)]
    board = board_of(*clips(30), *many, card(-13, author_id=HOST, published_ms=NOON_MS))
    follower = Memory()
    follower.follows.add(HOST)
    assert shown_to(MEI, board, follower)[-13].source == Source.FOLLOWED
    assert Source.FOLLOWED not in {one.source for one in shown_to(Viewer(11, 2), board).values()}


def test_a_session_of_the_county_somebody_chose_comes_from_there_without_personalisation_too():
    board = board_of(*clips(10), card(-1, county=330102), card(-2, county=500237))
    chosen = Viewer(11, Flags.NOT_PERSONAL, 330102)
    assert shown_to(chosen, board)[-1].source == Source.LIVE
    assert board.posts[board.of_county[330102]].tolist() == [-1]


def test_a_session_that_was_shown_does_not_come_again_while_there_is_something_new():
    board = board_of(*clips(30), card(-1))
    assert -1 in shown_to(MEI, board)
    seen = Memory()
    seen.seen.add(board.on_air.rows.tolist())
    assert -1 not in shown_to(MEI, board, seen)


def test_who_begins_between_two_whole_boards_is_on_the_next_one_and_who_ended_on_none():
    catalogue = Catalogue()
    catalogue.put(clips(3))
    board = board_of(*clips(3))
    catalogue.put([card(-1)])
    catalogue.put([card(4)])
    board = freshened(board, catalogue, Counters(), Bodies(catalogue, Counters()), {}, now=NOON)
    assert board.posts[board.on_air.rows].tolist() == [-1]
    assert board.newcomer.tolist() == [True, True, True, False, True]
    assert -1 in shown_to(MEI, board)
    catalogue.withdraw([-1])
    assert -1 not in shown_to(MEI, board)


def test_the_sheet_names_the_session_with_its_chance():
    board = board_of(*clips(3), card(-9, county=500238))
    shown = feed(explore=0.0).list_for(board, MEI, Memory())
    sheet = unseal(seal_list(shown, board, MEI, policy=1, now_ms=NOON_MS)[1])
    found = {(int(one["object_kind"]), int(one["object"])): one for one in sheet.slots}
    slot = found[ObjectKind.SESSION, 9]
    assert (slot["county"], slot["source"], slot["propensity"]) == (500238, Source.LIVE, 1.0)
    assert str(reasons.WORDS[Source.LIVE])


# ---- from the live room to an answer ----


@pytest.fixture
def house(tmp_path, noon):
    house = steady(tmp_path / "signals")
    house.bring_up_to_date(now=noon)
    return house


@pytest.fixture
def offered(house, noon):
    """Ids of the sessions that a stranger is offered, so many seconds after noon."""

    def offered(seconds: int) -> list[str]:
        now = noon + seconds * SECOND
        house.bring_up_to_date(now=now)
        answer = house.answer(viewers.new_viewer(), now=now)
        return [str(item["id"]) for item in answer.as_data() if item["kind"] == "live"]

    return offered


@pytest.mark.django_db
def test_a_session_is_offered_while_it_is_on_air(offered, make_session, lin, noon):
    session = make_session("scheduled")
    assert offered(1) == []
    Session.objects.filter(pk=session.pk).update(status="on_air", on_air_at=noon)
    assert offered(2) == [session.public_id]
    airing.end_session(session_id=session.pk, by=lin, now=noon + 3 * SECOND)
    assert offered(4) == []


@pytest.mark.django_db
def test_a_silent_session_stays_for_its_grace_and_no_second_longer(
    offered,
    make_session,
):
    """Even where nobody is there to end it."""
    session = make_session("interrupted", grace_seconds=30)
    assert offered(29) == [session.public_id]
    assert offered(30) == []


@pytest.mark.django_db
def test_a_host_whose_account_is_closed_is_not_offered(
    offered,
    make_session,
    lin,
    op,
    noon,
):
    session = make_session("on_air")
    assert offered(1) == [session.public_id]
    accounts.suspend_account(user=lin, operator=op, reason="冒充合作社", now=noon)
    assert offered(2) == []


@pytest.mark.django_db
def test_the_card_of_a_session_says_who_where_and_what_is_sold(
    house,
    make_session,
    make_sku,
    make_post,
    lin,
    noon,
):
    """Its topics are those of the clips that show its goods."""
    plum = make_sku().product
    make_post(product=plum, topics=("脆李", "采摘"))
    session = make_session("on_air")
    cast = session.cast.get()
    ShowcaseItem.objects.create(
        session=session, product=plum, brought_by=cast, position=1, added_at=clock.now()
    )
    house.step(now=noon + SECOND)
    (item,) = [one for one in house.answer(MEI, now=noon).as_data() if one["kind"] == "live"]
    assert item["caption"] == "脆李开园"
    assert item["author"] == {"id": lin.public_id, "name": lin.display_name}
    assert item["county"] == {"code": "500237", "name": "巫山县"}
    assert item["topics"] == ["脆李", "采摘"]
    assert item["product"]["id"] == plum.public_id
    assert item["live"] == {
        "format": "selling",
        "room": f"/media/live/{session.media_key}/room.json",
    }


@pytest.mark.django_db
def test_who_saw_the_session_is_shown_it_again_only_when_nothing_else_is_left(
    house,
    make_session,
    make_post,
    tmp_path,
    noon,
):
    make_session("on_air")
    make_post()
    house.step(now=noon + SECOND)
    mei = viewers.viewer_of("mei")
    answer = house.answer(mei, now=noon)
    (slot,) = [at for at, item in enumerate(answer.as_data()) if item["kind"] == "live"]
    assert tell(tmp_path / "signals", answer, mei, Kind.EXPOSURE, slot, now=noon + SECOND) == 1
    house.live.memories.of(mei.key).served = Memory().served
    house.step(now=noon + 2 * SECOND)
    again = house.answer(mei, now=noon + 2 * SECOND)
    assert [item["why"] for item in again.as_data() if item["kind"] == "live"] == ["again"]
