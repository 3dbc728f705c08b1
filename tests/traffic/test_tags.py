"""兴趣标签: what the feed believes of a viewer, and that what they say holds for the next list."""

from datetime import timedelta

import numpy as np
import pytest

from shanhuo.kernel import clock
from shanhuo.people.services.accounts import delete_account
from shanhuo.traffic import interests, moments, serving, tags, viewers
from shanhuo.traffic.candidates import Candidates, Share
from shanhuo.traffic.catalogue import topic_number
from shanhuo.traffic.compaction import compact
from shanhuo.traffic.intake import Batch, Received
from shanhuo.traffic.interests import TooManyInterests
from shanhuo.traffic.kinds import Flags, Kind, Source
from shanhuo.traffic.learning.effects import Effects, Fitted, Term, key_of
from shanhuo.traffic.learning.shelf import Model, Shelf
from shanhuo.traffic.log import SignalLog
from shanhuo.traffic.models import Interest
from shanhuo.traffic.recorder import Recorder
from shanhuo.traffic.wishes import About, Wish
from tests.traffic.conftest import steady

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)


@pytest.fixture(autouse=True)
def root(settings, tmp_path):
    """A platform of its own, whose feed leaves nothing to chance."""
    settings.SIGNALS_DIR, settings.RANKER_DIR = tmp_path / "signals", tmp_path / "ranker"
    serving.forget()
    serving.serving().feed.explore = 0.0
    yield settings.SIGNALS_DIR
    serving.forget()


def tell(root, house, viewer, *kinds, now, topic=None):
    """The viewer does this to every clip they are shown, or to those of one topic."""
    answer = house.answer(viewer, now=now)
    slots = [
        slot
        for slot, item in enumerate(answer.as_data())
        if topic is None or topic in item["topics"]
    ]
    recorder = Recorder(root, now_ms=moments.to_ms(now))
    claims = [(0, slot, kind, 0, 0) for slot in slots for kind in kinds]
    recorder.record([Received(Batch([answer.sheet], claims), viewer.key, moments.to_ms(now))])
    recorder.close()


def topics_shown(house, viewer, *, now):
    return [item["topics"][0] for item in house.answer(viewer, now=now).as_data()]


def names(viewer, *, now):
    return [(tag.name, str(tag.wish)) for tag in tags.tags_of(viewer, now=now)]


@pytest.fixture
def viewer():
    return viewers.viewer_of("mei")


@pytest.fixture
def orchard(make_post, root, viewer, noon):
    """A clip of plums and one of tea; the viewer watched the plums to the end."""
    make_post("脆李", topics=("脆李",))
    make_post("春茶", topics=("春茶",))
    house = serving.serving()
    house.bring_up_to_date(now=noon)
    tell(root, house, viewer, Kind.FINISH, now=noon, topic="脆李")
    house.bring_up_to_date(now=noon + 2 * SECOND)
    return house


def test_a_tag_says_what_it_was_learned_from(orchard, viewer, noon):
    (county, plum) = tags.tags_of(viewer, now=noon + 3 * SECOND)
    assert (plum.about, plum.name) == (About.TOPIC, "脆李")
    assert (county.about, county.name, county.key) == (About.COUNTY, "巫山县", "500237")
    assert plum.reasons == county.reasons
    assert [str(reason) for reason in plum.reasons] == ["你看完了 1 条这样的视频。"]


def test_with_personalisation_off_nothing_was_learned(make_post, root, noon):
    make_post("脆李", topics=("脆李",))
    house = serving.serving()
    house.bring_up_to_date(now=noon)
    private = viewers.viewer_of("wang", flags=Flags.NOT_PERSONAL)
    tell(root, house, private, Kind.FINISH, now=noon)
    house.bring_up_to_date(now=noon + 2 * SECOND)
    assert names(private, now=noon) == []


def test_what_is_muted_is_not_in_the_next_list_nor_by_chance_nor_again(orchard, viewer, noon):
    tags.say(viewer, About.TOPIC, "春茶", Wish.MUTED, address="", now=noon)
    orchard.feed.explore = 1.0
    assert set(topics_shown(orchard, viewer, now=noon)) == {"脆李"}
    private = viewer.with_flag(Flags.NOT_PERSONAL, on=True)
    assert set(topics_shown(orchard, private, now=noon)) == {"脆李"}


