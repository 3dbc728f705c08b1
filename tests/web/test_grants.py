"""The pages of traffic grants: who asks, who decides, who reads."""

import re
from datetime import timedelta
from io import BytesIO

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from openpyxl import load_workbook

from shanhuo.kernel import clock, sheets
from shanhuo.regions import services as regions
from shanhuo.traffic import serving, viewers
from shanhuo.traffic.grants import booking, services
from shanhuo.traffic.grants.words import PLACEMENT_OF
from shanhuo.traffic.log import SignalLog
from shanhuo.traffic.models import Grant, LedgerEntry, Programme
from shanhuo.web.grants import exports, operating
from tests.live.conftest import make_session as make_session  # a fixture
from tests.traffic import grants_kit as kit

pytestmark = pytest.mark.django_db


def signed_in(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


PROGRAMME = {
    "name": "山货上头条",
    "purpose": "让山货被看见。",
    "budget_count": "100000",
    "most_per_grant": "20000",
    "starts_on": "2026-07-01",
    "ends_on": "2026-07-10",
    "feed_cap": "3",
}
ASKED = {
    "title": "脆李上市",
    "reason": "丰收。",
    "means": "product",
    "starts_on": "2026-07-01",
    "ends_on": "2026-07-10",
    "audience": "everyone",
    "feed_cap": "3",
    "least_finish_percent": "0",
    "object_1": "county:500237",
    "quota_1": "10000",
}


def test_a_county_asks_an_operator_decides_and_everybody_reads(
    op, wang, stranger, audit_person, make_county, make_post, noon, settings, tmp_path
):
    settings.SIGNALS_DIR = tmp_path / "signals"
    make_post()
    desk = signed_in(op)
    assert desk.post("/ops/grants/programmes/new", PROGRAMME).status_code == 302
    programme = Programme.objects.get()
    office = signed_in(wang)
    answer = office.post("/county/grants/new", {**ASKED, "programme": programme.public_id})
    grant = Grant.objects.get()
    assert answer.headers["Location"] == f"/grants/{grant.public_id}"
    assert Client().get(f"/grants/{grant.public_id}").status_code == 404
    assert office.get(f"/grants/{grant.public_id}").status_code == 200
    assert desk.post(f"/grants/{grant.public_id}/approve").status_code == 302
    for path in (
        "/grants",
        "/grants/rules",
        f"/grants/{grant.public_id}",
        f"/grants/{grant.public_id}/pace",
        f"/programmes/{programme.public_id}",
        "/grants/export",
        f"/grants/{grant.public_id}/export",
        f"/grants/{grant.public_id}/entries",
    ):
        assert Client().get(path).status_code == 200, path
    assert "10,000" in Client().get(f"/grants/{grant.public_id}").content.decode()
    assert signed_in(audit_person).get(f"/grants/{grant.public_id}/recount").status_code == 200
    assert signed_in(stranger).get(f"/grants/{grant.public_id}/recount").status_code == 403
    assert signed_in(stranger).get("/ops/grants").status_code == 403
    assert office.get("/county/grants").status_code == 200
    assert desk.get("/ops/grants").status_code == 200


def test_on_a_damaged_log_a_grant_shows_its_ledger_and_no_recount(
    op, wang, audit_person, make_county, make_post, noon, settings, tmp_path
):
    settings.SIGNALS_DIR = tmp_path / "signals"
    make_post()
    asked = kit.terms(kit.county_wish(10_000))
    grant = kit.approved(op, wang, make_county(), asked, now=noon)
    lost = settings.SIGNALS_DIR / "parquet" / "day=2026-07-01"
    lost.mkdir(parents=True)
    (lost / "a.parquet").touch()
    for path in (f"/grants/{grant.public_id}", f"/grants/{grant.public_id}/pace"):
        page = Client().get(path)
        assert (page.status_code, "信号日志有文件损坏" in page.content.decode()) == (200, True)
    desk = signed_in(audit_person)
    refused = desk.get(f"/grants/{grant.public_id}/recount")
    assert (refused.status_code, "manifest.json" in refused.content.decode()) == (503, True)
    refused = desk.get(f"/api/grants/{grant.public_id}/recount")
    assert (refused.status_code, refused.json()["code"]) == (503, "log_damaged")


def test_terms_that_cannot_be_meant_stay_in_the_form_with_a_reason(
    op, wang, make_county, make_post, noon
):
    make_post()
    programme = kit.open_programme(op, now=noon)
    for change in ({"quota_1": "-1"}, {"ends_on": "2026-06-01"}, {"quota_1": "9" * 30}):
        body = {**ASKED, "programme": programme.public_id, **change}
        answer = signed_in(wang).post("/county/grants/new", body)
        assert answer.status_code == 422
        assert "丰收。" in answer.content.decode()
    assert Grant.objects.count() == 0


def test_villages_with_clips_and_sessions_to_come_may_be_asked_for(
    op, wang, make_county, make_post, make_session, noon
):
    county = make_county()
    names = {"township": "大昌镇", "actor": wang, "office_county_ids": {county.pk}, "now": noon}
    village = regions.add_village(county=county, name="下庄村", **names)
    empty = regions.add_village(county=county, name="当阳村", **names)
    make_post(place_name="下庄村")
    session = make_session("scheduled", starts_at=noon + timedelta(days=1))
    over = make_session("ended", ended_at=noon, keep_until=noon)
    programme = kit.open_programme(op, now=noon)
    page = signed_in(wang).get("/county/grants/new").content.decode()
    for value, is_offered in ((village, True), (empty, False), (session, True), (over, False)):
        assert (f':{value.public_id}"' in page) is is_offered
    body = {**ASKED, "programme": programme.public_id, "object_1": f"session:{session.public_id}"}
    assert signed_in(wang).post("/county/grants/new", body).status_code == 302
    contract = Grant.objects.get().contracts.get()
    assert (contract.kind, contract.name, contract.airs_at) == (
        "session",
        "脆李开园",
        noon + timedelta(days=1),
    )


def test_whoever_asked_is_not_offered_the_decision(op, make_county, make_post, noon):
    make_post()
    programme = kit.open_programme(op, now=noon)
    desk = signed_in(op)
    body = {**ASKED, "programme": programme.public_id}
    assert desk.get("/county/grants/new").status_code == 200
    assert desk.post("/county/grants/new?county=500237", body).status_code == 302
    grant = Grant.objects.get()
    page = desk.get(f"/grants/{grant.public_id}").content.decode()
    assert f"/grants/{grant.public_id}/approve" not in page
    assert desk.post(f"/grants/{grant.public_id}/approve").status_code == 403


def test_a_list_of_three_grants_costs_as_many_statements_as_one(
    op, wang, make_county, make_post, noon, django_assert_max_num_queries
):
    posts = [make_post(f"第 {number} 条") for number in range(3)]
    programme = kit.open_programme(op, now=noon)
    for number, post in enumerate(posts):
        asked = kit.terms(kit.wish_for(post), title=f"扶持 {number}")
        grant = kit.services.request_grant(
            requester=wang,
            programme_id=programme.pk,
            county_id=make_county().pk,
            terms=asked,
            now=noon,
        )
        kit.services.approve_grant(operator=op, grant_id=grant.pk, now=noon)
    with django_assert_max_num_queries(8):
        assert "扶持 2" in Client().get("/grants").content.decode()


def test_a_grant_of_nine_objects_costs_as_many_statements_as_one_of_one(
    op, wang, audit_person, make_county, make_post, noon, settings, tmp_path
):
    settings.SIGNALS_DIR = tmp_path / "signals"
    posts = [make_post(f"第 {number} 条") for number in range(10)]
    programme = kit.open_programme(op, now=noon)
    reader = signed_in(audit_person)

    def statements_of(wishes) -> list[int]:
        asked = kit.terms(*wishes)
        grant = kit.approved(op, wang, make_county(), asked, now=noon, programme=programme)
        costs = []
        for path in ("/grants/{}", "/grants/{}/export", "/api/grants/{}", "/grants/{}/recount"):
            with CaptureQueriesContext(connection) as counted:
                assert reader.get(path.format(grant.public_id)).status_code == 200
            costs.append(len(counted))
        return costs

    one = statements_of([kit.wish_for(posts[0])])
    assert statements_of([kit.wish_for(post) for post in posts[1:]]) == one


def test_the_desk_lists_the_oldest_requests_and_says_how_many_more_wait(
    op, wang, make_county, make_post, noon, monkeypatch
):
    monkeypatch.setattr(operating, "MOST_WAITING", 2)
    programme = kit.open_programme(op, now=noon)
    for number in range(3):
        kit.services.request_grant(
            requester=wang,
            programme_id=programme.pk,
            county_id=make_county().pk,
            terms=kit.terms(kit.wish_for(make_post()), title=f"申请 {number}"),
            now=noon + timedelta(minutes=number),
        )
    page = signed_in(op).get("/ops/grants?status=running").content.decode()
    assert [f"申请 {number}" in page for number in range(3)] == [True, True, False]
    assert "还有 1 份在等" in page


def test_a_ledger_longer_than_a_file_says_where_the_next_one_begins(
    op, wang, make_county, make_post, noon, monkeypatch
):
    monkeypatch.setattr(exports, "MOST_ROWS", 1)
    make_post()
    asked = kit.terms(kit.county_wish())
    grant = kit.approved(op, wang, make_county(), asked, now=noon)

    def rows_of(path: str) -> list[tuple]:
        book = load_workbook(BytesIO(Client().get(path).content))
        return [row[:2] for row in book.active.iter_rows(min_row=2, values_only=True)]

    first = rows_of(f"/grants/{grant.public_id}/entries")
    assert (first[0][0], first[1][1]) == (2, "后面还有：…/entries?after=2")
    assert [row[0] for row in rows_of(f"/grants/{grant.public_id}/entries?after=2")] == [3]
    assert len(rows_of(f"/grants/{grant.public_id}/entries?after=二")) == 2


@pytest.mark.parametrize("forged", ["脆李", "post:x feed 9", "post:x feed " + "9" * 5_000 + " 0"])
def test_attack_06_a_forged_list_of_objects_asks_for_nothing(
    wang, op, make_county, make_post, noon, forged
):
    make_post()
    programme = kit.open_programme(op, now=noon)
    said = {**ASKED, "programme": programme.public_id, "sheet": forged}
    office = signed_in(wang)
    for button in ({}, {"read": "1"}):
        assert office.post("/county/grants/new", {**said, **button}).status_code == 422
    assert Grant.objects.count() == 0


def test_a_creator_reads_where_exposures_came_from(zhao, make_post, noon, settings, tmp_path):
    settings.SIGNALS_DIR = tmp_path / "signals"
    serving.forget()
    make_post("巫山脆李熟了")
    make_post("还没审的", published=False)
    house = kit.house_of(settings.SIGNALS_DIR)
    mei = viewers.new_viewer()
    house.live.step(now=noon)
    answer = house.answer(mei, now=noon)
    kit.watch(settings.SIGNALS_DIR, answer, mei, [0], now=noon)
    booking.book_recent(SignalLog(settings.SIGNALS_DIR), now=noon)
    with clock.at(noon + timedelta(minutes=1)):
        page = signed_in(zhao).get("/me/exposures").content.decode()
    serving.forget()
    assert "巫山脆李熟了" in page
    assert "还在审核：审核结束前没有人看到它。" in page
    assert "还在新作试推：每条视频都有最初 100 次曝光（已有 1 次），有的要几天。" in page
    assert "看过视频流的 1 位观众里，1 位已经看过它；没有新内容时才会再出现。" in page
    assert LedgerEntry.objects.count() == 0


def test_the_api_says_the_same_as_the_pages(
    op, wang, audit_person, make_county, make_post, noon, settings, tmp_path
):
    settings.SIGNALS_DIR = tmp_path / "signals"
    make_post()
    programme = kit.open_programme(op, now=noon)
    body = {
        "programme": programme.public_id,
        "county": "500237",
        "title": "脆李上市",
        "reason": "丰收。",
        "means": "product",
        "starts_on": "2026-07-01",
        "ends_on": "2026-07-10",
        "objects": [{"kind": "county", "target": "500237", "quota": 500}],
    }
    office, desk = signed_in(wang), signed_in(op)
    asked = office.post("/api/grants", body, content_type="application/json")
    assert (asked.status_code, asked.json()["status"]) == (201, "requested")
    path = f"/api/grants/{asked.json()['id']}"
    assert Client().get(path).status_code == 404
    assert desk.post(f"{path}/approve").json()["status"] == "approved"
    sheet = Client().get(path).json()
    assert [one["quota"] for one in sheet["contracts"]] == [500]
    assert [one["kind"] for one in Client().get(f"{path}/entries").json()] == ["grant", "assign"]
    assert Client().get("/api/programmes").json()[0]["free"] == 99_500
    assert len(Client().get("/api/grants?county=500237").json()) == 1
    assert signed_in(audit_person).get(f"{path}/recount").json()["equal"] is True
    assert Client().get("/api/grants/rules").json()[0]["number"] == 1
    refused = {**body, "objects": [{"kind": "county", "target": "500237", "quota": 0}]}
    answer = office.post("/api/grants", refused, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (422, "nothing_asked")
    stopped = desk.post(f"{path}/stop", {"reason": "停"}, content_type="application/json")
    assert stopped.json()["status"] == "stopped"


@pytest.fixture
def cards(op, wang, make_county, make_post, noon, settings, tmp_path):
    """A county with a banner and an opening card, and a process that has them at hand."""
    settings.SIGNALS_DIR = tmp_path / "signals"
    post = make_post()
    wishes = [
        kit.wish_for(post, 1000, placement=PLACEMENT_OF["banner"]),
        kit.county_wish(1000, placement=PLACEMENT_OF["splash"]),
    ]
    grant = kit.approved(op, wang, make_county(), kit.terms(*wishes), now=noon)
    serving.forget()
    now = noon + timedelta(hours=1)
    serving.serving().live.step(now=now)
    with clock.at(now):
        yield grant
    serving.forget()


def test_a_banner_stands_on_its_pages_marked_and_with_a_reason(cards):
    reader = Client()
    assert "扶持推广" not in reader.get("/").content.decode()
    for path in ("/", "/goods", "/c/500237"):
        page = reader.get(path).content.decode()
        (sheet,) = re.findall(r'<aside class="card support" data-sheet="([^"]+)"', page)
        assert "扶持推广" in page
        assert "跳过" in page
        why = reader.get("/watch/why", {"sheet": sheet, "slot": "0", "fragment": ""})
        assert f"/grants/{cards.public_id}" in why.content.decode()
    assert "扶持推广" not in reader.get("/").content.decode(), "three a day is the cap"


def test_the_opening_card_is_asked_for_once_and_never_in_youth_mode(cards):
    reader = Client()
    assert reader.get("/opening").status_code == 204, "no token, no card"
    assert 'data-opening="/opening"' in reader.get("/").content.decode()
    card = reader.get("/opening")
    assert card.headers["Cache-Control"] == "no-store"
    assert '<button class="button" type="button" data-skips autofocus>跳过' in card.content.decode()
    assert reader.get("/opening").status_code == 204
    young = Client()
    young.get("/")
    young.post("/settings/youth", {"code": "2468"})
    assert young.get("/opening").status_code == 204
    assert "data-opening" not in young.get("/").content.decode()


def test_caps_that_cannot_be_meant_stay_in_the_form_in_words(
    op, wang, make_county, make_post, noon
):
    make_post()
    programme = kit.open_programme(op, now=noon, splash_cap=None)
    card = {**ASKED, "programme": programme.public_id, "placement_1": "splash"}
    for caps, words in (
        ({"feed_cap": ""}, "开屏：计划没有规定频次上限"),
        ({"feed_cap": "", "splash_cap": "0"}, "开屏：每位观众每天 0 次不成立"),
        ({"feed_cap": "", "splash_cap": "1", "banner_cap": "2"}, "横幅：填了频次上限"),
    ):
        answer = signed_in(wang).post("/county/grants/new", {**card, **caps})
        assert (answer.status_code, words in answer.content.decode()) == (422, True), caps
    assert Grant.objects.count() == 0
    asked = {**card, "feed_cap": "", "splash_cap": "1"}
    assert signed_in(wang).post("/county/grants/new", asked).status_code == 302
    assert Grant.objects.get().contracts.get().placement == "splash"


def test_placements_and_caps_by_api_and_in_excel(
    op, wang, make_county, make_post, noon, settings, tmp_path
):
    settings.SIGNALS_DIR = tmp_path / "signals"
    make_post()
    programme = kit.open_programme(op, now=noon)
    card = {"kind": "county", "target": "500237", "quota": 500, "placement": "splash"}
    body = {
        "programme": programme.public_id,
        "county": "500237",
        "title": "脆李上市",
        "reason": "丰收。",
        "means": "creator",
        "starts_on": "2026-07-01",
        "ends_on": "2026-07-10",
        "objects": [card, {**card, "placement": "banner"}],
    }
    office = signed_in(wang)
    for caps, code in (
        ({"splash_cap": 0}, "caps_wrong"),
        ({"banner_cap": -2}, "caps_wrong"),
        ({"splash_cap": 50}, "caps_wrong"),
    ):
        answer = office.post("/api/grants", {**body, **caps}, content_type="application/json")
        assert (answer.status_code, answer.json()["code"]) == (422, code)
    asked = office.post("/api/grants", {**body, "banner_cap": 2}, content_type="application/json")
    grant = Grant.objects.get(public_id=asked.json()["id"])
    signed_in(op).post(f"/api/grants/{grant.public_id}/approve")
    said = Client().get(f"/api/grants/{grant.public_id}").json()
    assert [(one["placement"], one["viewer_cap"], one["quota"]) for one in said["placements"]] == [
        ("banner", 2, 500),
        ("splash", 1, 500),
    ]
    assert [one["placement"] for one in said["contracts"]] == ["splash", "banner"]
    book = load_workbook(BytesIO(Client().get(f"/grants/{grant.public_id}/export").content))
    rows = list(book.active.iter_rows(values_only=True))
    assert [row[2:5] for row in rows[-3:-1]] == [
        ("达人推介", "开屏", 500),
        ("达人推介", "横幅", 500),
    ]


def test_the_desk_finds_requests_by_words_county_and_status_and_exports_what_it_found(
    op, wang, make_county, make_post, noon
):
    make_post()
    programme = kit.open_programme(op, now=noon)
    for title, first in (("脆李上市", 1), ("红叶季", 4), ("春茶", 7)):
        days = {"starts_on": clock.day_of(noon).replace(day=first)}
        days["ends_on"] = days["starts_on"] + timedelta(days=1)
        asked = kit.terms(kit.county_wish(), title=title, **days)
        services.request_grant(
            requester=wang,
            programme_id=programme.pk,
            county_id=make_county().pk,
            terms=asked,
            now=noon,
        )
    plums = Grant.objects.get(title="脆李上市")
    services.approve_grant(operator=op, grant_id=plums.pk, now=noon)
    desk = signed_in(op)

    def titles(address: str) -> list[str]:
        book = load_workbook(BytesIO(desk.get(address).content))
        return [row[1] for row in book.active.iter_rows(min_row=2, values_only=True)]

    assert titles("/ops/grants/export") == ["春茶", "红叶季", "脆李上市"]
    assert titles("/ops/grants/export?q=山货 红叶&county=500237") == ["红叶季"]
    assert titles("/ops/grants/export?status=requested") == ["春茶", "红叶季"]
    assert titles("/grants/export?status=requested") == ["脆李上市"], "no such status in public"
    page = desk.get("/ops/grants?q=红叶").content.decode()
    assert page.count(f"/grants/{plums.public_id}") == 0
    assert "没有找到" in desk.get("/ops/grants?q=没有这个").content.decode()
    assert signed_in(wang).get("/ops/grants/export").status_code == 403


def test_an_office_asks_for_many_clips_with_a_workbook(
    op, wang, make_county, make_post, noon, settings, tmp_path
):
    settings.SIGNALS_DIR = tmp_path / "signals"
    clips = [make_post(caption=f"山路 {number}") for number in range(40)]
    signed_in(op).post("/ops/grants/programmes/new", PROGRAMME)
    asked = {**ASKED, "programme": Programme.objects.get().public_id, "quota_1": ""}
    office = signed_in(wang)
    book = load_workbook(BytesIO(office.get("/county/grants/objects").content))
    quotas = {cell.value: cell.column for cell in book.active[1]}
    for row in book.active.iter_rows(min_row=2):
        if row[2].value.startswith("post:"):
            row[quotas["曝光次数"] - 1].value = "１,０００" if row[1].value == "山路 0" else 30
    office_file = BytesIO()
    book.save(office_file)
    shown = office.post("/county/grants/new", {**asked, "file": as_upload(office_file)})
    assert not Grant.objects.exists()
    assert "来自表格：40 个" in shown.text
    # Four selects offer the newest thirty, however many a workbook may name.
    assert shown.text.count('<option value="post:') == 4 * 30
    sheet = re.search(r'name="sheet" value="([^"]+)"', shown.text)[1]
    office.post("/county/grants/new", {**asked, "sheet": sheet})
    contracts = Grant.objects.get().contracts.all()
    assert {one.public_id for one in clips} == {one.target_public_id for one in contracts}
    assert sorted(one.quota_count for one in contracts) == [30] * 39 + [1000]


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        (["county:500999", "信息流", "30", ""], "第 2 行：“county:500999”不是本县的对象。"),
        (["county:500237", "信息流", "三十", ""], "第 2 行：“三十”不是曝光次数。"),
        (["county:500237", "楼顶", "30", ""], "第 2 行：“楼顶”不是资源位。"),
        (["county:500237", "", "30", "0.5"], "第 2 行：“0.5”不是曝光次数。"),
    ],
)
def test_a_row_that_cannot_be_meant_is_named_and_nothing_typed_is_lost(
    row, fault, op, wang, make_county, make_post, noon, settings, tmp_path
):
    settings.SIGNALS_DIR = tmp_path / "signals"
    make_post()
    signed_in(op).post("/ops/grants/programmes/new", PROGRAMME)
    asked = {**ASKED, "programme": Programme.objects.get().public_id, "quota_1": ""}
    raw = sheets.write_csv(["对象编号", "资源位", "曝光次数", "每天最多"], [row])
    shown = signed_in(wang).post("/county/grants/new", {**asked, "file": as_upload(BytesIO(raw))})
    assert fault in shown.text
    assert 'value="脆李上市"' in shown.text
    assert not Grant.objects.exists()


