"""Who calls the API: sessions with their CSRF token, bearer tokens, nobody else."""

import json

import pytest
from django.test import Client

from shanhuo.kernel import clock
from shanhuo.people import api_tokens
from shanhuo.people import services as people

CLOSED = "/api/my/posts"


@pytest.fixture
def token(mei, noon) -> str:
    return api_tokens.issue(user=mei, now=noon)


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def test_a_token_acts_for_its_person_without_a_cookie(client, token):
    assert client.get(CLOSED).status_code == 401
    assert client.get(CLOSED, headers=bearer(token)).status_code == 200


def test_a_token_ends_with_its_time_with_signing_out_everywhere_and_with_the_account(
    client, mei, token, noon
):
    with clock.at(noon + api_tokens.LASTS):
        assert client.get(CLOSED, headers=bearer(token)).json()["code"] == "bad_token"
    people.end_all_sessions(user=mei, now=noon)
    assert client.get(CLOSED, headers=bearer(token)).status_code == 401
    fresh = api_tokens.issue(user=type(mei).objects.get(pk=mei.pk), now=noon)
    type(mei).objects.filter(pk=mei.pk).update(is_active=False)
    assert client.get(CLOSED, headers=bearer(fresh)).status_code == 401


@pytest.mark.parametrize("token", ["", "x", "Zm9v", "a:b", "é", "." * 5000])
def test_a_forged_token_is_refused_even_where_anybody_may_ask(client, db, token):
    answer = client.get("/api/posts", headers=bearer(token))
    assert (answer.status_code, answer.json()["code"]) == (401, "bad_token")


def test_a_token_is_made_on_a_page_and_shown_once(client, mei):
    client.force_login(mei)
    page = client.post("/settings/token")
    shown = page.context["token"]
    assert Client().get(CLOSED, headers=bearer(shown)).status_code == 200
    assert shown not in client.get("/settings/token").text


def test_attack_35_a_session_writes_only_with_its_csrf_token(zhao):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(zhao)
    answer = browser.post("/api/posts", data=b"{}", content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (403, "csrf")
    browser.get("/me")
    csrf = {"X-CSRFToken": browser.cookies["csrftoken"].value}
    answer = browser.post("/api/posts", data=b"{}", content_type="application/json", headers=csrf)
    assert answer.status_code == 422


def test_attack_34_deep_json_and_ten_thousand_parameters_are_refused_kindly(client, zhao, noon):
    headers = bearer(api_tokens.issue(user=zhao, now=noon))
    deep = "[" * 100_000 + "]" * 100_000
    answer = client.post("/api/posts", data=deep, content_type="application/json", headers=headers)
    assert answer.status_code in {400, 422}
    many = "&".join(f"p{number}=1" for number in range(10_000))
    assert client.get(f"/api/posts?{many}").status_code in {200, 400}


def test_a_refusal_has_the_same_shape_everywhere(client, db):
    for path in ("/api/nowhere", "/api/posts/0000000000000000", CLOSED):
        assert sorted(client.get(path).json()) == ["code", "details", "message"]


def test_the_document_says_how_every_operation_refuses_and_whom_it_serves(client, db):
    document = client.get("/api/openapi.json").json()
    assert document["openapi"].startswith("3.1")
    for operations in document["paths"].values():
        for operation in operations.values():
            closed = operation["security"] != []
            wanted = {"400", "404", "409", "422", "429"} | ({"401", "403"} if closed else set())
            assert wanted <= set(operation["responses"])
            assert operation["x-serves"] != []
            assert operation["summary"] != ""


def test_the_docs_page_loads_nothing_from_elsewhere(client, db):
    page = client.get("/api/docs").text
    assert "//cdn" not in page
    assert "https://" not in page


def test_unknown_fields_of_a_body_change_nothing(client, zhao, noon):
    headers = bearer(api_tokens.issue(user=zhao, now=noon))
    body = json.dumps({"status": "published", "author": "0" * 16, "caption": "x" * 10_000})
    answer = client.post("/api/posts", data=body, content_type="application/json", headers=headers)
    assert answer.status_code == 422
