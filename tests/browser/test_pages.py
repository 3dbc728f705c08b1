"""Every public page in a real browser: no violation of the policy, no error, nothing sideways."""

import pytest

pytestmark = pytest.mark.browser

PAGES = [
    "/",
    "/search?q=脆李",
    "/pool",
    "/c/500237",
    "/c/500237/shop",
    "/metrics",
    "/metrics/households",
    "/projects",
    "/basket",
    "/goods",
    "/watch",
    "/counties",
    "/counties?province=500000",
    "/about",
    "/rules",
    "/me",
    "/settings/youth",
    "/account/sign-in",
    "/live",
    "/live/answers",
]


def test_every_page_fits_a_phone_and_keeps_the_policy(phone_of):
    phone = phone_of()
    for path in PAGES:
        page = phone.open(path)
        sideways = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert (path, page.locator("h1").count(), sideways <= 0) == (path, 1, True)


def test_signing_in_leads_back_to_where_one_was(phone_of):
    page = phone_of("wang").open("/me")
    page.get_by_role("link", name="县域工作台").click()
    assert page.url.endswith("/county/")


def test_the_county_search_answers_while_typing(phone_of):
    page = phone_of().open("/counties")
    page.locator("#county-q").press_sequentially("wushan")
    page.get_by_role("link", name="重庆市 · 巫山县").wait_for()


def test_the_county_search_works_without_script(phone_of):
    page = phone_of(script=False).open("/counties")
    page.locator("#county-q").fill("巫山")
    page.get_by_role("button", name="查找").click()
    assert page.get_by_role("link", name="重庆市 · 巫山县").count() == 1
