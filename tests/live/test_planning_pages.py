"""The pages before air: planned on a phone, checked at the desk, announced on the list."""

from datetime import timedelta
from io import BytesIO

import pytest
from openpyxl import load_workbook

from shanhuo.console import doctor
from shanhuo.kernel import clock
from shanhuo.live import queries
from shanhuo.live.models import Cast, Reminder, Session
from shanhuo.live.states import CastRole
from shanhuo.people import services as people


@pytest.fixture
def typed(noon):
    """What a host types."""
    return {
        "key": "0123456789",
        "kind": "selling",
        "title": "脆李开园，产地现摘",
        "starts_at": "2026-07-02T19:30",
        "notice": "柑园村十八户的脆李。",
        "script": "先说自己是谁，再逐样讲产地、合格证和价格构成。",
        "is_adult": "on",
    }


def test_a_host_plans_a_session_with_the_words_of_its_template(signed_in, lin, cooperative, typed):
    browser = signed_in(lin)
    page = browser.get("/studio/live/new?kind=clinic").content.decode()
    assert "巫山县连麦答疑" in page
    typed["organisation"] = cooperative.public_id
    twice = [browser.post("/studio/live/new", typed) for _ in range(2)]
    session = Session.objects.get()
    address = f"/studio/live/{session.public_id}"
    assert [answer["Location"] for answer in twice] == [address] * 2
    assert "还没有商品" in browser.get(address).content.decode()
    assert "脆李开园" in browser.get("/studio/live").content.decode()


def test_a_plan_that_is_not_valid_keeps_what_was_typed(signed_in, lin, cooperative, typed):
    typed |= {"organisation": cooperative.public_id, "is_adult": "", "title": "雨天也播"}
    answer = signed_in(lin).post("/studio/live/new", typed)
    assert (answer.status_code, Session.objects.count()) == (422, 0)
    assert "雨天也播" in answer.content.decode()
    typed |= {"is_adult": "on", "starts_at": "2030-01-01T00:00"}
    late = signed_in(lin).post("/studio/live/new", typed)
    assert (late.status_code, "90 天" in late.content.decode()) == (422, True)


def test_an_operator_reads_script_and_goods_and_decides(
    signed_in, plan, put_goods, lin, op, mei, stranger, noon
):
    session = plan()
    put_goods(session)
    here = f"/studio/live/{session.public_id}"
    assert signed_in(mei).post(f"{here}/submit").status_code == 404
    assert signed_in(lin).post(f"{here}/submit").status_code == 302
    there = f"/ops/live/{session.public_id}"
    browser = signed_in(op)
    assert "脆李开园" in browser.get("/ops/live").content.decode()
    assert "价格构成" in browser.get(there).content.decode()
    without_reason = browser.post(f"{there}/decide", {"decision": "refuse"})
    assert without_reason.status_code == 422
    browser.post(f"{there}/decide", {"decision": "refuse", "reason": "少一张合格证"})
    assert "少一张合格证" in signed_in(lin).get(here).content.decode()
    with clock.at(noon + timedelta(minutes=5)):
        signed_in(lin).post(f"{here}/submit")
        signed_in(op).post(f"{there}/decide", {"decision": "agree"})
    session.refresh_from_db()
    assert session.status == "scheduled"
    assert signed_in(stranger).get(there).status_code == 403


def test_everybody_sees_what_is_announced_and_nobody_a_draft(
    client, signed_in, plan, announced, mei
):
    draft, shown = plan(title="还在写"), announced(title="明晚开播")
    page = client.get("/live").content.decode()
    assert ("明晚开播" in page, "还在写" in page) == (True, False)
    assert client.get(f"/live/{draft.public_id}").status_code == 404
    room = client.get(f"/live/{shown.public_id}").content.decode()
    assert ("巫山山货合作社" in room, "林合作社" in room, "登录后提醒我" in room) == (True,) * 3
    assert "明晚开播" not in client.get("/live?kind=clinic").content.decode()
    assert "明晚开播" in client.get("/live?q=明晚&county=巫山").content.decode()
    browser = signed_in(mei)
    browser.post(f"/live/{shown.public_id}/remind", {"on": "1"})
    assert Reminder.objects.get().user == mei
    assert "明晚开播" in browser.get("/live/reminders").content.decode()
    browser.post(f"/live/{shown.public_id}/remind", {"on": "0"})
    assert Reminder.objects.count() == 0


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_asks_the_same_whatever_its_length(
    client, announced, django_assert_num_queries, count
):
    for number in range(count):
        announced(title=f"第 {number} 场")
    client.get("/live")
    with django_assert_num_queries(5):
        client.get("/live")


