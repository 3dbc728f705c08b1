"""The first yuan to a household, by hand, on a phone: every step of the main job with real clicks.

An officer opens a county, a cooperative brings a product with its certificate, a farmer posts a
clip from the phone, a reviewer publishes it, a buyer sees it, orders and pays at the payment
company, the goods travel, the money is divided, a household is paid, and the county page shows the
figures.
"""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.waiting import until

pytestmark = pytest.mark.browser

CLIP = Path(__file__).parents[1] / "media/video/portrait_rot90_h264_vfr_568x320_aac.mov"
PHOTO = Path(__file__).parents[1] / "media/image/grapes.jpg"
TITLE = "曲尺乡脆李"
CAPTION = "今早摘的脆李，果粉还在，一口脆。"


def fill(page: Page, **values: str) -> None:
    for name, value in values.items():
        page.locator(f"main [name={name}]").fill(value)


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def settle_now(platform) -> None:
    """What the worker does by itself every minute."""
    platform.run("from shanhuo.orders.tasks import settle; assert settle.func() == 1")


def count_now(platform) -> None:
    """What the worker does by itself every minute."""
    platform.run("from shanhuo.impact.tasks import roll_up; roll_up.func()")


def test_the_first_yuan_reaches_a_household(phone_of, platform):
    wang, lin, zhao = phone_of("wang").page, phone_of("lin").page, phone_of("zhao").page
    op, mei = phone_of("op").page, phone_of("mei").page

    open_the_county(wang)
    product = bring_the_product(lin)
    admit_it_to_the_pool(lin, wang, product)
    post_a_clip(zhao)
    publish_it(op)
    until(mei, lambda: any(item["caption"] == CAPTION for item in platform.feed()))
    order_and_pay(mei)
    ship_it(lin)
    receive_it(mei)
    settle_now(platform)
    pay_the_household(lin)
    count_now(platform)
    read_the_county_page(wang, mei)


def open_the_county(wang: Page) -> None:
    """The officer adds the village and a household that agreed."""
    wang.goto("/county/places")
    fill(wang, township="曲尺乡")
    wang.locator("form[data-draft=village] [name=name]").fill("柑园村")
    press(wang, "添加")
    expect(wang.locator("main .list")).to_contain_text("柑园村")
    wang.goto("/county/households/new")
    fill(wang, number="SL-001", head_name="陈示例")
    wang.locator("[name=kind][value=lifted]").check()
    wang.locator("[name=village]").select_option(label="曲尺乡 柑园村")
    fill(wang, given_on="2026-11-01")
    wang.locator("[name=channel]").first.check()
    press(wang, "登记")
    expect(wang.locator("main")).to_contain_text("SL-001")


def bring_the_product(lin: Page, title: str = TITLE) -> str:
    """Title, standard, photo, size with its price chain, lot with its certificate; then on sale."""
    lin.goto("/sell/products/new")
    fill(lin, title=title, story="江边坡地，天亮前下地。", grade="一级", size="单果 35 克以上")
    fill(lin, packing="网套加气柱箱", inspection="每批抽检农残速测")
    lin.locator("[name=season_months]").nth(10).check()
    press(lin, "保存")
    expect(lin.locator("h1")).to_have_text(title)
    product = lin.url
    lin.locator("input[type=file]").set_input_files(PHOTO)
    press(lin, "上传照片")
    lin.get_by_role("link", name="新规格").click()
    fill(lin, name="5 斤装", grams_per_unit="2500", stock_count="40", price="39.80")
    fill(lin, farm_gate_fen="24.00", packing_fen="6.00", freight_fen="5.80")
    fill(lin, platform_fee_fen="2.00", commission_fen="2.00")
    press(lin, "保存")
    lin.goto(product)
    lin.get_by_role("link", name="登记新批次").click()
    fill(lin, quantity="1000", origin="巫山县曲尺乡柑园村", contact="13800138000")
    press(lin, "开具合格证")
    lin.goto(product)
    press(lin, "上架")
    expect(lin.locator("main")).to_contain_text("上架日期")
    return product


