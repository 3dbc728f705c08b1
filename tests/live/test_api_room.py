"""Everything a host does on pages is done by programs too, by the same rules."""

import json
from datetime import timedelta
from io import BytesIO

import pytest
from openpyxl import load_workbook

from shanhuo.kernel import clock, jobs
from shanhuo.live.models import Message, Penalty, Session
from shanhuo.live.services import film, room_sums
from shanhuo.live.services.room_sums import Sums
from shanhuo.live.states import Arrival
from tests.live.test_replay_pages import filmed as filmed
from tests.live.test_replay_pages import takes as takes


@pytest.fixture
def call(client):
    def send(user, verb, path, body=None, status=200):
        client.logout()
        if user:
            client.force_login(user)
        answer = client.generic(
            verb, f"/api{path}", json.dumps(body or {}), content_type="application/json"
        )
        assert answer.status_code == status, answer.content
        is_json = answer.headers.get("Content-Type", "").startswith("application/json")
        return answer.json() if is_json and answer.content else answer

    return send


@pytest.fixture
def on_air(announced, noon):
    session = announced()
    Session.objects.filter(pk=session.pk).update(
        status="on_air", on_air_at=noon - timedelta(minutes=3)
    )
    session.refresh_from_db()
    return session


def test_words_cast_and_order_are_set_before_the_check(
    call, plan, put_goods, lin, zhao, mei, monkeypatch
):
    session = plan(kind="costream")
    put_goods(session, 2)
    here = f"/live/{session.public_id}"
    call(mei, "PATCH", f"{here}/words", {"title": "别人的"}, status=404)
    words = call(lin, "PATCH", f"{here}/words", {"title": "两县同播"})
    assert words["session"]["title"] == "两县同播"
    monkeypatch.setattr("shanhuo.people.queries.user_by_phone", lambda phone: zhao)
    host = {"person": lin.public_id, "role": "host", "share_basis_points": 6_000}
    partner = {"phone": "13900139000", "role": "cohost", "share_basis_points": 4_000}
    odd = call(lin, "PUT", f"{here}/cast", {"cast": [host]}, status=422)
    assert odd["code"] == "shares_do_not_sum"
    call(lin, "PUT", f"{here}/cast", {"cast": [host, partner]})
    assert call(zhao, "POST", f"{here}/agree", status=422)["code"] == "age_not_stated"
    call(zhao, "POST", f"{here}/agree", {"is_adult": True})
    cast = call(zhao, "GET", here)["cast"]
    assert [part["share_basis_points"] for part in cast] == [6_000, 4_000]
    first, second = session.items.values_list("pk", flat=True)
    moved = call(lin, "PUT", f"{here}/showcase", {"numbers": [second, first]})
    assert [item["number"] for item in moved] == [second, first]
    call(lin, "PUT", f"{here}/showcase", {"numbers": [second]}, status=409)


def test_a_limited_offer_and_a_key_are_had_by_their_host_alone(call, on_air, lin, mei, noon):
    here = f"/live/{on_air.public_id}"
    item = on_air.items.get()
    sku = item.product.skus.get()
    terms = {
        "sku": sku.public_id,
        "price_fen": sku.price_fen - 500,
        "stock_count": 3,
        "opens_at": (noon + timedelta(minutes=1)).isoformat(),
        "closes_at": (noon + timedelta(minutes=9)).isoformat(),
    }
    for path, body in ((f"items/{item.pk}/offer", terms), ("key", None)):
        call(mei, "POST", f"{here}/{path}", body, status=404)
    [shown] = call(lin, "POST", f"{here}/items/{item.pk}/offer", terms)
    assert (shown["offer"]["left_count"], shown["offer"]["price_fen"]) == (3, sku.price_fen - 500)
    call(lin, "POST", f"{here}/items/999/offer", terms, status=404)
    key = call(lin, "POST", f"{here}/key")
    assert key["key"].startswith(on_air.public_id)


def test_goods_that_came_late_wait_for_somebody_without_a_part(
    call, on_air, lin, wang, mei, make_sku, make_product, noon
):
    here = f"/live/{on_air.public_id}"
    product = make_sku(make_product("柚子")).product
    with clock.at(noon + timedelta(minutes=1)):
        items = call(lin, "POST", f"{here}/items", {"product": product.public_id})
    [late] = [item["number"] for item in items if item["problem"] == "unchecked"]
    call(mei, "POST", f"{here}/items/{late}/pass", status=403)
    assert call(wang, "POST", f"{here}/items/{late}/pass")["problem"] is None
    call(wang, "POST", f"{here}/items/{late}/pass", status=404)