def test_attack_39_youth_mode_shows_no_live_selling(client, signed_in, announced, mei):
    session = announced()
    people.turn_youth_mode_on(user=mei, guardian_code="2468")
    browser = signed_in(mei)
    answers = [browser.get(path).status_code for path in ("/live", f"/live/{session.public_id}")]
    answers.append(browser.post(f"/live/{session.public_id}/remind", {"on": "1"}).status_code)
    answers.append(browser.get("/studio/live/new").status_code)
    assert (answers[:3], Reminder.objects.count()) == ([403, 403, 403], 0)


def test_cast_and_shares_are_set_by_number_and_agreed_to(
    signed_in, plan, lin, zhao, make_user, monkeypatch
):
    session = plan(kind="costream")
    here = f"/studio/live/{session.public_id}"
    browser = signed_in(lin)
    monkeypatch.setattr("shanhuo.people.queries.user_by_phone", lambda phone: zhao)
    odd = browser.post(f"{here}/cast", {"phone": "13900139000", "role": "cohost", "share": ""})
    assert odd.status_code == 422
    browser.post(f"{here}/cast", {"phone": "13900139000", "role": "cohost", "share": "40"})
    shares = dict(session.cast.values_list("user", "share_basis_points"))
    assert shares == {lin.pk: 6_000, zhao.pk: 4_000}
    browser = signed_in(zhao)
    assert "40%" in browser.get(here).content.decode()
    browser.post(f"{here}/agree", {"is_adult": "on"})
    assert session.cast.get(user=zhao).agreed_at is not None
    browser = signed_in(lin)
    browser.post(f"{here}/cast/remove", {"person": zhao.public_id})
    assert dict(session.cast.values_list("user", "share_basis_points")) == {lin.pk: 10_000}


def test_lists_of_the_desks_are_workbooks_too(signed_in, announced, op, wang):
    announced(title="=HYPERLINK(1)")
    for user, address in ((op, "/ops/live"), (wang, "/county/live")):
        answer = signed_in(user).get(f"{address}?format=xlsx")
        rows = list(load_workbook(BytesIO(answer.content)).active.values)
        assert [row[0] for row in rows[1:]] == ["'=HYPERLINK(1)"]


def test_an_announced_session_that_is_cancelled_says_so_and_why(
    client, signed_in, announced, plan, lin, mei
):
    other, gone, never = announced(title="后天再来"), announced(), plan(title="还在写")
    browser = signed_in(lin)
    here = f"/studio/live/{gone.public_id}"
    refused = browser.post(f"{here}/cancel", {"reason": "加微信买"})
    assert (refused.status_code, "加微信" in refused.content.decode()) == (422, True)
    browser.post(f"{here}/cancel", {"reason": "山路塌方"})
    browser.post(f"/studio/live/{never.public_id}/cancel", {"reason": ""})
    client.logout()
    page = client.get(f"/live/{gone.public_id}").content.decode()
    said = [words in page for words in ("这一场取消了", "山路塌方", other.title)]
    assert (said, gone.script in page) == ([True] * 3, False)
    assert client.get(f"/live/{never.public_id}").status_code == 404
    assert "脆李开园" not in client.get("/live").content.decode()
    assert signed_in(mei).post(f"/live/{gone.public_id}/remind", {"on": "1"}).status_code == 409


def test_an_office_reads_the_plans_of_its_county_and_decides_nothing(signed_in, plan, wang):
    session = plan()
    browser = signed_in(wang)
    page = browser.get(f"/live/{session.public_id}", follow=True)
    assert (page.status_code, "价格构成" in page.content.decode()) == (200, True)
    assert browser.post(f"/ops/live/{session.public_id}/decide").status_code == 403


def test_fewer_than_one_moderator_for_fifty_rooms_is_an_alarm(signed_in, make_session, op, mei):
    rooms = [make_session(Session.Status.ON_AIR) for _ in range(51)]
    Cast.objects.create(session=rooms[0], user=mei, role=CastRole.MODERATOR)
    load = queries.moderation_load()
    assert (load.rooms, load.moderators, load.unwatched, load.is_too_few) == (51, 1, 50, True)
    browser = signed_in(op)
    assert "正在直播 51 间，场控 1 人" in browser.get("/ops/live").content.decode()
    assert "场控不足的直播间" in browser.get("/ops/").content.decode()
    [trouble] = doctor._moderators()
    assert "51 live rooms are on air with 1 moderators" in trouble
    # A second one, in whatever room, is enough for a hundred.
    Cast.objects.create(session=rooms[1], user=op, role=CastRole.MODERATOR)
    assert not queries.moderation_load().is_too_few
    assert "场控不足的直播间" not in browser.get("/ops/").content.decode()