def test_a_second_topic_is_muted_like_the_first(make_post, viewer, noon):
    make_post("脆李和茶", topics=("脆李", "春茶"))
    house = serving.serving()
    house.bring_up_to_date(now=noon)
    tags.say(viewer, About.TOPIC, "春茶", Wish.MUTED, address="", now=noon)
    assert topics_shown(house, viewer, now=noon) == []


def test_what_is_chosen_comes_first(make_post, viewer, noon):
    for topic in ("核桃", "春茶", "蜂蜜", "脆李"):
        make_post(topic, topics=(topic,))
    house = serving.serving()
    house.bring_up_to_date(now=noon)
    tags.say(viewer, About.TOPIC, "春茶", Wish.CHOSEN, address="", now=noon)
    # The third place is a newcomer's; all four are.
    assert topics_shown(house, viewer, now=noon)[0] == "春茶"
    assert names(viewer, now=noon) == [("春茶", "chosen")]


def test_a_deleted_tag_is_gone_here_elsewhere_and_after_a_restart(orchard, root, viewer, noon):
    other = steady(root)
    other.bring_up_to_date(now=noon + 2 * SECOND)
    assert other.live.memories.of(viewer.key).favourite_topics(2) == ["脆李"]
    later = noon + 3 * SECOND
    tags.delete(viewer, About.TOPIC, "脆李", address="", now=later)
    here = orchard.live.memories.of(viewer.key)
    assert (here.favourite_topics(2), here.favourite_counties(2), here.recent) == ([], [500237], [])
    compact(SignalLog(root))
    restarted = steady(root)
    for house in (other, restarted):
        house.bring_up_to_date(now=later + SECOND)
        memory = house.live.memories.of(viewer.key)
        assert (memory.favourite_topics(2), memory.recent) == ([], [])
        assert memory.favourite_counties(2) == [500237]
    assert names(viewer, now=later + SECOND) == [("巫山县", "")]


def test_a_deleted_tag_may_be_learned_anew(orchard, root, viewer, noon):
    later = noon + 3 * SECOND
    tags.delete_all(viewer, address="", now=later)
    assert names(viewer, now=later) == []
    tell(root, orchard, viewer, Kind.LIKE, now=later + SECOND, topic="春茶")
    orchard.bring_up_to_date(now=later + 3 * SECOND)
    assert [name for name, _ in names(viewer, now=later + 4 * SECOND)] == ["巫山县", "春茶"]


def test_what_the_model_learned_of_a_viewer_is_told_and_forgotten_at_once(
    orchard, viewer, noon, settings
):
    term = Term(("viewer", "topic"), 40)
    plums = topic_number(("脆李",))
    key = key_of(term, {"viewer": np.array([viewer.key]), "topic": np.array([plums])})
    effects = Effects(0.0, (Fitted(term, key, np.array([0.2], np.float32)),))
    shelf = Shelf(settings.RANKER_DIR)
    shelf.put(Model(1, moments.to_ms(noon), 9, {"long_view": effects}))
    orchard.step(now=noon + 3 * SECOND)

    def leans(one) -> bool:
        """Whether plums rank above tea for this viewer."""
        board, memory = orchard.live.board, orchard.live.memories.of(one.key)
        candidates = Candidates.of([Share(Source.RANDOM, board.best_first, 1.0)])
        worth = orchard.ranker.rank(candidates, one, memory, board)
        of_plums = np.isin(board.best_first, board.of_topic["脆李"])
        return bool(worth[of_plums].min() > worth[~of_plums].max() + 0.02)

    assert len(tags.tags_of(viewer, now=noon + 3 * SECOND)[0].reasons) == 2
    assert (leans(viewer), leans(viewers.viewer_of("wang"))) == (True, False)
    tags.delete(viewer, About.TOPIC, "脆李", address="", now=noon + 4 * SECOND)
    assert not leans(viewer)


