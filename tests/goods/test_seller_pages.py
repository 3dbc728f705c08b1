"""A co-op clerk brings a product to market by hand."""

from datetime import timedelta
from io import BytesIO

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from openpyxl import load_workbook

from shanhuo.goods import services as goods
from shanhuo.goods.models import Brand, Lot, PriceVersion, Product, Sku
from tests.goods.conftest import lot_details, picture

PRICE = {
    "price": "39.80",
    "farm_gate_fen": "24",
    "packing_fen": "4",
    "freight_fen": "8.00",
    "platform_fee_fen": "1.80",
    "commission_fen": "2",
}
SIZE = {**PRICE, "name": "5 斤装", "grams_per_unit": "2500", "stock_count": "40"}
TEXT = {"title": "巫山脆李", "category": "fruit"}
STANDARD = {"grade": "特级", "size": "30–40 g", "packing": "泡沫箱", "inspection": "每批抽检"}


def lot_form(day, **changes):
    values = {
        "quantity": "2000",
        "unit": "jin",
        "harvest_from": day,
        "harvest_until": day + timedelta(days=7),
        "valid_until": day + timedelta(days=30),
        "goods_name": "巫山脆李",
        "origin": "曲尺乡",
        "promiser": "林合作社",
        "contact": "13800138000",
        "promises": ["no_banned", "residues", "true"],
        "proof_method": "self_test",
        "number": "A1",
        "issued_on": day,
        "act": "certify",
    }
    return {**values, **changes}


@pytest.fixture
def desk(client, lin, cooperative):
    """Lin's browser."""
    client.force_login(lin)
    return client


def test_from_nothing_to_the_shelf(desk, noon, mei, client):
    created = desk.post("/sell/products/new", {**TEXT, **STANDARD, "season_months": ["7", "8"]})
    product = Product.objects.get()
    sheet = f"/sell/products/{product.public_id}"
    assert (created.status_code, created["Location"]) == (302, sheet)
    desk.post(f"{sheet}/photos", {"photo": picture()})
    desk.post(f"{sheet}/sizes/new", SIZE)
    certified = desk.post(f"{sheet}/lots/new", lot_form(noon.date()))
    assert certified["Location"] == f"/sell/lots/{Lot.objects.get().public_id}/certificate"
    desk.post(f"{sheet}/list")
    product.refresh_from_db()
    assert (product.status, product.season_mask) == ("listed", 0b11000000)
    assert Sku.objects.get().price_fen == 3980


def test_a_form_that_is_sent_twice_makes_one_product(desk):
    once = {**TEXT, "key": "3f1c7c1e-0000-4000-8000-000000000001"}
    first, second = desk.post("/sell/products/new", once), desk.post("/sell/products/new", once)
    assert first["Location"] == second["Location"]
    assert Product.objects.count() == 1


def test_every_page_of_the_desk_opens(desk, listed, noon):
    sku, lot = listed.skus.get(), listed.lots.get()
    draft = goods.enter_lot(
        product_id=listed.pk, details=lot_details(noon.date(), number="B"), now=noon
    )
    brand = goods.create_brand(
        organisation_id=listed.merchant_id, county_id=listed.county_id, name="脆李", now=noon
    )
    sheet = f"/sell/products/{listed.public_id}"
    for address in (
        "/sell/",
        "/sell/products",
        "/sell/products/new",
        sheet,
        f"{sheet}/edit",
        f"{sheet}/sizes/new",
        f"{sheet}/lots/new",
        f"/sell/sizes/{sku.public_id}",
        "/sell/lots",
        f"/sell/lots/{draft.public_id}",
        f"/sell/lots/{lot.public_id}/certificate",
        "/sell/brands",
        "/sell/brands/new",
        f"/sell/brands/{brand.public_id}",
    ):
        assert desk.get(address).status_code == 200, address


def test_what_is_missing_is_told_and_nothing_goes_on_sale(desk, draft):
    sheet = f"/sell/products/{draft.public_id}"
    answer = desk.post(f"{sheet}/list", follow=True)
    text = answer.content.decode()
    for words in ("至少上传一张照片", "至少添加一个规格", "还没有开具合格证的批次"):
        assert words in text
    draft.refresh_from_db()
    assert draft.status == "draft"


def test_parts_that_do_not_add_up_are_told_in_yuan(desk, draft):
    address = f"/sell/products/{draft.public_id}/sizes/new"
    answer = desk.post(address, {**SIZE, "commission_fen": "3"})
    assert answer.status_code == 422
    assert "各部分相加是 40.80 元，但售价是 39.80 元" in answer.content.decode()
    assert 'value="5 斤装"' in answer.content.decode()
    assert not Sku.objects.exists()


