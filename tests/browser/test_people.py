"""The pages about people, on a phone-sized Chromium."""

from io import BytesIO

import pytest
from PIL import Image

from shanhuo.kernel import sheets

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
OFFICER_PAGES = [
    "/county/households",
    "/county/households/new",
    "/county/households/import",
    "/county/households/consent",
]
OWN_PAGES = [
    "/account/",
    "/account/phone",
    "/account/delete",
    "/account/creator",
    "/account/organisations",
    "/account/organisations/apply",
]
OPERATOR_PAGES = ["/ops/verifications", "/ops/people", "/ops/organisations"]


def fits(page):
    return page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


@pytest.mark.parametrize(
    ("who", "paths"), [("wang", OFFICER_PAGES), ("mei", OWN_PAGES), ("op", OPERATOR_PAGES)]
)
def test_pages_fit_a_phone_and_keep_the_policy(phone_of, who, paths):
    phone = phone_of(who)
    for path in paths:
        page = phone.open(path)
        assert page.locator("h1").count() == 1
        assert fits(page)


def test_without_script_one_can_sign_in_all_the_same(phone_of):
    page = phone_of("mei", script=False).open("/account/")
    assert page.locator("h1").inner_text() == "账号与隐私"


def test_an_officer_brings_a_list_and_takes_it_back(phone_of):
    raw = sheets.write_workbook(
        "名单",
        ["户编号", "户主姓名", "户类型", "行政村", "同意日期"],
        [["CS-1", "张三", "脱贫户", "安静村", "2026.3.5"], ["CS-2", "", "", "", ""]],
    )
    page = phone_of("wang").open("/county/households/import")
    page.set_input_files(
        "input[type=file]", {"name": "名单.xlsx", "mimeType": sheets.XLSX, "buffer": raw}
    )
    page.get_by_role("button", name="查看预览").click()
    page.get_by_text("“户主姓名”没有填。").wait_for()
    assert fits(page)
    page.get_by_role("button", name="导入这些行").click()
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="撤销导入").click()
    page.get_by_role("heading", name="导入已撤销").wait_for()


def test_a_seller_sends_papers_and_an_operator_decides(phone_of):
    out = BytesIO()
    Image.new("RGB", (600, 400), "#884422").save(out, "JPEG")
    paper = {"name": "licence.jpg", "mimeType": "image/jpeg", "buffer": out.getvalue()}
    page = phone_of("zhao").open("/account/organisations/apply")
    page.locator("input[value=merchant]").check()
    page.fill("input[name=name]", "双龙镇脆李专业合作社")
    page.fill("input[name=county]", "巫山")
    page.set_input_files("input[type=file]", paper)
    page.locator("#chosen img").wait_for()
    page.locator("main form button.primary").click()
    page.get_by_text("双龙镇脆李专业合作社").wait_for()
    desk = phone_of("op").open("/ops/verifications")
    desk.get_by_role("link", name="双龙镇脆李专业合作社").click()
    desk.locator("input[value=accept]").check()
    desk.locator("main form button.primary").click()
    page.reload()
    assert "已验证" in page.locator(".list").inner_text()