def test_an_author_is_muted_by_public_id_and_never_chosen_here(make_post, zhao, viewer, noon):
    make_post("脆李", topics=("脆李",))
    house = serving.serving()
    house.bring_up_to_date(now=noon)
    with pytest.raises(tags.NotToChoose):
        tags.say(viewer, About.AUTHOR, zhao.public_id, Wish.CHOSEN, address="", now=noon)
    with pytest.raises(tags.UnknownInterest):
        tags.say(viewer, About.AUTHOR, "0000000000000000", Wish.MUTED, address="", now=noon)
    tags.say(viewer, About.AUTHOR, zhao.public_id, Wish.MUTED, address="", now=noon)
    assert house.answer(viewer, now=noon).as_data() == []
    (tag,) = tags.tags_of(viewer, now=noon)
    assert (tag.key, tag.name, tag.wish) == (zhao.public_id, zhao.display_name, "muted")


def test_a_chosen_county_does_not_open_youth_mode(make_post, make_sku, viewer, noon):
    make_post("卖李", product=make_sku().product, topics=("脆李",))
    house = serving.serving()
    house.bring_up_to_date(now=noon)
    young = viewer.with_flag(Flags.YOUTH, on=True)
    tags.say(young, About.COUNTY, "500237", Wish.CHOSEN, address="", now=noon)
    assert house.answer(young, now=noon).as_data() == []


def test_there_is_an_end_to_tags(viewer, noon):
    for number in range(interests.MOST_CHOSEN):
        interests.wish(
            viewer=viewer.key, about=About.TOPIC, subject=f"{number}", wish=Wish.CHOSEN, now=noon
        )
    with pytest.raises(TooManyInterests):
        interests.wish(
            viewer=viewer.key, about=About.TOPIC, subject="更多", wish=Wish.CHOSEN, now=noon
        )
    assert Interest.objects.count() == interests.MOST_CHOSEN


def test_the_account_takes_its_tags_along(mei, noon):
    viewer = viewers.viewer_of(mei.viewer_secret)
    stranger = viewers.new_viewer()
    for one in (viewer, stranger):
        interests.wish(viewer=one.key, about=About.TOPIC, subject="脆李", wish=Wish.MUTED, now=noon)
    delete_account(user=mei, now=noon)
    assert list(Interest.objects.values_list("viewer", flat=True)) == [stranger.key]
    assert interests.forget_old(now=noon + timedelta(days=401)) == 1


# ---- The page and the API ----


@pytest.fixture
def at_noon(noon):
    with clock.at(noon):
        yield noon


def test_a_stranger_adds_mutes_and_deletes_on_the_page(client, make_post, at_noon):
    make_post("脆李熟了", topics=("脆李",))
    empty = client.get("/settings/interests").content.decode()
    assert "还不了解你" in empty
    wrong = client.post("/settings/interests", {"act": "add", "text": "没有的话题"})
    assert wrong.status_code == 422
    assert 'value="没有的话题"' in wrong.content.decode()
    done = client.post("/settings/interests", {"act": "add", "text": "#脆李#"}, follow=True)
    assert done.status_code == 200
    assert "你选择的" in done.content.decode()
    tag = {"about": "topic", "key": "脆李"}
    assert client.post("/settings/interests", {**tag, "act": "muted"}).status_code == 302
    assert "脆李熟了" not in client.get("/watch").content.decode()
    client.post("/settings/interests", {**tag, "act": "delete"})
    assert "脆李熟了" in client.get("/watch").content.decode()
    assert client.post("/settings/interests", {**tag, "act": "nonsense"}).status_code == 404
    assert client.post("/settings/interests", {"act": "off"}).status_code == 302
    assert "个性化推荐已关闭" in client.get("/settings/interests").content.decode()


def test_tags_over_the_api(client, make_post, at_noon):
    make_post("脆李熟了", topics=("脆李",))
    serving.serving().bring_up_to_date(now=at_noon)

    def put(**body):
        return client.put("/api/feed/interests", body, content_type="application/json")

    muted = put(about="topic", key="脆李", wish="muted")
    assert (muted.status_code, muted.json()) == (
        200,
        {
            "personal": True,
            "tags": [
                {"about": "topic", "key": "脆李", "name": "脆李", "wish": "muted", "reasons": []}
            ],
        },
    )
    assert client.get("/api/feed/interests").json() == muted.json()
    assert put(about="county", key="999999", wish="muted").json()["code"] == "unknown_interest"
    assert put(about="topic", key="脆李", wish="loved").status_code == 422
    assert client.delete("/api/feed/interests").json() == {"personal": True, "tags": []}
