"""Whose name a request calls: only ours is answered, and only the public one is passed on."""

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db
FOREIGN = [
    "evil.example",
    "localhost.evil.example",
    "evil.example:8000",
    "localhost@evil.example",
    "localhost:80@evil.example",
    "localhost\\@evil.example",
    "localhost evil.example",
    "[::1].evil.example",
    "..",
]
FORGED = {
    "X-Forwarded-Host": "evil.example",
    "X-Forwarded-Server": "evil.example",
    "X-Forwarded-Port": "666",
    "X-Host": "evil.example",
    "X-Original-Host": "evil.example",
    "X-Original-URL": "/evil.example",
    "X-Rewrite-URL": "/evil.example",
    "Forwarded": "host=evil.example;proto=https",
}


@pytest.fixture(autouse=True)
def our_names(settings):
    settings.ALLOWED_HOSTS = ["localhost", "shop.shanhuo.example", "testserver"]
    settings.PUBLIC_ORIGIN = "https://shanhuo.example"


@pytest.fixture
def lot(make_lot):
    return make_lot()


@pytest.mark.parametrize("host", FOREIGN)
@pytest.mark.parametrize(
    "path", ["/", "/account/sign-in", "/api/counties", "/admin/login/", "/gone"]
)
def test_attack_35_under_another_name_there_is_nobody(client, host, path):
    answer = client.get(path, headers={"host": host})
    assert answer.status_code == 400
    assert "evil" not in answer.text
    assert answer.cookies.get("sessionid") is None


@pytest.mark.parametrize("host", FOREIGN)
def test_attack_35_no_code_is_sent_under_another_name(client, host, settings):
    settings.DEMO = True
    answer = client.post("/account/sign-in", {"phone": "13800138000"}, headers={"host": host})
    assert answer.status_code == 400
    assert client.session.get("people.sent_code") is None


@pytest.mark.parametrize("path", ["/", "/goods", "/account/sign-in", "/lot/{code}", "/me"])
def test_attack_35_forged_forwarding_names_appear_on_no_page(client, lot, path):
    answer = client.get(path.format(code=lot.public_id), headers=FORGED)
    assert "evil.example" not in answer.content.decode() + str(answer.headers)


def test_attack_35_links_that_leave_the_house_carry_the_public_address(client, lot):
    """What is printed, scanned and shared leads to us, whatever name of ours the asker used."""
    page = client.get(f"/lot/{lot.public_id}", headers={"host": "shop.shanhuo.example", **FORGED})
    assert page.context["sheet"].address.startswith("https://shanhuo.example/")
    told = client.get(f"/api/lots/{lot.public_id}/certificate", headers=FORGED).json()
    assert told["address"].startswith("https://shanhuo.example/")
    shared = client.get("/", headers={"host": "shop.shanhuo.example", **FORGED}).content.decode()
    assert "shop.shanhuo.example" not in shared


def test_attack_35_a_redirect_stays_on_the_name_that_was_asked(client):
    answer = client.get("/account/", headers=FORGED)
    assert answer.status_code == 302
    assert answer["Location"].startswith("/account/sign-in?")


def test_attack_35_a_form_of_another_site_is_refused_by_its_origin(mei):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(mei)
    browser.get("/account/", headers={"host": "localhost"})
    token = browser.cookies["csrftoken"].value
    form = {"display_name": "别人", "csrfmiddlewaretoken": token}
    for origin in ("https://evil.example", "null", "http://localhost.evil.example"):
        answer = browser.post("/account/", form, headers={"host": "localhost", "origin": origin})
        assert answer.status_code == 403, origin
    mei.refresh_from_db()
    assert mei.display_name == "梅买家"