@pytest.mark.parametrize(
    ("typed", "stock"),
    [("４０", 40), ("0", 0), ("-1", None), ("1.5", None), ("1" + "0" * 30, None), ("many", None)],
)
def test_attack_06_odd_counts_are_read_or_refused(desk, draft, typed, stock):
    desk.post(f"/sell/products/{draft.public_id}/sizes/new", {**SIZE, "stock_count": typed})
    assert list(Sku.objects.values_list("stock_count", flat=True)) == (
        [] if stock is None else [stock]
    )


@pytest.mark.parametrize("typed", ["-2000", "0", "1" + "0" * 30, "1e9", "二千"])
def test_attack_06_odd_volumes_are_refused(desk, draft, noon, typed):
    answer = desk.post(
        f"/sell/products/{draft.public_id}/lots/new", lot_form(noon.date(), quantity=typed)
    )
    assert (answer.status_code, Lot.objects.count()) == (422, 0)


def test_full_width_digits_of_a_phone_keyboard_are_understood(desk, draft, noon):
    desk.post(
        f"/sell/products/{draft.public_id}/lots/new", lot_form(noon.date(), quantity="２０００")
    )
    assert Lot.objects.get().declared_grams == 1_000_000


def test_a_lot_form_begins_with_what_stood_in_the_last_one(desk, listed):
    text = desk.get(f"/sell/products/{listed.public_id}/lots/new").content.decode()
    for value in ("巫山县曲尺乡柑园村", "13800138000", "2026-07-08", "2026-07-31"):
        assert value in text


def test_an_incomplete_certificate_is_told_field_by_field(desk, draft, noon):
    address = f"/sell/products/{draft.public_id}/lots/new"
    answer = desk.post(address, lot_form(noon.date(), origin="", promises=["true"]))
    assert (answer.status_code, Lot.objects.count()) == (422, 0)
    assert list(answer.context["form"].errors) == ["origin", "promises"]
    assert "三项承诺都要勾选" in answer.content.decode()


def test_a_draft_needs_little_and_is_completed_later(desk, draft, noon):
    bare = {"number": "A1", "unit": "jin", "act": "draft"}
    desk.post(f"/sell/products/{draft.public_id}/lots/new", bare)
    lot = Lot.objects.get()
    assert (lot.status, lot.declared_grams) == ("draft", 0)
    desk.post(f"/sell/lots/{lot.public_id}", lot_form(noon.date()))
    lot.refresh_from_db()
    assert (lot.status, lot.declared_grams) == ("certified", 1_000_000)


def test_stock_is_not_set_below_what_is_promised(desk, listed, noon):
    sku = listed.skus.get()
    goods.hold_stock(quantities={sku.pk: 5}, reference="o1", now=noon)
    address = f"/sell/sizes/{sku.public_id}"
    answer = desk.post(address, {"what": "stock", "stock_count": "4", "seen_count": "40"})
    assert answer.status_code == 422
    assert "有 5 件已被待付款订单占用" in answer.content.decode()
    moved = desk.post(address, {"what": "stock", "stock_count": "90", "seen_count": "41"})
    assert "库存刚刚变成了 40 件" in moved.content.decode()
    desk.post(address, {"what": "stock", "stock_count": "90", "seen_count": "40"})
    sku.refresh_from_db()
    assert sku.stock_count == 90


def test_a_price_is_changed_and_remembered(desk, listed):
    sku = listed.skus.get()
    changed = {**PRICE, "what": "price", "price": "41.80", "farm_gate_fen": "26"}
    desk.post(f"/sell/sizes/{sku.public_id}", changed)
    assert list(PriceVersion.objects.values_list("number", "price_fen")) == [(2, 4180), (1, 3980)]


def test_attack_05_fields_that_are_not_in_the_form_change_nothing(desk, draft, noon):
    desk.post(
        f"/sell/products/{draft.public_id}/edit",
        {**TEXT, "status": "listed", "listed_at": "2026-01-01", "merchant": "1", "county": "2"},
    )
    desk.post(
        f"/sell/products/{draft.public_id}/sizes/new", {**SIZE, "held_count": "7", "price_fen": "1"}
    )
    desk.post(
        f"/sell/products/{draft.public_id}/lots/new",
        lot_form(noon.date(), act="draft", status="certified", committed_grams="9"),
    )
    draft.refresh_from_db()
    sku, lot = Sku.objects.get(), Lot.objects.get()
    assert (draft.status, draft.listed_at, sku.held_count, sku.price_fen) == (
        "draft",
        None,
        0,
        3980,
    )
    assert (lot.status, lot.committed_grams) == ("draft", 0)