def test_a_forged_or_broken_sheet_asks_for_nothing(
    op, wang, make_county, make_post, noon, settings, tmp_path
):
    settings.SIGNALS_DIR = tmp_path / "signals"
    make_post()
    signed_in(op).post("/ops/grants/programmes/new", PROGRAMME)
    asked = {**ASKED, "programme": Programme.objects.get().public_id}
    office = signed_in(wang)
    for sheet in ("post:x", "moon:x feed 3 0", "post:x roof 3 0", "post:x feed much 0"):
        assert office.post("/county/grants/new", {**asked, "sheet": sheet}).status_code == 422
    assert office.post("/county/grants/new", {**asked, "read": "1"}).status_code == 422
    picture = as_upload(BytesIO(b"\x89PNG\r\n\x1a\n\x00"))
    answer = office.post("/county/grants/new", {**asked, "file": picture})
    assert answer.status_code == 422
    assert str(sheets.NotASheet.message) in answer.text
    assert not Grant.objects.exists()


def as_upload(file: BytesIO) -> BytesIO:
    file.seek(0)
    file.name = "objects.xlsx"
    return file


def test_a_county_pools_its_clips_and_everybody_reads_what_came_from_where(
    op, wang, make_county, make_post, noon, settings, tmp_path
):
    settings.SIGNALS_DIR = tmp_path / "signals"
    post, programme = make_post("要下架的短视频"), kit.open_programme(op, now=noon)
    office = signed_in(wang)
    form = office.get("/county/grants/new").content.decode()
    assert re.search(r'<input type="checkbox" name="pooled"[^>]* checked', form)
    one = {"object_1": f"post:{post.public_id}", "quota_1": "30", "pooled": "on"}
    office.post("/county/grants/new", {**ASKED, "programme": programme.public_id, **one})
    grant = Grant.objects.get()
    services.approve_grant(operator=op, grant_id=grant.pk, now=noon)
    gone = grant.contracts.get()
    services.end_contracts_on(
        kind=gone.kind, public_ids=[post.public_id], reason="withdrawn", now=noon
    )
    booking.book_recent(SignalLog(settings.SIGNALS_DIR), now=noon)
    page = Client().get(f"/grants/{grant.public_id}").content.decode()
    for words in ("由对象并入 30", "并到县里 30", "转给本县别的短视频", "短视频已下架"):
        assert words in page, words
    said = Client().get(f"/api/grants/{grant.public_id}").json()
    assert (said["pooled"], [one["pooled"] for one in said["contracts"]]) == (True, [-30, 30])
    assert [(one["contract"], one["amount"]) for one in said["poolings"]] == [(gone.pk, 30)]
    entries = Client().get(f"/api/grants/{grant.public_id}/entries").json()
    assert [one["kind"] for one in entries] == ["grant", "assign", "pool", "assign"]
    book = load_workbook(BytesIO(Client().get(f"/grants/{grant.public_id}/export").content))
    rows = list(book.active.iter_rows(values_only=True))
    assert [(row[4], row[-1]) for row in rows[1:3]] == [(30, -30), (0, 30)]
    assert load_workbook(BytesIO(Client().get("/grants/export").content)).active["L2"].value == "是"
    desk = signed_in(op).get(f"/grants/{grant.public_id}/recount").content.decode()
    assert "一次不差，账链完整。" in desk


