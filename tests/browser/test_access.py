"""For everybody: enough contrast, a keyboard is enough, and large letters fit."""

import pytest

from tests.browser.looking import next_stop, pale_text, stops
from tests.browser.waiting import until, until_first_view

pytestmark = pytest.mark.browser

PUBLIC = [
    "/",
    "/goods",
    "/g/{product}",
    "/p/{clip}",
    "/c/{county}",
    "/c/{county}/shop",
    "/search?q=示例",
    "/counties",
    "/metrics",
    "/rules",
    "/account/sign-in",
    "/live",
    "/live/{session}",
]
DESKS = {
    "lin": [
        *("/sell/", "/sell/products", "/sell/orders", "/sell/statement", "/sell/slips/new"),
        *("/studio/live", "/studio/live/new", "/studio/live/results"),
    ],
    "wang": [
        *("/county/", "/county/households", "/county/figures", "/county/pool"),
        *("/county/live", "/county/live/goods"),
    ],
    "op": ["/ops/", "/review", "/ops/live", "/ops/live/evidence"],
}


def test_what_stands_on_a_page_can_be_read(phone_of, market):
    phone = phone_of()
    pale = {}
    for path in PUBLIC:
        phone.open(market.address(path))
        until_first_view(phone.page)
        pale[path] = pale_text(phone.page)
    assert pale == {path: {} for path in PUBLIC}


@pytest.mark.parametrize("who", DESKS)
@pytest.mark.parametrize("wide", [False, True])
def test_a_desk_can_be_read_with_large_letters_and_fits(phone_of, who, wide):
    phone = phone_of(who, wide=wide)
    page = phone.open("/about")
    page.locator("footer button[name=care]").click()
    page.wait_for_url("**/about")
    for path in DESKS[who]:
        phone.open(path)
        sideways = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert (path, page.locator("html.care").count(), sideways <= 0) == (path, 1, True)
        assert (path, clipped(page)) == (path, [])
        assert (path, pale_text(page)) == (path, {})


def clipped(page) -> list[str]:
    """Figures and names that do not fit into their box."""
    return page.locator(".brand, .figure .value, .button, .badge").evaluate_all(
        "all => all.filter((one) => one.scrollWidth > one.clientWidth + 1 && one.clientWidth)"
        ".map((one) => one.textContent.trim())"
    )


def test_the_keyboard_alone_leads_through_the_goods(phone_of, market):
    """The skip link first; then every stop is seen and marked; at the end one is out again."""
    page = phone_of(wide=True).open(market.address("/g/{product}"))
    assert next_stop(page)["tag"] == "A"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id || location.hash") in {"main", "#main"}
    found = stops(page)
    assert {"立即购买", "加入购物车"} <= {stop["name"] for stop in found}
    assert [stop for stop in found if not (stop["marked"] and stop["seen"])] == []


def test_the_clips_are_watched_and_left_by_keyboard(phone_of, market):
    page = phone_of(wide=True).open("/watch")
    page.locator(".one-by-one .clip").first.wait_for()
    page.keyboard.press("ArrowDown")
    second = page.locator(".clip").nth(1)
    until(page, lambda: second.bounding_box()["y"] < page.viewport_size["height"] / 2)
    page.locator("nav a[href='/goods']").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/goods")
