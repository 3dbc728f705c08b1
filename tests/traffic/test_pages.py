"""The feed's pages and API: who is watching, why, and what they may switch off."""

import re

import pytest

from shanhuo.regions.models import County
from shanhuo.traffic import moments, serving, viewers
from shanhuo.traffic.kinds import Flags, Source
from shanhuo.traffic.reasons import WORDS
from tests.traffic.conftest import token_for

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_platform(settings, tmp_path):
    settings.SIGNALS_DIR = tmp_path / "signals"
    serving.forget()
    yield
    serving.forget()


def viewer_in(client) -> viewers.Viewer:
    found = viewers.read(client.cookies[viewers.COOKIE].value)
    assert found is not None
    return found


def test_an_empty_platform_says_what_comes(client):
    page = client.get("/watch")
    assert page.status_code == 200
    assert "还没有视频" in page.content.decode()


def test_without_script_the_page_is_a_list_of_films(client, make_post, noon):
    make_post("巫山脆李熟了")
    page = client.get("/watch").content.decode()
    assert page.count('<article class="clip') == 3  # one post, and the two templates for the script
    assert "巫山脆李熟了" in page
    assert '<video class="film" controls playsinline loop preload="none"' in page


def test_signing_in_makes_the_browser_the_accounts_viewer_and_out_a_new_one(client, mei):
    client.get("/watch")
    before = viewer_in(client)
    client.force_login(mei)
    client.get("/watch")
    assert viewer_in(client) == viewers.viewer_of(mei.viewer_secret)
    client.logout()
    client.get("/watch")
    after = viewer_in(client)
    assert after.key not in {before.key, viewers.viewer_of(mei.viewer_secret).key}
    assert not after.signed_in


def test_a_forged_viewer_token_is_replaced(client):
    client.cookies[viewers.COOKIE] = "forged"
    client.get("/watch")
    assert viewer_in(client).key


def test_personalisation_is_off_at_once_and_stays_off_when_signing_in(client, mei):
    client.get("/watch")
    client.post("/settings/feed", {"county": ""})
    assert not viewer_in(client).personal
    client.force_login(mei)
    client.get("/watch")
    assert viewer_in(client) == viewers.viewer_of(mei.viewer_secret, flags=int(Flags.NOT_PERSONAL))


def test_a_county_is_chosen_by_name_and_an_unknown_one_is_asked_again(client, make_county):
    county = make_county("巫山县", "500237")
    County.objects.filter(pk=county.pk).update(search_keys="|巫山县|500237|wushanxian|wsx|")
    client.get("/watch")
    assert client.post("/settings/feed", {"personal": "on", "county": "巫山县"}).status_code == 302
    assert viewer_in(client).county == 500237
    again = client.post("/settings/feed", {"personal": "on", "county": "没有的县"})
    assert again.status_code == 422
    assert "没有找到这个县" in again.content.decode()
    assert viewer_in(client).county == 500237


def test_why_says_what_was_logged_and_only_to_its_viewer(client, make_county, noon):
    make_county("巫山县", "500237")
    client.get("/watch")
    token = token_for(7, viewer=viewer_in(client).key, at_ms=moments.to_ms(noon))
    page = client.get("/watch/why", {"sheet": token, "slot": 0}).content.decode()
    assert "每条新视频都会得到第一批观众" in page
    assert "巫山县" in page
    assert client.get("/watch/why", {"sheet": token, "slot": 1}).status_code == 404
    assert client.get("/watch/why", {"sheet": token, "slot": "x"}).status_code == 404
    assert client.get("/watch/why", {"sheet": "forged", "slot": 0}).status_code == 404
    lent = token_for(7, viewer=99, at_ms=moments.to_ms(noon))
    assert client.get("/watch/why", {"sheet": lent, "slot": 0}).status_code == 404


def test_why_over_the_api(client, make_county, noon):
    client.get("/watch")
    token = token_for(7, viewer=viewer_in(client).key, at_ms=moments.to_ms(noon))
    said = client.get("/api/feed/why", {"sheet": token, "slot": 0}).json()
    assert (said["source"], said["county"], said["policy"], said["chance"]) == (
        *("fresh", "500237", 3),
        0.25,
    )
    assert client.get("/api/feed/why", {"sheet": token, "slot": 1}).status_code == 404


def test_settings_over_the_api_hold_for_the_next_list(client, make_county):
    make_county("巫山县", "500237")
    body = {"personal": False, "county": "500237"}
    said = client.put("/api/feed/settings", body, content_type="application/json")
    assert (said.status_code, said.json()) == (200, body)
    assert client.get("/api/feed/settings").json() == body
    unknown = {"personal": True, "county": "999999"}
    said = client.put("/api/feed/settings", unknown, content_type="application/json")
    assert said.status_code == 404
    assert client.get("/api/feed/settings").json() == body


def test_every_source_has_its_words():
    assert set(WORDS) == set(Source)


def test_a_post_page_carries_a_sheet_of_its_own(client, make_post, noon):
    post = make_post()
    page = client.get(f"/p/{post.public_id}").content.decode()
    found = re.search(r'data-sheet="([\w-]+)" data-slot="0"', page)
    assert found is not None
