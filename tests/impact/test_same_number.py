"""What `shanhuo recount` prints is what the page says, for every metric and every place of it."""

import re
from datetime import date, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from shanhuo.content.events import PostPublished
from shanhuo.impact import services
from shanhuo.impact.metrics import METRICS, Unit
from shanhuo.impact.models import Project
from shanhuo.kernel import jobs
from shanhuo.traffic.kinds import Kind
from tests.impact.conftest import (
    FENGJIE,
    TEA,
    WUSHAN,
    Tell,
    Watch,
    line,
    paid,
    refunded,
    settled,
    show,
    slip,
    taken_back,
)

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
SINCE, UNTIL = date(2026, 6, 29), date(2026, 7, 1)
DAYS = ["--from", str(SINCE), "--to", str(UNTIL)]
QUERY = f"since_day={SINCE}&until_day={UNTIL}"
NAMES = [metric.id for metric in METRICS]
HOUSEHOLDS = {"farm_gate", "households", "income_gain"}


@pytest.fixture
def plums(make_product: Any) -> Any:
    return make_product()


@pytest.fixture
def season(tell: Tell, watch: Watch, plums: Any, make_county: Any, noon: datetime) -> None:
    """Three days of two counties, two products, two clips and twelve households."""
    make_county("奉节县", FENGJIE)
    tell(PostPublished(7, "post", WUSHAN, 1, plums.pk, [], "clip", 15_000), noon - 3 * DAY)
    mine = line(4_150, product=plums.public_id)
    for number in range(3):
        at = noon - number * DAY
        tell(paid(mine, line(2_000, product=TEA), line(900, county=FENGJIE)), at)
        tell(refunded(mine), at)
        tell(settled(line(2_000 + number, product=TEA), mine), at)
        watch(at, post=7, viewers=(1, 2, 10 + number))
        watch(at, post=8, viewers=(2, 3))
        watch(at, kind=Kind.EXPOSURE, post=7, viewers=(4, 5, 5, 5, 5, 5))
        watch(at, kind=Kind.EXPOSURE, county=FENGJIE, post=9, viewers=(6,))
    tell(paid(line(500, product=TEA)), noon)
    for seconds in (3_629, 3_630):
        tell(show(seconds), noon - DAY)
    tell(show(600, county=FENGJIE), noon)
    shown = line(4_150, product=plums.public_id, via_session="session")
    tell(paid(shown, line(700, product=TEA, via_session="session")), noon - DAY)
    tell(paid(line(900, product=TEA, via_session="session")), noon)
    tell(refunded(line(500, product=TEA)), noon)
    watch(noon, kind=Kind.EXPOSURE, post=8, viewers=(4, 6, 6, 6, 6))
    for number in range(12):
        at, product = noon - (1 + number % 2) * DAY, plums.public_id if number % 3 else TEA
        tell(slip(f"household{number}", 12_340 + number, 8_000, product), at)
    tell(taken_back("household1", 12_341, 8_000, plums.public_id), noon - DAY)
    jobs.run_due()
    services.fill_everything(now=noon)
    services.release_households(now=noon)


def recounted(metric: str, *place: str, days: list[str] = DAYS) -> str:
    """The first line of the command, as a page writes it."""
    out = StringIO()
    call_command("recount", metric, *place, *days, stdout=out)
    number = out.getvalue().split("\n")[0].removesuffix(" yuan")
    whole, point, part = number.partition(".")
    return f"{int(whole):,}{point}{part}"


def on_page(client: Client, address: str) -> dict[str, list[str]]:
    """Metric -> every number that the page shows for it, in the order of the page."""
    page = client.get(address, headers={"accept-language": "en"}).content.decode()
    found: dict[str, list[str]] = {}
    for figure in page.split('<div class="figure">')[1:]:
        (metric,) = re.findall(r'href="/metrics/(\w+)"', figure)[:1]
        value = figure.split('class="value">')[1].split("<small>")[0].split('<span class="note"')[0]
        found.setdefault(metric, []).append(re.sub(r"<[^>]+>|¥|\s", "", value))
    return found


def test_the_county_page_shows_what_is_recounted(client: Client, season: None, op: Any) -> None:
    client.force_login(op)
    page = on_page(client, f"/c/{WUSHAN}?{QUERY}")
    shown = {metric: page[metric][-1] for metric in NAMES}
    assert shown == {metric: recounted(metric, "--county", WUSHAN) for metric in NAMES}
    assert "0" not in shown.values()


def test_the_project_page_shows_what_is_recounted_for_its_product(
    client: Client, season: None, plums: Any, op: Any
) -> None:
    project = Project.objects.create(
        county=plums.county, product=plums, name="脆李上头条", starts_on=SINCE, ends_on=UNTIL
    )
    client.force_login(op)
    page = on_page(client, f"/projects/{project.public_id}")
    shown = {metric: page[metric][-1] for metric in NAMES}
    place = ["--county", WUSHAN, "--product", plums.public_id]
    assert shown == {metric: recounted(metric, *place) for metric in NAMES}
    of_county = {metric: recounted(metric, "--county", WUSHAN) for metric in NAMES}
    assert shown.items().isdisjoint(of_county.items())


def test_the_list_of_metrics_shows_what_is_recounted_for_the_country(
    client: Client, season: None
) -> None:
    page = client.get(f"/metrics?{QUERY}").content.decode()
    shown = {metric: listed(page, metric) for metric in NAMES if metric not in HOUSEHOLDS}
    assert shown == {metric: recounted(metric) for metric in shown}


def listed(page: str, metric: str) -> str:
    """The last number in the row of a metric."""
    row = page.split(f'href="/metrics/{metric}"')[1].split("</tr>")[0]
    cell = row.rpartition("<td")[2].split(">", 1)[1]
    return re.sub(r"<[^>]+>|¥|\s", "", cell)


@pytest.mark.parametrize("metric", ["orders", "paid_gmv", "plays", "exposures"])
def test_the_ranking_of_counties_shows_what_is_recounted(
    client: Client, season: None, metric: str
) -> None:
    page = client.get(f"/metrics/{metric}?{QUERY}").content.decode()
    for county in (WUSHAN, FENGJIE):
        if metric == "plays" and county == FENGJIE:
            continue
        row = page.split(f'href="/c/{county}"')[1].split("</li>")[0]
        number = row.partition('class="num strong">')[2]
        assert re.sub(r"<[^>]+>|¥|\s", "", number) == recounted(metric, "--county", county)


@pytest.mark.parametrize("metric", sorted(HOUSEHOLDS))
def test_a_release_shows_what_is_recounted_in_steps_of_100_yuan(
    client: Client, season: None, metric: str
) -> None:
    (shown,) = on_page(client, f"/c/{WUSHAN}?{QUERY}")[metric]
    released = ["--from", "2026-06-29", "--to", "2026-06-30"]
    out = StringIO()
    call_command("recount", metric, "--county", WUSHAN, *released, stdout=out)
    is_money = {one.id: one.unit for one in METRICS}[metric] is Unit.FEN
    last = out.getvalue().strip().rpartition("\n")[2].rpartition(": ")[2].removesuffix(" yuan")
    assert shown.replace(",", "") == last
    assert last.endswith("00.00") == is_money


def test_a_product_that_is_not_there_is_no_number(season: None) -> None:
    with pytest.raises(CommandError, match="no product"):
        recounted("orders", "--product", "none")
