"""Lists tell what was seen of them and opened; and what is bought says from where."""

import pytest

from shanhuo.traffic.kinds import Kind, ObjectKind, Surface
from shanhuo.traffic.log import SignalLog
from tests.browser.house import House
from tests.browser.waiting import until

pytestmark = pytest.mark.browser


def told(platform: House) -> set[tuple[int, int, int]]:
    """(surface, kind, kind of object) of everything in the platform's log."""
    log = SignalLog(platform.data_dir / "signals")
    with log.open() as connection:
        query = "SELECT DISTINCT surface, kind, object_kind FROM signals"
        return set(connection.execute(query).fetchall())


def test_a_search_tells_what_was_seen_and_opened(phone_of, platform, market):
    page = phone_of().open("/search?q=示例")
    product = (Surface.SEARCH, Kind.EXPOSURE, ObjectKind.PRODUCT)
    until(page, lambda: product in told(platform))
    page.locator("main li.tile[data-slot]").last.scroll_into_view_if_needed()
    post = (Surface.SEARCH, Kind.EXPOSURE, ObjectKind.POST)
    until(page, lambda: post in told(platform))
    page.locator("main .list a.go").first.click()
    page.locator("form[action*=basket]").wait_for()
    assert "sheet=" in page.url
    clicked = (Surface.SEARCH, Kind.CLICK_PRODUCT, ObjectKind.PRODUCT)
    until(page, lambda: clicked in told(platform))


def test_what_is_bought_from_a_countys_shop_is_told_and_kept(phone_of, platform, market):
    page = phone_of("mei").open(market.address("/c/{county}/shop"))
    page.locator("article.tile[data-slot] a").first.click()
    page.locator("main input[name=sku]").first.check()
    page.locator("button[data-signal=basket]").click()
    page.wait_for_url("**/basket")
    basket = (Surface.PRODUCT, Kind.BASKET, ObjectKind.PRODUCT)
    shop = (Surface.MALL, Kind.CLICK_PRODUCT, ObjectKind.PRODUCT)
    until(page, lambda: {basket, shop} <= told(platform))
    platform.run(
        "from shanhuo.orders.models import BasketLine;"
        " assert BasketLine.objects.latest('pk').via_exposure"
    )
