"""The open figures, as a program reads them."""

from datetime import datetime
from typing import Any

import pytest
from django.test import Client

from shanhuo.impact import services
from shanhuo.impact.metrics import METRICS
from shanhuo.kernel.models import AuditEntry
from tests.impact.conftest import Tell, line, paid, slip

pytestmark = pytest.mark.django_db
DAYS = "since_day=2026-07-01&until_day=2026-07-01"


@pytest.fixture
def sold(tell: Tell, noon: datetime, make_county: Any) -> None:
    make_county()
    tell(paid(line(4_000)), noon)
    tell(slip("zhang", 5_000, 4_000), noon)
    services.fill_recent(now=noon)


def test_every_metric_is_told_with_its_definition(client: Client) -> None:
    metrics = client.get("/api/metrics").json()
    assert [metric["id"] for metric in metrics] == [metric.id for metric in METRICS]
    assert client.get("/api/metrics/orders").json()["status"] == "paid"
    assert client.get("/api/metrics/gmv").status_code == 404


def test_figures_of_a_county_carry_unit_status_and_window(client: Client, sold: None) -> None:
    report = client.get(f"/api/counties/500237/figures?{DAYS}").json()
    assert report["households"] == report["missing_days"] == []
    assert report["figures"][4] == {
        "metric": "paid_gmv",
        "value": 4_800,
        "unit": "fen",
        "status": "paid",
        "since_day": "2026-07-01",
        "until_day": "2026-07-01",
        "damaged": False,
        "audit": None,
    }
    assert client.get(f"/api/metrics/paid_gmv/counties?{DAYS}").json() == [
        {"adcode": "500237", "value": 4_800}
    ]
    country = client.get(f"/api/figures?{DAYS}").json()["figures"]
    assert {figure["metric"]: figure["value"] for figure in country}["orders"] == 1


def test_attack_36_household_figures_have_no_ranking_of_counties(
    client: Client, sold: None
) -> None:
    assert client.get("/api/metrics/farm_gate/counties").status_code == 404


def test_attack_18_exact_household_figures_are_for_the_office_and_noted(
    client: Client, sold: None, wang: Any, lin: Any, make_county: Any
) -> None:
    address = f"/api/counties/500237/households?{DAYS}"
    assert client.get(address).status_code == 401
    client.force_login(lin)
    assert client.get(address).status_code == 403
    client.force_login(wang)
    make_county("奉节县", "500236")
    assert client.get(f"/api/counties/500236/households?{DAYS}").status_code == 404
    assert AuditEntry.objects.count() == 0
    figures = client.get(address).json()
    assert [figure["value"] for figure in figures] == [5_000, 1, 1_000]
    assert AuditEntry.objects.get().verb == "households.export"


@pytest.mark.parametrize(
    "days", ["since_day=2026-07-02&until_day=2026-07-01", "since_day=1990-01-01", "since_day=x"]
)
def test_a_window_that_makes_no_sense_is_422(client: Client, sold: None, days: str) -> None:
    assert client.get(f"/api/counties/500237/figures?{days}").status_code == 422


def test_a_county_is_told_and_found(client: Client, sold: None) -> None:
    assert client.get("/api/counties/500237").json()["path_name"] == "省50 · 巫山县"
    assert client.get("/api/counties/000000").status_code == 404
    assert client.get("/api/places?q=").status_code == 422


def test_an_officer_adds_a_village_and_opens_a_project(
    client: Client, wang: Any, make_sku: Any, noon: datetime
) -> None:
    client.force_login(wang)
    body = {"township": "曲尺乡", "name": "权发村"}
    kind = "application/json"
    made = client.post("/api/counties/500237/villages", body, content_type=kind)
    assert (made.status_code, made.json()["name"]) == (201, "权发村")
    again = client.post("/api/counties/500237/villages", body, content_type=kind)
    assert (again.status_code, again.json()["code"]) == (409, "village_exists")
    assert len(client.get("/api/counties/500237/villages").json()) == 1
    wish = {"name": "脆李", "product": "none", "starts_on": "2026-07-01", "ends_on": "2026-07-09"}
    assert client.post("/api/projects", wish, content_type=kind).status_code == 404
