"""The county office checks what its merchants and its own people propose."""

from io import BytesIO

import pytest
from openpyxl import load_workbook

from shanhuo.goods import services as goods
from shanhuo.goods.models import PoolEntry
from shanhuo.people.models import Membership, Organisation

TICKS = {"licence_ok": "on", "certificate_ok": "on", "stock_ok": "on", "price_ok": "on"}


@pytest.fixture
def desk(client, wang):
    """Wang's browser."""
    client.force_login(wang)
    return client


@pytest.fixture
def entry(listed, lin, noon):
    return goods.nominate_product(product_id=listed.pk, actor_id=lin.pk, reason="甜", now=noon)


def test_admitted_with_four_ticks_and_taken_out_with_a_reason(desk, entry, client):
    address = f"/county/pool/{entry.public_id}"
    assert "1" in desk.get("/county/").content.decode()
    assert desk.post(address, {"act": "admit", "licence_ok": "on"}).status_code == 422
    assert desk.post(address, {"act": "admit", **TICKS}).status_code == 302
    entry.refresh_from_db()
    assert entry.status == "admitted"
    assert entry.product.title in client.get("/c/500237/shop").content.decode()
    desk.post(address, {"act": "exit", "reason": "season_over", "note": ""})
    entry.refresh_from_db()
    assert (entry.status, entry.exit_reason) == ("exited", "season_over")


def test_refused_with_words_only(desk, entry):
    address = f"/county/pool/{entry.public_id}"
    assert desk.post(address, {"act": "refuse", "note": ""}).status_code == 422
    assert desk.post(address, {"act": "refuse", "note": "照片不清"}).status_code == 302
    entry.refresh_from_db()
    assert (entry.status, entry.check_note) == ("refused", "照片不清")


def test_an_officer_proposes_and_a_colleague_checks(
    desk, client, listed, wang, make_user, cooperative
):
    assert listed.title in desk.get("/county/pool/propose").content.decode()
    desk.post(f"/county/pool/propose/{listed.public_id}", {"reason": "县里主推"})
    entry = PoolEntry.objects.get()
    address = f"/county/pool/{entry.public_id}"
    assert "要由另一个人来核" in desk.post(address, {"act": "admit", **TICKS}).content.decode()
    colleague = make_user("同事")
    Membership.objects.create(
        user=colleague,
        organisation=Organisation.objects.get(kind="county_office"),
        started_at=entry.nominated_at,
    )
    client.force_login(colleague)
    assert client.post(address, {"act": "admit", **TICKS}).status_code == 302


def test_attack_15_other_people_decide_nothing(
    client, entry, lin, stranger, make_user, make_county, make_organisation
):
    elsewhere = make_user("外县干部")
    make_organisation(
        "county_office", name="奉节县", county=make_county("奉节县", "500236"), members=(elsewhere,)
    )
    address = f"/county/pool/{entry.public_id}"
    for person, status in ((elsewhere, 404), (lin, 403), (stranger, 403)):
        client.force_login(person)
        assert client.post(address, {"act": "admit", **TICKS}).status_code == status
    client.force_login(elsewhere)
    assert entry.product.title not in client.get("/county/pool").content.decode()
    assert entry.product.title not in client.get("/county/pool/propose").content.decode()
    sheet = load_workbook(BytesIO(client.get("/county/pool/export").content)).active
    assert sheet.max_row == 1
    entry.refresh_from_db()
    assert entry.status == "nominated"


def test_the_workbook_says_who_proposed_and_who_checked(desk, entry):
    desk.post(f"/county/pool/{entry.public_id}", {"act": "admit", **TICKS, "note": "已到现场看过"})
    sheet = load_workbook(BytesIO(desk.get("/county/pool/export").content)).active
    row = next(sheet.iter_rows(min_row=2, values_only=True))
    assert (row[0], row[3], row[5], row[7]) == (
        "巫山脆李 5 斤装",
        "林合作社",
        "王专员",
        "已到现场看过",
    )