def admit_it_to_the_pool(lin: Page, wang: Page, product: str) -> None:
    """Two people: the cooperative nominates, the county office checks."""
    lin.goto(product)
    fill(lin, reason="柑园村十八户一起种的时令脆李。")
    press(lin, "申报入池")
    wang.goto("/county/pool?status=nominated")
    wang.get_by_role("link", name=TITLE).click()
    for check in ("licence_ok", "certificate_ok", "stock_ok", "price_ok"):
        wang.locator(f"[name={check}]").check()
    press(wang, "准予入池")
    wang.goto("/pool")
    expect(wang.locator("main")).to_contain_text(TITLE)


def post_a_clip(zhao: Page) -> None:
    """The farmer becomes a creator in one step, and sends a film as the phone made it."""
    zhao.goto("/account/creator")
    fill(zhao, name="赵大姐的果园", county="巫山县")
    zhao.locator("[name=is_adult]").check()
    zhao.locator("main form button.primary").click()
    zhao.goto("/post")
    zhao.locator("[name=attached]").set_input_files(CLIP)
    fill(zhao, caption=CAPTION, topics="脆李 丰收", place_name="柑园村")
    zhao.locator("[name=product]").select_option(label=TITLE)
    zhao.locator("main form button.primary").click()
    expect(zhao.locator("#post-state .badge.wait")).to_be_visible()
    zhao.locator("#post-state .notice.wait").get_by_text("24").wait_for(timeout=60_000)


def publish_it(op: Page) -> None:
    op.goto("/review")
    op.get_by_role("link", name=CAPTION[:6]).click()
    op.locator("button[value=approve]").click()
    expect(op.locator("#notices [role=status]")).to_be_visible()


def order_and_pay(mei: Page) -> None:
    """From the feed to the payment company and back."""
    mei.goto("/watch")
    mei.locator("article.clip a.goods", has_text=TITLE).first.click()
    expect(mei.locator("main")).to_contain_text("¥39.80")
    press(mei, "立即购买")
    mei.get_by_role("link", name="添加地址").click()
    fill(mei, recipient="梅女士", phone="13900139000", street="解放碑街道 1 号")
    fill(mei, place="重庆市 · 渝中区")
    press(mei, "保存")
    mei.locator(".sticky button.primary").click()
    mei.get_by_role("link", name="去付款").click()
    mei.locator("form button").click()
    mei.wait_for_url("**/checkout/**")
    expect(mei.locator("main")).to_contain_text("已付款", timeout=30_000)


def ship_it(lin: Page) -> None:
    lin.goto("/sell/orders")
    lin.locator("main a.go").first.click()
    fill(lin, tracking_number="SF1234567890")
    press(lin, "确认发货")
    expect(lin.locator("main")).to_contain_text("SF1234567890")


def receive_it(mei: Page) -> None:
    """The receipt says where the money goes."""
    mei.goto("/orders")
    mei.locator("main a.go").first.click()
    press(mei, "确认收货")
    mei.get_by_role("link", name="钱去了哪里").first.click()
    expect(mei.locator("main")).to_contain_text("¥24.00")


def pay_the_household(lin: Page) -> None:
    """2.5 kg at 9.60 yuan, where others pay 8.00: the household has 4 yuan more."""
    lin.goto("/sell/statement")
    expect(lin.locator("main")).to_contain_text("39.80")
    lin.goto("/sell/slips/new")
    fill(lin, weight="2.5", price_fen="9.60", baseline_fen="8.00")
    lin.locator("main form button.primary").click()
    expect(lin.locator("main article")).to_contain_text("¥24.00")
    expect(lin.locator("main article")).to_contain_text("¥4.00")


def read_the_county_page(wang: Page, mei: Page) -> None:
    """The officer sees the exact household; the public sees sales, and no household under ten."""
    wang.goto("/county/figures")
    expect(wang.locator("main")).to_contain_text("¥24.00")
    mei.goto("/c/500237")
    expect(mei.locator("main")).to_contain_text("39.80")
    expect(mei.locator("main")).not_to_contain_text("陈示例")
    mei.locator("main .figure a").first.click()
    expect(mei.locator("h1")).to_be_visible()
