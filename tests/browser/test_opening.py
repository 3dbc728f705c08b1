"""An opening card comes once, is closed with one tap, and is told; a banner stands and goes."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, TimeoutError

from shanhuo.traffic.kinds import Kind, Surface
from shanhuo.traffic.log import SignalLog
from tests.browser.house import House
from tests.browser.waiting import until

pytestmark = pytest.mark.browser

TRIES = 5
GRANT = """
from datetime import timedelta
from shanhuo.kernel import clock
from shanhuo.people.models import Membership
from shanhuo.traffic.grants import services
from shanhuo.traffic.grants.terms import Terms, Wish
from shanhuo.traffic.grants.words import KINDS, MEANS_OF, PLACEMENT_OF
members = Membership.objects.select_related("user", "organisation__county")
op = members.filter(organisation__kind="platform")[0].user
offices = members.filter(organisation__kind="county_office")
office = offices.filter(organisation__county__adcode="{county}")[0]
days = {{"starts_on": clock.today(), "ends_on": clock.today() + timedelta(days=9)}}
programme = services.open_programme(
    operator=op, name="开屏与横幅", purpose="试", budget_count=9000, most_per_grant=9000,
    now=clock.now(), **days,
)
wishes = (
    Wish(KINDS["goods"], "{product}", 2000, None, PLACEMENT_OF["banner"]),
    Wish(KINDS["county"], "{county}", 2000, None, PLACEMENT_OF["splash"]),
)
grant = services.request_grant(
    requester=office.user, programme_id=programme.pk, county_id=office.organisation.county_id,
    terms=Terms("开屏与横幅", "试", MEANS_OF["product"], wishes=wishes, **days), now=clock.now(),
)
services.approve_grant(operator=op, grant_id=grant.pk, now=clock.now())
"""
STOP = """
from shanhuo.kernel import clock
from shanhuo.people.models import Membership
from shanhuo.traffic.grants import services
from shanhuo.traffic.models import Grant
op = Membership.objects.filter(organisation__kind="platform")[0].user
for grant in Grant.objects.filter(title="开屏与横幅", ended_at=None):
    services.stop_grant(operator=op, grant_id=grant.pk, reason="试完了", now=clock.now())
"""


@pytest.fixture
def cards(platform: House, market, phone_of) -> Iterator[None]:
    """A running grant with both; over, for everybody else, when the test is."""
    reader = phone_of().open("/about").request

    def offered() -> bool:
        return bool(reader.get("/opening").status == 200)

    platform.run(
        GRANT.format(county=market.address("{county}"), product=market.address("{product}"))
    )
    page = phone_of().open("/about")
    until(page, offered)
    yield
    platform.run(STOP)
    until(page, lambda: phone_of().open("/about").request.get("/opening").status == 204)


def told(platform: House) -> set[tuple[int, int]]:
    """(surface, kind) of everything that is charged."""
    with SignalLog(platform.data_dir / "signals").open() as connection:
        query = 'SELECT DISTINCT surface, kind FROM signals WHERE "grant" > 0'
        return set(connection.execute(query).fetchall())


def visit_with_card(phone_of: Callable[..., Any]) -> Page:
    """The home page of somebody new, with its card. A visit may meet the process while it renews
    its leases and gives out nothing, or a page so slow that its card would come too late."""
    for _ in range(TRIES):
        page = phone_of().open("/")
        try:
            page.get_by_role("dialog").wait_for(timeout=5000)
        except TimeoutError:
            continue
        return page
    raise AssertionError("no card came")


def test_an_opening_card_is_skipped_and_a_banner_closed(phone_of, platform, market, cards):
    page = visit_with_card(phone_of)
    card = page.get_by_role("dialog")
    assert card.get_by_text("扶持推广").is_visible()
    skip = card.get_by_role("button", name="跳过")
    assert skip.evaluate("(button) => button === document.activeElement")
    assert page.locator(".opening img").get_attribute("src").startswith("/media/")
    page.wait_for_timeout(600)
    page.keyboard.press("Escape")
    card.wait_for(state="detached")
    banner = page.locator("aside.support")
    until(page, lambda: page.goto("/goods") and banner.is_visible())
    assert page.get_by_role("dialog").count() == 0
    until(page, lambda: (Surface.SPLASH, Kind.SKIP) in told(platform))
    until(page, lambda: (Surface.BANNER, Kind.EXPOSURE) in told(platform))
    assert (Surface.SPLASH, Kind.EXPOSURE) in told(platform)
    banner.get_by_role("button", name="跳过").click()
    banner.wait_for(state="detached")
    until(page, lambda: (Surface.BANNER, Kind.SKIP) in told(platform))
    # The process hears of it from the log, with its next step.
    until(page, lambda: page.goto("/") and not page.locator("aside.support").count())
    assert page.locator("dialog.opening").count() == 0
