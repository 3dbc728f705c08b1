"""The auditor's desk and what the public reads of it; the same by API."""

from datetime import datetime, timedelta
from io import BytesIO
from typing import Any

import pytest
from django.test import Client
from openpyxl import load_workbook

from shanhuo.impact import services
from shanhuo.impact.models import Examination
from shanhuo.kernel import clock, jobs
from tests.impact.conftest import Tell, line, paid, slip

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
ONE_DAY = {"since_day": "2026-06-30", "until_day": "2026-06-30"}
ADDRESS = "/c/500237?since_day=2026-06-30&until_day=2026-06-30"
ENGLISH = {"accept-language": "en"}


@pytest.fixture
def desk(client: Client, tell: Tell, noon: datetime, make_county: Any, audit_person: Any) -> Client:
    """The auditor's browser; one order and ten households, all yesterday, all counted."""
    make_county()
    tell(paid(line(4_000)), noon - DAY)
    for number in range(10):
        tell(slip(f"household{number}", 12_345, 8_000), noon - DAY)
    services.fill_everything(now=noon)
    services.release_households(now=noon)
    client.force_login(audit_person)
    return client


def text_of(client: Client, address: str) -> str:
    response = client.get(address, headers=ENGLISH)
    assert response.status_code == 200
    return response.content.decode()


def open_one(desk: Client, metric: str = "paid_gmv") -> str:
    """The address of an examination, opened by the form."""
    form = text_of(desk, "/ops/audits/new")
    organisation = form.split('name="organisation" value="')[1].split('"')[0]
    wish = {"metric": metric, "county": "500237", "organisation": organisation, **ONE_DAY}
    answer = desk.post("/ops/audits/new", wish)
    assert answer.status_code == 302, answer.content.decode()
    return answer.headers["location"]


def test_an_auditor_opens_a_period_sees_it_recounted_and_signs(desk: Client) -> None:
    address = open_one(desk)
    waiting = text_of(desk, address)
    assert "Day 0 of 1" in waiting
    assert 'hx-trigger="every 1s"' in waiting
    jobs.run_due()
    page = text_of(desk, address)
    assert page.count("¥</i>48.00") == 2
    assert Examination.objects.get().fingerprint in page
    assert "Recounted figures to sign off" in text_of(desk, "/ops/")
    assert desk.post(f"{address}/sign", {"named": ""}).status_code == 302
    county = text_of(Client(), ADDRESS)
    assert "audited · " in county
    assert "Audited by 审计" in county
    assert "审计员" not in county
    public = text_of(Client(), f"/audits/{Examination.objects.get().public_id}")
    assert "shanhuo recount paid_gmv --county 500237 --from 2026-06-30" in public
    assert "审计" in text_of(Client(), "/audits")


def test_a_sign_off_that_fell_stays_visible(desk: Client, tell: Tell, noon: datetime) -> None:
    address = open_one(desk)
    jobs.run_due()
    desk.post(f"{address}/sign", {"named": "on"})
    tell(paid(line(1_000)), noon - DAY)
    services.fill_recent(now=noon)
    county = text_of(Client(), ADDRESS)
    assert "The sign-off no longer holds" in county
    assert "¥</i>66.00" in county
    public = text_of(Client(), f"/audits/{Examination.objects.get().public_id}")
    assert "¥</i>48.00" in public
    assert "¥</i>66.00" in public
    assert "审计 · 审计员" in public


def test_an_objection_without_a_reason_is_shown_again(desk: Client) -> None:
    address = open_one(desk)
    jobs.run_due()
    assert desk.post(f"{address}/object", {"reason": ""}).status_code == 422
    assert desk.post(f"{address}/object", {"reason": "少了一单"}).status_code == 302
    assert "The auditor objects" in text_of(Client(), ADDRESS)
    assert "少了一单" in text_of(Client(), f"/audits/{Examination.objects.get().public_id}")


def test_a_period_that_is_not_over_is_shown_again_with_what_was_typed(desk: Client) -> None:
    wish = {"metric": "orders", "county": "巫山县", "since_day": "2026-06-30"}
    organisation = Examination._meta.get_field("organisation").related_model.objects.get(
        kind="auditor"
    )
    wish |= {"until_day": "2026-07-01", "organisation": organisation.public_id}
    answer = desk.post("/ops/audits/new", wish, headers=ENGLISH)
    assert answer.status_code == 422
    assert "not closed" in answer.content.decode()
    assert 'value="巫山县"' in answer.content.decode()
    wish |= {"until_day": "2026-06-30", "product": "nothing"}
    assert desk.post("/ops/audits/new", wish).status_code == 422
    assert Examination.objects.count() == 0


@pytest.mark.parametrize("who", ["wang", "lin", "stranger"])
def test_attack_15_the_desk_is_closed_to_everybody_else(
    desk: Client, who: str, request: pytest.FixtureRequest
) -> None:
    address = open_one(desk)
    other = Client()
    assert other.get(address).status_code in (302, 401, 404)
    other.force_login(request.getfixturevalue(who))
    for page in ("/ops/audits", "/ops/audits/new", address):
        assert other.get(page).status_code in (403, 404)
    assert other.post(f"{address}/sign").status_code in (403, 404)


