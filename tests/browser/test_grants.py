"""An operator grants 10,000 exposures to a county, people watch, and an auditor recounts."""

import json
import re
from datetime import timedelta
from typing import Any
from urllib.request import Request, urlopen

import pytest

from shanhuo.kernel import clock

pytestmark = pytest.mark.browser

OFFICE = """
from shanhuo.kernel import clock
from shanhuo.people import services
from shanhuo.people.models import Organisation, User
from shanhuo.regions import queries
services.open_organisation(
    kind="county_office", name="第二个专班", county=queries.county_of("{county}"),
    owners=[User.objects.get(display_name="杨专员")], opened_by=None, now=clock.now(),
)
"""
BOOK = """
from shanhuo.traffic.tasks import book_grants
book_grants.call()
"""
VIEWERS = 12


def watch(origin: str) -> int:
    """A new viewer looks at five clips; how many exposures were believed."""
    with urlopen(f"{origin}/hot/feed?n=5", timeout=5) as answer:  # noqa: S310 - our own
        cookie = answer.headers["set-cookie"].partition(";")[0]
        shown: dict[str, Any] = json.load(answer)
    signals = [[0, slot, 1, 0, 0] for slot in range(len(shown["items"]))]
    body = json.dumps({"sheets": [shown["sheet"]], "signals": signals}).encode()
    headers = {"cookie": cookie, "content-type": "application/json"}
    told = Request(f"{origin}/hot/signals", body, headers)  # noqa: S310 - our own
    with urlopen(told, timeout=5) as answer:  # noqa: S310 - our own
        return int(json.load(answer)["accepted"])


def delivered_on(page: Any) -> int:
    said = page.locator("#pace figcaption .num").first.inner_text()
    return int(said.replace(",", ""))


def test_ten_thousand_exposures_for_a_county(phone_of, platform, market):
    county = market.address("{county}")
    platform.run(OFFICE.format(county=county))
    today = clock.today()
    last = str(today + timedelta(days=9))
    op = phone_of("op").open("/ops/grants/programmes/new")
    op.locator("#id_name").fill("山货上头条")
    op.locator("#id_purpose").fill("让山货被看见。")
    op.locator("#id_budget_count").fill("100000")
    op.locator("#id_most_per_grant").fill("20000")
    op.locator("#id_starts_on").fill(str(today))
    op.locator("#id_ends_on").fill(last)
    op.get_by_role("button", name="开设").click()
    op.get_by_text("计划已设立").wait_for()

    yang = phone_of("yang").open(f"/county/grants/new?county={county}")
    yang.locator("#id_title").fill("当季上市")
    yang.locator("#id_reason").fill("丰收。")
    yang.locator("#id_starts_on").fill(str(today))
    yang.locator("#id_ends_on").fill(last)
    yang.locator("#id_quota_1").fill("10000")
    yang.get_by_role("button", name="提交申请").click()
    yang.get_by_text("已提交").wait_for()
    address = "/grants/" + yang.url.rpartition("/")[2]

    op.goto(platform.origin + address)
    op.get_by_role("button", name="批出 10,000 次曝光").click()
    op.get_by_text("已批准，曝光已许出").wait_for()

    anybody = phone_of().open(address)
    anybody.get_by_text("目前已交付").wait_for()
    sideways = anybody.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert sideways <= 0
    # The feed takes the grant in with its next step; then people see what it lifts.
    for _ in range(30):
        assert all(watch(platform.origin) for _ in range(VIEWERS))
        anybody.reload()
        if delivered_on(anybody) > 0:
            break
    shown = delivered_on(anybody)
    assert 0 < shown <= 10_000

    auditor = phone_of("audit").open(f"{address}/recount")
    auditor.get_by_text("一次不差").wait_for()
    platform.run(BOOK)
    anybody.reload()
    assert re.search(r"10,000", anybody.content())
    for path in ("/grants", "/grants/rules", "/county/grants", "/ops/grants"):
        page = phone_of("op" if "ops" in path else "yang").open(path)
        assert page.locator("h1").count() == 1
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