def test_attack_15_another_shop_reaches_nothing(client, listed, make_user, make_organisation):
    rival = make_user("别家")
    make_organisation("merchant", name="别家合作社", members=(rival,))
    client.force_login(rival)
    sku, lot, photo = listed.skus.get(), listed.lots.get(), listed.photos.get()
    sheet = f"/sell/products/{listed.public_id}"
    for address in (
        sheet,
        f"{sheet}/edit",
        f"{sheet}/sizes/new",
        f"{sheet}/lots/new",
        f"/sell/sizes/{sku.public_id}",
        f"/sell/lots/{lot.public_id}/certificate",
    ):
        assert client.get(address).status_code == 404, address
    for address in (
        f"{sheet}/edit",
        f"{sheet}/list",
        f"{sheet}/unlist",
        f"{sheet}/nominate",
        f"{sheet}/leave",
        f"{sheet}/photos",
        f"{sheet}/photos/{photo.name}",
        f"{sheet}/sizes/new",
        f"{sheet}/lots/new",
        f"/sell/sizes/{sku.public_id}",
        f"/sell/lots/{lot.public_id}/withdraw",
    ):
        assert client.post(address, SIZE).status_code == 404, address
    listed.refresh_from_db()
    assert (listed.status, listed.photos.count(), listed.skus.count()) == ("listed", 1, 1)


def test_attack_16_lists_and_exports_hold_ones_own_rows_only(
    client, listed, make_user, make_organisation
):
    rival = make_user("别家")
    make_organisation("merchant", name="别家合作社", members=(rival,))
    client.force_login(rival)
    assert listed.title not in client.get("/sell/products?q=脆李").content.decode()
    assert "曲尺乡" not in client.get("/sell/lots").content.decode()
    for address in ("/sell/products/export", "/sell/lots/export"):
        sheet = load_workbook(BytesIO(client.get(address).content)).active
        assert sheet.max_row == 1


def test_attack_28_the_sellers_workbooks_run_nothing(desk, listed, noon):
    goods.enter_lot(
        product_id=listed.pk,
        details=lot_details(noon.date(), number="=1+1", origin="@SUM(A1)", promiser="+86"),
        now=noon,
    )
    sheet = load_workbook(BytesIO(desk.get("/sell/lots/export").content)).active
    row = next(sheet.iter_rows(min_row=2, values_only=True))
    assert (row[1], row[5], row[6]) == ("'=1+1", "'@SUM(A1)", "'+86")
    book = load_workbook(BytesIO(desk.get("/sell/products/export").content)).active
    assert [cell.value for cell in book[2]] == [
        "巫山脆李 5 斤装",
        "在售",
        "5 斤装",
        2500,
        39.8,
        24,
        40,
        0,
    ]


def test_a_list_of_one_and_of_three_products_costs_the_same(desk, make_product, make_sku):
    counts = []
    for wanted in (1, 3):
        while Product.objects.count() < wanted:
            make_sku(make_product(f"脆李 {Product.objects.count()}"))
        with CaptureQueriesContext(connection) as statements:
            desk.get("/sell/products")
        counts.append(len(statements))
    assert counts[0] == counts[1]


def test_a_broken_picture_is_refused_in_words(desk, draft):
    answer = desk.post(
        f"/sell/products/{draft.public_id}/photos", {"photo": BytesIO(b"<svg/>")}, follow=True
    )
    assert "不是完整的图片文件" in answer.content.decode()
    assert draft.photos.count() == 0


def test_a_dossier_is_kept_published_and_versioned(desk, cooperative):
    desk.post("/sell/brands/new", {"keeper": cooperative.public_id, "name": "巫山脆李"})
    brand = Brand.objects.get()
    address = f"/sell/brands/{brand.public_id}"
    half = {"survey": "12 个村", "slogan": "一口脆甜"}
    answer = desk.post(address, {**half, "act": "publish"})
    assert answer.status_code == 422
    whole = {**half, "selling_points": "脆", "positioning": "鲜食", "proof": "地理标志"}
    assert desk.post(address, {**whole, "act": "publish"}).status_code == 302
    brand.refresh_from_db()
    assert (brand.current.number, brand.current.slogan) == (1, "一口脆甜")


def test_an_officer_keeps_the_countys_shared_brand(client, wang, lin, cooperative):
    client.force_login(wang)
    office = Brand.objects.model._meta.get_field("organisation").related_model.objects.get(
        kind="county_office"
    )
    client.post("/sell/brands/new", {"keeper": office.public_id, "name": "巫山脆李"})
    brand = Brand.objects.get()
    assert client.get(f"/sell/brands/{brand.public_id}").status_code == 200
    client.force_login(lin)
    assert client.get(f"/sell/brands/{brand.public_id}").status_code == 404
    assert brand.name in client.get("/sell/products/new").content.decode()