def test_why_says_that_an_exposure_was_meant_for_something_that_is_gone(
    op, wang, make_county, make_post, noon, settings, tmp_path
):
    settings.SIGNALS_DIR = tmp_path / "signals"
    post = make_post()
    asked = kit.terms(kit.wish_for(post, 300, placement=PLACEMENT_OF["banner"]), pooled=True)
    grant = kit.approved(op, wang, make_county(), asked, now=noon)
    services.end_contracts_on(
        kind="post", public_ids=[post.public_id], reason="withdrawn", now=noon
    )
    booking.book_recent(SignalLog(settings.SIGNALS_DIR), now=noon)
    serving.forget()
    serving.serving().live.step(now=noon + timedelta(hours=1))
    reader = Client()
    with clock.at(noon + timedelta(hours=1)):
        reader.get("/goods")
        page = reader.get("/goods").content.decode()
        (sheet,) = re.findall(r'<aside class="card support" data-sheet="([^"]+)"', page)
        asked_why = {"sheet": sheet, "slot": "0"}
        why = reader.get("/watch/why", {**asked_why, "fragment": ""}).content.decode()
        by_api = reader.get("/api/feed/why", asked_why).json()
    serving.forget()
    assert "原本给本县的另一个对象" in why
    assert grant.title in why
    assert by_api["pooled"] is True