def test_attack_15_an_operator_reads_and_decides_nothing(desk: Client, op: Any) -> None:
    address = open_one(desk)
    jobs.run_due()
    other = Client()
    other.force_login(op)
    assert "¥</i>48.00" in text_of(other, address)
    assert other.get("/ops/audits/new").status_code in (403, 404)
    assert other.post(f"{address}/sign").status_code in (403, 404)
    assert Examination.objects.get().status == "counted"


def test_attack_36_the_public_reads_household_money_rounded_and_no_days(desk: Client) -> None:
    address = open_one(desk, "farm_gate")
    jobs.run_due()
    assert "¥</i>1,234.50" in text_of(desk, address)
    desk.post(f"{address}/sign")
    one = Examination.objects.get()
    for page in ("/audits", f"/audits/{one.public_id}", ADDRESS):
        shown = text_of(Client(), page)
        assert "¥</i>1,200.00" in shown
        assert "1,234.50" not in shown
    api = Client().get(f"/api/audits/{one.public_id}").json()
    assert (api["recounted"], api["entry_count"]) == (120_000, None)


def test_the_list_is_filtered_and_saved_as_excel_with_numbers(desk: Client) -> None:
    for metric in ("paid_gmv", "orders"):
        address = open_one(desk, metric)
        jobs.run_due()
        desk.post(f"{address}/sign")
    assert "Paid orders · " not in text_of(Client(), "/audits?metric=paid_gmv").partition("list")[2]
    assert "Nothing fits" in text_of(Client(), "/audits?status=void")
    sheet = load_workbook(BytesIO(Client().get("/audits/export").content)).active
    assert sheet is not None
    rows = list(sheet.iter_rows(min_row=2, values_only=True))
    assert sorted(row[4] for row in rows) == [1, 48]


def test_an_unreadable_log_gives_no_number(desk: Client) -> None:
    address = open_one(desk)
    Examination.objects.update(status="unreadable", evidence={"damaged": ["day=1/x.parquet"]})
    page = text_of(desk, address)
    assert "No number is given rather than a wrong one" in page
    assert "day=1/x.parquet" in page


@pytest.mark.parametrize("rows", [1, 3])
def test_the_list_asks_the_same_number_of_questions_for_one_and_three(
    desk: Client, rows: int, django_assert_num_queries: Any
) -> None:
    for metric in ("orders", "paid_gmv", "settled")[:rows]:
        address = open_one(desk, metric)
        jobs.run_due()
        desk.post(f"{address}/sign")
    with django_assert_num_queries(3):
        Client().get("/audits")


def test_the_way_of_an_audit_by_api(desk: Client, wang: Any) -> None:
    wish = {"metric": "paid_gmv", "county": "500237", **ONE_DAY}
    kind = "application/json"
    made = desk.post("/api/audits", wish, content_type=kind)
    assert (made.status_code, made.json()["status"]) == (201, "counting")
    again = desk.post("/api/audits", wish, content_type=kind)
    assert (again.status_code, again.json()["code"]) == (409, "already_examined")
    address = f"/api/audits/{made.json()['public_id']}"
    early = desk.post(f"{address}/sign", {}, content_type=kind)
    assert (early.status_code, early.json()["code"]) == (409, "nothing_to_decide")
    assert desk.get(address).status_code == 404
    jobs.run_due()
    assert desk.get(f"{address}/exact").json()["recounted"] == 4_800
    signed = desk.post(f"{address}/sign", {"named": True}, content_type=kind).json()
    assert (signed["status"], signed["by"]) == ("signed", "审计 · 审计员")
    days = "since_day=2026-06-30&until_day=2026-06-30"
    figures = Client().get(f"/api/counties/500237/figures?{days}").json()["figures"]
    assert {figure["status"] for figure in figures if figure["audit"]} == {"audited"}
    assert [one["public_id"] for one in Client().get("/api/audits").json()] == [
        made.json()["public_id"]
    ]
    assert Client().get("/api/audits?metric=orders").json() == []
    desk.force_login(wang)
    assert desk.post("/api/audits", wish, content_type=kind).status_code == 403
    assert desk.get(f"{address}/exact").status_code in (403, 404)


def test_an_objection_by_api_needs_a_reason(desk: Client) -> None:
    wish = {"metric": "orders", "county": "500237", **ONE_DAY}
    kind = "application/json"
    address = f"/api/audits/{desk.post('/api/audits', wish, content_type=kind).json()['public_id']}"
    jobs.run_due()
    assert desk.post(f"{address}/object", {"reason": " "}, content_type=kind).status_code == 422
    said = desk.post(f"{address}/object", {"reason": "少了一单"}, content_type=kind).json()
    assert (said["status"], said["reason"]) == ("objected", "少了一单")
    wish["product"] = "nothing"
    assert desk.post("/api/audits", wish, content_type=kind).status_code == 404


def test_a_closed_month_is_offered_and_shown(desk: Client, noon: datetime) -> None:
    page = text_of(Client(), "/c/500237?since_day=2026-06-01&until_day=2026-06-30")
    assert 'href="?since_day=2026-06-01&amp;until_day=2026-06-30" aria-current="true"' in page
    assert "29 days of this window were never counted" in page
    nonsense = text_of(Client(), "/c/500237?since_day=2026-06-30&until_day=2026-06-01")
    assert 'href="?days=30" aria-current="true"' in nonsense
    assert clock.today() == noon.date()
