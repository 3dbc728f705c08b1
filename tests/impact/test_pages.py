"""The public pages of figures, as a reader's browser asks for them."""

from datetime import datetime, timedelta
from io import BytesIO
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from openpyxl import load_workbook

from shanhuo.impact import services
from shanhuo.impact.metrics import METRICS
from shanhuo.impact.models import Project
from shanhuo.web.impact.county_page import LIVE
from tests.impact.conftest import PLUM, WUSHAN, Tell, line, paid, slip

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def text_of(client: Client, address: str, **headers: str) -> str:
    response = client.get(address, **headers)
    assert response.status_code == 200
    return response.content.decode()


@pytest.fixture
def ten_paid(tell: Tell, noon: datetime, make_county: Any) -> None:
    """Ten households of Wushan paid yesterday, one more today; one order."""
    make_county()
    for number in range(10):
        tell(slip(f"household{number}", 10_000, 8_000), noon - DAY)
    tell(slip("household10", 10_000, 8_000), noon)
    tell(paid(line(4_000)), noon)
    services.fill_everything(now=noon)
    services.release_households(now=noon)


def test_the_county_page_shows_figures_with_status_window_and_definition(
    client: Client, ten_paid: None
) -> None:
    page = text_of(client, "/c/500237")
    for metric in METRICS:
        # A county that never went live is not told four times that it did not.
        assert (f'href="/metrics/{metric.id}"' in page) == (metric.id not in LIVE)
    assert '<span class="money"><i>¥</i>48.00</span>' in page
    assert "¥</i>1,000.00" in page


def test_attack_36_the_public_sees_the_release_and_the_office_the_exact_figure(
    client: Client, ten_paid: None, wang: Any, lin: Any, op: Any, audit_person: Any, stranger: Any
) -> None:
    exact = "¥</i>1,100.00"
    assert exact not in text_of(client, "/c/500237")
    for user, sees in [(stranger, 0), (lin, 0), (wang, 1), (op, 1), (audit_person, 1)]:
        client.force_login(user)
        assert (exact in text_of(client, "/c/500237")) == bool(sees)


def test_attack_18_an_officer_of_another_county_sees_no_exact_figure(
    client: Client, ten_paid: None, make_user: Any, make_organisation: Any, make_county: Any
) -> None:
    officer = make_user("邻县专员")
    fengjie = make_county("奉节县", "500236")
    make_organisation("county_office", name="奉节县农业农村委", county=fengjie, members=(officer,))
    client.force_login(officer)
    assert "1,100.00" not in text_of(client, "/c/500237")


def test_a_county_in_which_nothing_happened_says_so_kindly(
    client: Client, make_county: Any, noon: datetime
) -> None:
    make_county()
    page = text_of(client, "/c/500237", headers={"accept-language": "en"})
    assert "fewer than ten households" in page
    assert "have not been counted yet" in page


@pytest.mark.parametrize("address", ["/c/999999", "/c/wushan", "/metrics/gmv", "/projects/none"])
def test_what_is_not_there_is_404(client: Client, db: None, address: str) -> None:
    assert client.get(address).status_code == 404


def test_every_metric_has_a_page_with_its_recount_command(client: Client, db: None) -> None:
    for metric in METRICS:
        assert f"shanhuo recount {metric.id} --county" in text_of(client, f"/metrics/{metric.id}")
    assert text_of(client, "/metrics").count("/metrics/") >= len(METRICS)


def test_an_export_opens_without_live_formulas_and_with_numbers(
    client: Client, ten_paid: None
) -> None:
    response = client.get("/c/500237/export?days=7")
    sheet = load_workbook(BytesIO(response.content)).active
    assert sheet is not None
    rows = {row[0]: row[1] for row in sheet.iter_rows(min_row=2, values_only=True)}
    assert (len(rows), 48.0 in rows.values(), 1000.0 in rows.values()) == (15, True, True)
    csv = client.get("/c/500237/export?format=csv").content.decode("utf-8-sig")
    assert csv.count("\n") == 16


def test_a_project_page_shows_the_product_and_its_days_alone(
    client: Client, tell: Tell, make_product: Any, noon: datetime
) -> None:
    plums = make_product()
    project = Project.objects.create(
        county=plums.county,
        product=plums,
        name="巫山脆李上头条",
        starts_on=(noon - DAY).date(),
        ends_on=(noon + DAY).date(),
    )
    tell(paid(line(4_000, product=plums.public_id)), noon)
    tell(paid(line(9_000, product=PLUM)), noon)
    tell(paid(line(7_000, product=plums.public_id)), noon - 2 * DAY)
    services.fill_everything(now=noon)
    page = text_of(client, f"/projects/{project.public_id}")
    assert "¥</i>48.00" in page
    assert project.name in text_of(client, "/projects")
    assert project.name in text_of(client, f"/c/{WUSHAN}")


@pytest.mark.parametrize("count", [1, 3])
def test_the_county_page_asks_the_same_number_of_questions_for_one_and_three_projects(
    client: Client, make_product: Any, noon: datetime, count: int
) -> None:
    for number in range(count):
        product = make_product(f"产品{number}")
        Project.objects.create(
            county=product.county,
            product=product,
            name=f"项目{number}",
            starts_on=noon.date(),
            ends_on=noon.date(),
        )
    with CaptureQueriesContext(connection) as asked:
        text_of(client, "/c/500237")
    assert len(asked) == 9


def test_projects_are_found_by_name_product_and_county_and_paged(
    client: Client, make_product: Any, noon: datetime
) -> None:
    plums = make_product()
    for number in range(31):
        Project.objects.create(
            county=plums.county,
            product=plums,
            name=f"上市季{number:02}",
            starts_on=noon.date(),
            ends_on=noon.date(),
        )
    assert text_of(client, "/projects").count('class="go"') == 30
    assert text_of(client, "/projects?page=2").count('class="go"') == 1
    for text, found in (("季07", 1), ("脆李", 30), ("巫山", 30), ("没有", 0)):
        assert text_of(client, f"/projects?q={text}").count('class="go"') == found
