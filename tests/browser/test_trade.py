"""A hot sale by hand, on phones with a weak network: announced, waited for, taken, paid, sold out.

Runs after the story, whose county figures it would change.
"""

import json
import re
from datetime import timedelta

import pytest
from playwright.sync_api import Page, Route, expect

from shanhuo.kernel import clock
from tests.browser.conftest import Phone
from tests.browser.house import House
from tests.browser.test_story import bring_the_product, fill, press

pytestmark = pytest.mark.browser
TITLE = "限量头茬脆李"


def test_the_last_piece_goes_to_one_buyer_over_a_weak_network(phone_of, platform):
    phones = [phone_of("lin"), phone_of("zhao"), phone_of("mei"), phone_of("mei", script=False)]
    lin, zhao, mei, plain = (phone.page for phone in phones)
    bring_the_product(lin, TITLE)
    announce_a_sale_of_one(lin)
    address = lin.get_by_role("link", name="买家看到的样子").get_attribute("href")
    wait_for_the_opening(zhao, platform, address)
    take_it_though_answers_are_lost(zhao)
    order_and_pay(zhao)
    nothing_is_left(mei, address)
    nothing_is_left_without_script(plain, address)
    lin.reload()
    expect(lin.locator("main .figures")).to_contain_text("29.80")
    expect(lin.locator("main .figures")).to_contain_text("抢光用时")
    for phone in phones:
        forget_refusals(phone)


def announce_a_sale_of_one(lin: Page) -> None:
    """The form keeps what was typed when a term is odd."""
    lin.goto("/sell/sales/new")
    opens = clock.now().astimezone(clock.SHANGHAI) + timedelta(minutes=5)
    lin.locator("[name=sku]").select_option(label=f"{TITLE} · 5 斤装")
    fill(lin, price_fen="49.80", stock_count="1", per_person="1")
    fill(lin, opens_at=f"{opens:%Y-%m-%dT%H:%M}")
    fill(lin, closes_at=f"{opens + timedelta(hours=1):%Y-%m-%dT%H:%M}")
    press(lin, "发布")
    expect(lin.locator("main [role=alert]")).to_be_visible()
    fill(lin, price_fen="29.80")
    press(lin, "发布")
    expect(lin.locator("h1")).to_contain_text(TITLE)


def wait_for_the_opening(buyer: Page, platform: House, address: str) -> None:
    """The countdown runs by the server's clock; the button opens by itself."""
    buyer.goto(address)
    expect(buyer.locator("[data-clock]")).to_contain_text(re.compile(r"距开始 00:0[34]:"))
    expect(buyer.locator("[data-buy]")).to_be_disabled()
    sale_id = address.rpartition("/")[2]
    platform.run(
        "from datetime import timedelta; from shanhuo.kernel import clock; "
        "from shanhuo.orders.models import HotSale; "
        f"HotSale.objects.filter(public_id='{sale_id}')"
        ".update(opens_at=clock.now() + timedelta(seconds=4))"
    )
    buyer.reload()
    expect(buyer.locator("[data-buy]")).to_be_enabled(timeout=15_000)
    expect(buyer.locator("[data-clock]")).to_contain_text("距结束")


def take_it_though_answers_are_lost(buyer: Page) -> None:
    """The first request gets lost on the way, the answer to the second on the way back."""
    sent: list[str | None] = []

    def weak(route: Route) -> None:
        sent.append(route.request.post_data)
        if len(sent) == 2:
            route.fetch()
        if len(sent) <= 2:
            route.abort()
        else:
            route.continue_()

    buyer.route("**/hot/buy", weak)
    press(buyer, "立即抢购")
    buyer.wait_for_url("**/order")
    first, *repeated = [json.loads(body or "") for body in sent]
    assert repeated == [{**first, "again": True}] * 2


def order_and_pay(buyer: Page) -> None:
    buyer.get_by_role("link", name="添加地址").click()
    fill(buyer, recipient="赵女士", phone="13900139001", street="曲尺乡 1 号")
    fill(buyer, place="重庆市 · 渝中区")
    press(buyer, "保存")
    expect(buyer.locator(".sticky")).to_contain_text("¥29.80")
    buyer.locator(".sticky button.primary").click()
    buyer.get_by_role("link", name="去付款").click()
    buyer.locator("form button").click()
    buyer.wait_for_url("**/checkout/**")
    expect(buyer.locator("main")).to_contain_text("已付款", timeout=30_000)


def nothing_is_left(late: Page, address: str) -> None:
    late.goto(address)
    press(late, "立即抢购")
    expect(late.locator("[data-state]")).to_contain_text("已抢光")
    expect(late.locator("[data-buy]")).to_be_enabled()


def nothing_is_left_without_script(late: Page, address: str) -> None:
    late.goto(address)
    press(late, "立即抢购")
    expect(late.locator("[role=alert]")).to_contain_text("已抢光")


def forget_refusals(phone: Phone) -> None:
    """A browser writes every lost or refused request to its console, whatever the page does."""
    expected = re.compile(r"Failed to load resource: .* \S+(/hot/buy|/sell/sales/new|/claim)$")
    phone.complaints[:] = [one for one in phone.complaints if not expected.search(one)]


@pytest.mark.parametrize(
    ("who", "paths"),
    [
        ("mei", ["/orders", "/sales", "/basket"]),
        (
            "lin",
            [
                "/sell/orders",
                "/sell/shipments",
                "/sell/refunds",
                "/sell/statement",
                "/sell/slips",
                "/sell/slips/households",
                "/sell/slips/balance",
                "/sell/sales",
                "/sell/sales/new",
                "/sell/price-cuts",
            ],
        ),
        ("op", ["/ops/orders", "/ops/refunds", "/ops/books", "/ops/suspense", "/ops/notices"]),
    ],
)
def test_lists_fit_a_phone_and_keep_the_policy(phone_of, who, paths):
    phone = phone_of(who)
    for path in paths:
        page = phone.open(path)
        sideways = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert (path, page.locator("h1").count(), sideways <= 0) == (path, 1, True)
