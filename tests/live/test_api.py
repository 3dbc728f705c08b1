"""Live sessions by API: planned, checked, filled and filmed by programs."""

import json
from datetime import timedelta

import pytest

from shanhuo.live.models import Session
from shanhuo.live.services import airing


@pytest.fixture
def call(client):
    def send(user, verb, path, body=None, status=200):
        if user:
            client.force_login(user)
        answer = client.generic(
            verb, f"/api/live{path}", json.dumps(body or {}), content_type="application/json"
        )
        assert answer.status_code == status, answer.content
        return answer.json() if answer.content else None

    return send


def test_a_program_plans_fills_submits_and_films(call, lin, op, mei, cooperative, make_sku, noon):
    starts_at = (noon + timedelta(days=1)).isoformat()
    wish = {"organisation": cooperative.public_id, "starts_at": starts_at, "is_adult": True}
    call(mei, "POST", "", wish, status=403)
    call(lin, "POST", "", {**wish, "is_adult": False}, status=422)
    plan = call(lin, "POST", "", wish, status=201)
    here = f"/{plan['session']['id']}"
    assert (plan["session"]["status"], plan["missing"]) == ("draft", ["goods"])
    assert call(lin, "POST", f"{here}/submit", status=409)["details"] == {"missing": ["goods"]}
    product = make_sku().product
    [item] = call(lin, "POST", f"{here}/items", {"product": product.public_id})
    assert (item["product"], item["problem"]) == (product.public_id, "unchecked")
    assert call(lin, "POST", f"{here}/submit")["session"]["status"] == "submitted"
    call(lin, "POST", f"{here}/check", {"agreed": True}, status=403)
    assert call(op, "POST", f"{here}/check", {"agreed": True})["session"]["status"] == "scheduled"
    call(mei, "PUT", f"{here}/reminder", status=204)
    call(mei, "POST", f"{here}/ticket", status=404)
    ticket = call(lin, "POST", f"{here}/ticket", {"is_rehearsal": True})["ticket"]
    session = Session.objects.get()
    assert airing.read_ticket(ticket, now=noon) == (session.pk, lin.pk, True)
    [item] = call(lin, "POST", f"{here}/items/{item['number']}", {"deed": "pin"})
    assert item["is_pinned"]
    call(lin, "POST", f"{here}/items/999", {"deed": "pin"}, status=404)
    sheet = call(mei, "GET", here)
    assert (sheet["items"][0]["merchant"], sheet["cast"][0]["role"]) == ("巫山山货合作社", "host")
    assert [one["id"] for one in call(mei, "GET", "")] == [session.public_id]
    call(lin, "POST", f"{here}/end", status=409)
    assert (
        call(lin, "POST", f"{here}/cancel", {"reason": "下雨"})["session"]["status"] == "cancelled"
    )


def test_drafts_are_nobody_elses(call, plan, mei, lin):
    here = f"/{plan().public_id}"
    call(mei, "GET", here, status=404)
    for deed in ("submit", "take-back", "cancel", "end", "ticket"):
        call(mei, "POST", f"{here}/{deed}", status=404)
    assert len(call(lin, "GET", "/mine")) == 1
