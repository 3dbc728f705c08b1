"""The pages about people, on a phone-sized Chromium."""

from io import BytesIO

import pytest
from PIL import Image

from shanhuo.kernel import sheets

pytestmark = pytest.mark.browser
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


def own_device(phone):
    """A telephone with a fingerprint lock, as Chromium's own test device plays it."""
    cdp = phone.context.new_cdp_session(phone.page)
    cdp.send("WebAuthn.enable")
    made = cdp.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
                "automaticPresenceSimulation": True,
            }
        },
    )
    return cdp, made["authenticatorId"]


def by_code(phone, number):
    page = phone.open("/account/sign-in?next=/account/passkeys")
    page.locator("input[type=tel]").fill(number)
    page.get_by_role("button", name="获取验证码").click()
    page.locator("main form input:visible").fill(page.locator("[data-demo-code]").inner_text())
    page.locator("main form button.primary").click()
    return page


def test_a_passkey_opens_the_account_until_it_is_removed(phone_of):
    phone = phone_of()
    cdp, device = own_device(phone)
    page = by_code(phone, "17000000021")
    page.get_by_label("设备名称").fill("妈妈的手机")
    page.get_by_role("button", name="添加通行密钥").click()
    page.locator("main .list strong", has_text="妈妈的手机").wait_for()
    assert fits(page)
    assert len(cdp.send("WebAuthn.getCredentials", {"authenticatorId": device})["credentials"]) == 1

    phone.context.clear_cookies()
    page = phone.open("/account/sign-in?next=/account/passkeys")
    page.get_by_role("button", name="用通行密钥登录").click()
    page.get_by_text("上次使用").wait_for()
    assert fits(page)

    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="删除").click()
    page.get_by_text("还没有通行密钥").wait_for()
    phone.context.clear_cookies()
    page = phone.open("/account/sign-in")
    page.get_by_role("button", name="用通行密钥登录").click()
    page.get_by_text("这个通行密钥在这里打不开账号").wait_for()
    assert page.locator("input[type=tel]").is_visible()
    # A refusal is an answer 422, which the browser writes into its console.
    phone.complaints = [line for line in phone.complaints if "422" not in line]


def test_without_a_device_the_page_says_so_and_the_code_is_there(phone_of):
    phone = phone_of(language="en-GB")
    cdp, device = own_device(phone)
    cdp.send("WebAuthn.setUserVerified", {"authenticatorId": device, "isUserVerified": False})
    page = phone.open("/account/sign-in")
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.get_by_text("No passkey was used.").wait_for()
    assert page.locator("input[type=tel]").is_visible()
