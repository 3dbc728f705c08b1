"""The public pages and the switches in the footer."""

from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from shanhuo.people import rules

pytestmark = pytest.mark.django_db


def test_the_front_page_speaks_chinese_unless_asked(client):
    assert client.get("/").headers["Content-Language"] == "zh-hans"
    client.post("/settings/language", {"language": "en", "next": "/about"})
    assert client.get("/").headers["Content-Language"] == "en"


def test_care_mode_stays_on_until_it_is_turned_off(client):
    assert 'class="care"' not in client.get("/").text
    client.post("/settings/mode", {"care": "1", "next": "/"})
    assert 'class="care"' in client.get("/").text
    client.post("/settings/mode", {"care": "0", "next": "/"})
    assert 'class="care"' not in client.get("/").text


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example/", "javascript:alert(1)"]
)
def test_attack_35_next_never_leads_to_another_site(client, target):
    answer = client.post("/settings/mode", {"care": "1", "next": target})
    assert (answer.status_code, answer.headers["Location"]) == (302, "/")


def test_youth_mode_is_left_only_with_the_code_that_entered_it(client):
    client.post("/settings/youth", {"code": "2580"})
    wrong = client.post("/settings/youth", {"code": "1111"})
    assert wrong.status_code == 422
    assert client.cookies["sh_youth"].value != ""
    client.post("/settings/youth", {"code": "2580"})
    assert client.cookies["sh_youth"].value == ""


def test_youth_mode_of_an_account_holds_in_every_browser(client, mei):
    client.force_login(mei)
    client.post("/settings/youth", {"code": "2580"})
    mei.refresh_from_db()
    assert not rules.may_trade(mei)
    client.cookies.pop("sh_youth")
    assert client.post("/settings/youth", {"code": "1111"}).status_code == 422
    client.post("/settings/youth", {"code": "2580"})
    mei.refresh_from_db()
    assert rules.may_trade(mei)


def test_a_missing_page_says_so_in_the_form_the_asker_reads(client):
    assert client.get("/nowhere").status_code == 404
    assert client.get("/api/nowhere").json()["code"] == "not_found"
    fragment = client.get("/nowhere", headers={"HX-Request": "true"})
    assert fragment.headers["HX-Retarget"] == "#notices"
    assert "<html" not in fragment.text


@pytest.mark.parametrize("text", ['"', "*", "NEAR(", "%' OR 1=1", "\x00", "李" * 500])
def test_attack_27_odd_searches_find_nothing_and_break_nothing(client, text):
    # A NUL character is no text: refused before anything is searched.
    assert client.get("/search", {"q": text}).status_code == (400 if "\x00" in text else 200)


def test_the_front_page_asks_as_often_for_three_products_as_for_one(
    client, make_product, django_assert_num_queries
):
    make_product(title="一")
    with CaptureQueriesContext(connection) as one:
        client.get("/")
    make_product(title="二")
    make_product(title="三")
    with django_assert_num_queries(len(one)):
        client.get("/")


@pytest.mark.parametrize(
    ("referer", "next_path"),
    [
        ("http://testserver/g/abc?post=xyz", "/g/abc?post=xyz"),
        ("https://elsewhere.example/g/abc", "/"),
        ("", "/"),
        ("//testserver.elsewhere.example/", "/"),
    ],
)
def test_attack_35_a_visitor_who_presses_buy_signs_in_and_is_back_on_the_product(
    client, referer, next_path
):
    answer = client.post("/basket/add", headers={"referer": referer})
    assert (answer.status_code, parse_qs(urlsplit(answer["Location"]).query)["next"]) == (
        302,
        [next_path],
    )