def test_the_room_is_read_spoken_in_and_kept_in_order(call, on_air, lin, mei, stranger):
    here = f"/live/{on_air.public_id}"
    assert call(mei, "POST", f"{here}/lines", {"body": "这个甜吗"}, status=201) == {
        "verdict": "shown"
    }
    call(None, "POST", f"{here}/lines", {"body": "路过"}, status=401)
    state = call(None, "GET", f"{here}/room")
    assert [line["body"] for line in state["messages"]] == ["这个甜吗"]
    line = Message.objects.get().public_id
    call(stranger, "POST", f"{here}/lines/{line}/report", status=204)
    call(stranger, "GET", f"{here}/order", status=404)
    call(stranger, "POST", f"{here}/lines/{line}", {"deed": "ban"}, status=404)
    assert call(lin, "GET", f"{here}/order")["to_decide"][0]["reports"] == 1
    call(lin, "POST", f"{here}/lines/{line}", {"deed": "mute"}, status=204)
    call(mei, "POST", f"{here}/lines", {"body": "再来"}, status=403)
    [muted] = call(lin, "GET", f"{here}/order")["penalties"]
    assert call(lin, "POST", f"{here}/order/lift", {"penalty": muted["penalty"]})["penalties"] == []
    assert Penalty.objects.get().lifted_at is not None
    said = call(lin, "PUT", f"{here}/announcement", {"text": "八点抽检"})
    assert said["announcement"] == "八点抽检"
    assert call(lin, "PUT", f"{here}/slow-mode", {"seconds": 5})["slow_mode_seconds"] == 5
    call(lin, "PUT", f"{here}/slow-mode", {"seconds": 7}, status=422)
    assert call(mei, "POST", f"{here}/room/ticket")["ticket"]


def test_questions_are_asked_answered_and_found_again(call, on_air, lin, mei, stranger):
    here = f"/live/{on_air.public_id}/questions"
    asked = call(mei, "POST", here, {"body": "叶子发黄怎么办", "crop": "脆李"}, status=201)
    [waiting] = asked["next"]
    assert (waiting["asker"], asked["waiting"]) == ("梅**", 1)
    call(mei, "POST", here, {"body": "再问一个问题"}, status=409)
    call(stranger, "POST", f"{here}/{waiting['id']}", {"deed": "start"}, status=403)
    assert call(lin, "POST", f"{here}/{waiting['id']}", {"deed": "start"})["answering"]["id"]
    assert call(lin, "POST", f"{here}/{waiting['id']}", {"deed": "end"})["answering"] is None
    call(lin, "POST", f"{here}/{waiting['id']}", {"deed": "end"}, status=409)
    assert call(None, "GET", "/live-answers?crop=脆李") == []


def test_results_are_the_same_by_program_and_for_nobody_else(call, bought, ended, lin, mei):
    room_sums.add_sums([Sums(ended.pk, {Arrival.SHARE: 4})], now=ended.ended_at)
    here = f"/live/{ended.public_id}/results"
    call(mei, "GET", here, status=404)
    call(None, "GET", here, status=401)
    one = call(lin, "GET", here)
    assert (one["orders"], one["paid_fen"], one["arrivals"]) == (
        1,
        11_940,
        [{"source": "share", "joins": 4}],
    )
    assert [(good["title"], good["units"]) for good in one["goods"]] == [("巫山脆李", 3)]
    assert [each["session"] for each in call(lin, "GET", "/live-results")] == [ended.public_id]
    assert call(mei, "GET", "/live-results") == []
    book = load_workbook(BytesIO(call(lin, "GET", f"{here}.xlsx").content))
    assert next(iter(list(book.active.values)[1])) == "巫山脆李"
    book = load_workbook(BytesIO(call(lin, "GET", "/live-results.xlsx").content))
    assert list(book.active.values)[1][0] == ended.public_id


def test_replay_clips_and_film_by_program_until_it_is_withdrawn(call, filmed, lin, op, mei):
    here = f"/live/{filmed.public_id}"
    product = filmed.items.get().product.public_id
    film.cut_clips(session_id=filmed.pk)
    assert [one["title"] for one in call(None, "GET", f"{here}/replay")["chapters"]] == ["巫山脆李"]
    clips = call(None, "GET", f"{here}/clips")
    assert clips == call(None, "GET", f"/products/{product}/explained")
    assert clips[0]["page"] == f"/live/{filmed.public_id}/explained/{product}"
    call(mei, "POST", f"{here}/film", status=404)
    assert call(lin, "POST", f"{here}/film", status=202)["state"] == "waiting"
    call(lin, "GET", f"{here}/film.mp4", status=404)
    jobs.run_due()
    ready = call(lin, "GET", f"{here}/film")
    answer = call(lin, "GET", f"{here}/film.mp4")
    assert (ready["state"], len(b"".join(answer.streaming_content))) == ("ready", ready["of_bytes"])
    call(mei, "POST", f"{here}/replay/withdraw", {"reason": "我不喜欢"}, status=404)
    call(lin, "POST", f"{here}/replay/withdraw", {"reason": "说错了价格"}, status=204)
    call(None, "GET", f"{here}/replay", status=404)
    assert call(None, "GET", f"{here}/clips") == []
    call(lin, "POST", f"{here}/replay/bring-back", {"reason": "改主意了"}, status=403)
    call(op, "POST", f"{here}/replay/bring-back", {"reason": "核对无误"}, status=204)
    assert call(None, "GET", f"{here}/replay")["duration_ms"] == 8_000
