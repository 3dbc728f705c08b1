"""Sessions that are looked for: by the search of the whole site, and by the API."""

from datetime import timedelta

import pytest

from shanhuo.goods.services.search import refresh_search
from shanhuo.kernel import clock
from shanhuo.live.models import Replay, Session, ShowcaseItem
from shanhuo.people import services as people

DAY = timedelta(days=1)


@pytest.fixture
def found(client):
    """Titles that the API finds, in its order."""

    def find(text):
        answer = client.get("/api/live", {"state": "any", "q": text})
        return [row["title"] for row in answer.json()]

    return find


@pytest.fixture
def to_see_again(make_session, noon):
    def make(title, **fields):
        times = {"on_air_at": noon - DAY, "ended_at": noon - DAY, "keep_until": noon + DAY}
        session = make_session(Session.Status.SEALED, title=title, **times)
        Replay.objects.create(
            session=session, made_at=noon, duration_ms=1000, stretches=[], **fields
        )
        return session

    return make


@pytest.fixture
def show_goods(make_product, noon):
    def show(session, title, **fields):
        product = make_product(title=title)
        refresh_search([product])
        ShowcaseItem.objects.create(
            session=session, product=product, position=1, **{"added_at": noon - DAY, **fields}
        )

    return show


@pytest.mark.parametrize(
    "text", ["开园", "林合作社", "巫山县", "脐橙", "哪里有卖脐橙的", "巫山 脐橙"]
)
def test_a_session_is_found_by_title_host_county_and_goods(found, make_session, show_goods, text):
    show_goods(make_session(), "奉节脐橙五斤")
    assert found(text) == ["脆李开园"]


def test_a_cohost_and_the_cohosts_county_lead_to_the_session(found, make_session, zhao):
    make_session(cohosts=(zhao,), share=5000)
    assert found(zhao.display_name) == ["脆李开园"]


def test_other_words_lead_nowhere(found, make_session, show_goods):
    show_goods(make_session(), "奉节脐橙五斤")
    assert found("红蜘蛛") == []


def test_goods_that_nobody_has_looked_at_or_were_taken_out_lead_nowhere(
    found, make_session, show_goods, noon
):
    show_goods(make_session(), "奉节脐橙", added_at=noon + DAY)
    show_goods(make_session(), "城口脐橙", removed_at=noon)
    assert found("脐橙") == []
    ShowcaseItem.objects.update(passed_at=noon)
    assert found("奉节") == ["脆李开园"]


def test_on_air_comes_first_then_what_comes_then_replays(found, make_session, to_see_again, noon):
    to_see_again("开园昨天")
    make_session(title="开园后天", starts_at=noon + 2 * DAY)
    make_session(title="开园明天", starts_at=noon + DAY)
    make_session(Session.Status.INTERRUPTED, title="开园正在播")
    assert found("开园") == ["开园正在播", "开园明天", "开园后天", "开园昨天"]


def test_attack_16_what_nobody_may_watch_is_not_found(
    found, client, lin, make_session, to_see_again, noon
):
    for status in (Session.Status.DRAFT, Session.Status.SUBMITTED, Session.Status.CANCELLED):
        make_session(status)
    over = {"on_air_at": noon, "ended_at": noon, "keep_until": noon + DAY}
    make_session(Session.Status.ENDED, **over)
    make_session(starts_at=noon - DAY)
    to_see_again("开园撤下了", withdrawn_at=noon)
    assert found("开园") == []
    client.force_login(lin)
    assert found("开园") == []


@pytest.mark.parametrize(
    ("language", "words"),
    [("zh-hans", ("直播中", "预告", "回放")), ("en", ("On air", "Announced", "Replay"))],
)
def test_the_search_says_what_a_viewer_may_expect(
    client, make_session, to_see_again, noon, language, words
):
    make_session(Session.Status.ON_AIR)
    make_session(starts_at=noon + DAY)
    to_see_again("开园昨天")
    headers = {"accept-language": language}
    page = client.get("/search?q=开园", headers=headers).content.decode()
    places = [page.index(f">{word}</span>") for word in words]
    assert places == sorted(places)


def test_attack_39_youth_mode_finds_no_live_selling(client, make_session, mei):
    make_session()
    client.force_login(mei)
    assert "脆李开园" in client.get("/search?q=开园").content.decode()
    people.turn_youth_mode_on(user=mei, guardian_code="2468")
    assert "脆李开园" not in client.get("/search?q=开园").content.decode()


@pytest.mark.parametrize("count", [1, 3])
def test_a_search_costs_the_same_whatever_it_finds(
    client, make_session, django_assert_num_queries, count
):
    for _ in range(count):
        make_session(starts_at=clock.now() + DAY)
    with django_assert_num_queries(5):
        client.get("/search?q=开园")
