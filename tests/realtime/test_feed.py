import json

from shanhuo.traffic import viewers
from tests.realtime.conftest import Door


def test_a_new_viewer_gets_a_token_and_an_empty_platform_an_empty_list(door: Door):
    said = door.ask("GET", "/hot/feed")
    assert (said.status, json.loads(said.body)) == (
        200,
        {"sheet": "", "stage": "empty", "items": []},
    )
    cookie = said.header("set-cookie")
    assert viewers.read(cookie.removeprefix("sh_viewer=").partition(";")[0]) is not None
    assert "HttpOnly; SameSite=Lax" in cookie
    assert said.header("cache-control") == "no-store"


def test_a_known_viewer_keeps_the_token_and_a_forged_one_is_replaced(door: Door):
    known = f"{viewers.COOKIE}={viewers.write(viewers.viewer_of('mei'))}"
    assert door.ask("GET", "/hot/feed", Cookie=known).header("set-cookie") == ""
    forged = known[:-2] + "zz"
    assert door.ask("GET", "/hot/feed", Cookie=forged).header("set-cookie") != ""


def test_a_question_that_is_none_is_refused(door: Door):
    for query in ("n=0", "n=21", "n=-1", "n=x", "n=１", "m=1", "n=5&n=6", "n"):
        said = door.ask("GET", f"/hot/feed?{query}")
        assert (said.status, said.code) == (400, "bad_query")
