"""The county office's desk: its villages, figures and projects, and nobody else's."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from shanhuo.impact import queries, services
from shanhuo.impact.models import Project
from shanhuo.kernel.models import AuditEntry
from shanhuo.regions.queries import villages_of
from tests.impact.conftest import Tell, slip

pytestmark = pytest.mark.django_db

PAGES = ["/county/figures", "/county/figures/export", "/county/places", "/county/projects"]


@pytest.fixture
def office(client: Client, wang: Any, noon: datetime) -> Client:
    client.force_login(wang)
    return client


@pytest.mark.parametrize("address", PAGES)
def test_attack_15_the_desk_is_closed_to_everybody_else(
    client: Client, address: str, lin: Any, op: Any, stranger: Any
) -> None:
    assert client.get(address).status_code in (302, 401, 403, 404)
    for user in (lin, op, stranger):
        client.force_login(user)
        assert client.get(address).status_code in (403, 404)


@pytest.mark.parametrize("address", PAGES)
def test_attack_18_another_county_in_the_address_is_404(
    office: Client, make_county: Any, address: str
) -> None:
    make_county("奉节县", "500236")
    assert office.get(f"{address}?county=500236").status_code == 404
    assert office.get(f"{address}?county=500237").status_code == 200


def test_an_officer_adds_a_village_and_finds_it_by_pinyin(office: Client, make_county: Any) -> None:
    response = office.post("/county/places", {"township": "曲尺乡", "name": "权发村"})
    assert response.status_code == 302
    assert [village.name for village in villages_of(make_county().pk)] == ["权发村"]
    assert "权发村" in office.get("/county/places?q=quanfa").content.decode()
    again = office.post("/county/places", {"township": "曲尺乡", "name": "权发村"})
    assert again.status_code == 422
    assert 'value="曲尺乡"' in again.content.decode()


def test_an_officer_names_the_notice_that_makes_it_a_key_county(
    office: Client, make_county: Any
) -> None:
    assert office.post("/county/places/key-county", {"source": ""}).status_code == 422
    office.post("/county/places/key-county", {"source": "国乡振发〔2021〕1号"})
    assert make_county().is_key_county


def test_exact_figures_leave_the_house_with_a_line_in_the_audit_log(
    office: Client, tell: Tell, noon: datetime
) -> None:
    tell(slip("zhang", 5_000, 4_000), noon)
    services.fill_recent(now=noon)
    page = office.get("/county/figures?since_day=2026-07-01&until_day=2026-07-01")
    assert "¥</i>50.00" in page.content.decode()
    query = "since_day=2026-07-01&until_day=2026-07-01"
    rows = (
        office.get(f"/county/figures/export?format=csv&{query}")
        .content.decode("utf-8-sig")
        .splitlines()
    )
    assert any(row.split(",")[1] == "50.0" for row in rows)
    entry = AuditEntry.objects.get()
    assert (entry.verb, entry.detail) == (
        "households.export",
        {"from": "2026-07-01", "to": "2026-07-01"},
    )


def test_a_window_that_ends_before_it_begins_is_shown_again(office: Client) -> None:
    page = office.get("/county/figures?since_day=2026-07-02&until_day=2026-07-01")
    assert page.status_code == 422
    assert 'value="2026-07-02"' in page.content.decode()


def open_project(product: Any, actor: Any, noon: datetime, **changes: Any) -> Project:
    wishes: dict[str, Any] = {
        "county_id": product.county_id,
        "product_id": product.pk,
        "product_county_id": product.county_id,
        "name": "脆李上头条",
        "starts_on": noon.date(),
        "ends_on": noon.date() + timedelta(days=9),
        "actor": actor,
        "now": noon,
    }
    return services.open_project(**wishes | changes)


def test_an_officer_opens_a_project_that_everybody_sees(
    wang: Any, make_product: Any, noon: datetime
) -> None:
    project = open_project(make_product(), wang, noon)
    assert queries.project_of(project.public_id) == project
    assert AuditEntry.objects.get().verb == "project.open"


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"product_county_id": 0}, services.WrongCounty),
        ({"ends_on": datetime(2026, 6, 1).date()}, services.EndsBeforeItStarts),  # noqa: DTZ001
    ],
)
def test_a_project_that_makes_no_sense_is_refused(
    wang: Any, make_product: Any, noon: datetime, changes: dict[str, Any], refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        open_project(make_product(), wang, noon, **changes)
    assert Project.objects.count() == 0


def test_attack_36_two_projects_of_a_product_never_overlap(
    wang: Any, make_product: Any, noon: datetime
) -> None:
    product = make_product()
    open_project(product, wang, noon)
    with pytest.raises(services.ProjectsOverlap) as refusal:
        open_project(product, wang, noon, starts_on=noon.date() + timedelta(days=9))
    assert "脆李上头条" in str(refusal.value)
    assert Project.objects.count() == 1


def test_attack_18_a_stranger_or_another_office_opens_no_project(
    stranger: Any, op: Any, make_product: Any, noon: datetime
) -> None:
    for actor in (stranger, op):
        with pytest.raises(services.NotYourCounty):
            open_project(make_product(), actor, noon)
    assert Project.objects.count() == 0
