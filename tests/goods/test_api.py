"""Goods through the API: the whole way to the shelf, and what it refuses."""

import json

import pytest

from shanhuo.goods import services as goods
from shanhuo.goods.models import Lot, Product, Sku
from tests.goods.conftest import lot_details, picture

PRICE = {
    "price_fen": 3980,
    "farm_gate_fen": 2400,
    "packing_fen": 400,
    "freight_fen": 800,
    "platform_fee_fen": 180,
    "commission_fen": 200,
}
SIZE = {**PRICE, "name": "5 斤装", "grams_per_unit": 2500, "stock_count": 40}
TEXT = {
    "title": "巫山脆李",
    "category": "fruit",
    "months": [7, 8],
    "standard": {"grade": "特级", "size": "30 g", "packing": "箱", "inspection": "抽检"},
}


class Caller:
    """A client that speaks JSON: `call("post", "/api/…", {...})` gives (status, answer)."""

    def __init__(self, client):
        self.client = client

    def __call__(self, verb, address, body=None):
        answer = getattr(self.client, verb)(
            address,
            data=None if body is None else json.dumps(body),
            content_type="application/json",
        )
        return answer.status_code, json.loads(answer.content) if answer.content else None


@pytest.fixture
def call(client, lin, cooperative, noon):
    """Lin's program."""
    client.force_login(lin)
    return Caller(client)


def lot_body(day, **changes):
    return {
        "number": "A1",
        "goods_name": "巫山脆李",
        "quantity": "2000",
        "origin": "曲尺乡",
        "promiser": "林合作社",
        "contact": "13800138000",
        "promises": ["no_banned", "residues", "true"],
        "proof_method": "self_test",
        "issued_on": str(day),
        "harvest_from": str(day),
        "harvest_until": str(day),
        "valid_until": str(day),
        **changes,
    }


def test_from_nothing_to_the_shelf(call, client, noon):
    status, product = call("post", "/api/seller/products", TEXT)
    assert (status, product["gaps"]) == (201, ["photo", "sku", "certificate"])
    home = f"/api/seller/products/{product['id']}"
    assert client.post(f"{home}/photos", {"photo": picture()}).status_code == 201
    status, sku = call("post", f"{home}/skus", SIZE)
    assert (status, sku["price_fen"], sku["chain"]["farm_gate_fen"]) == (201, 3980, 2400)
    _status, lot = call("post", f"{home}/lots", lot_body(noon.date()))
    assert call("post", f"/api/seller/lots/{lot['id']}/certify")[1]["status"] == "certified"
    status, listed = call("post", f"{home}/list")
    assert (status, listed["status"], listed["gaps"]) == (200, "listed", [])
    client.logout()
    _status, page = call("get", f"/api/products/{product['id']}")
    assert [offer["available_count"] for offer in page["offers"]] == [40]
    assert page["standard"]["grade"] == "特级"
    status, shelf = call("get", "/api/products?q=脆李&month=7")
    assert (shelf["count"], shelf["products"][0]["id"]) == (1, product["id"])
    status, sheet = call("get", f"/api/lots/{lot['id']}/certificate")
    assert (status, sheet["contact"]) == (200, "138****8000")


def test_what_is_missing_is_named(call, draft):
    status, refusal = call("post", f"/api/seller/products/{draft.public_id}/list")
    assert (status, refusal["code"]) == (422, "not_ready_to_list")
    assert refusal["details"]["gaps"] == ["photo", "sku", "certificate"]


def test_attack_05_what_is_not_for_writing_is_not_written(call, draft, noon):
    home = f"/api/seller/products/{draft.public_id}"
    extra = {
        "id": "x",
        "pk": 1,
        "status": "listed",
        "listed_at": "2026-01-01T00:00:00Z",
        "merchant": 9,
        "merchant_id": 9,
        "county_id": 9,
        "public_id": "y",
    }
    call("put", home, {**TEXT, **extra})
    call("post", f"{home}/skus", {**SIZE, "held_count": 9, "price_number": 7, "product_id": 3})
    call(
        "post",
        f"{home}/lots",
        lot_body(noon.date(), status="certified", committed_grams=5, declared_grams=9),
    )
    before = (draft.merchant_id, draft.county_id, draft.public_id)
    draft.refresh_from_db()
    sku, lot = Sku.objects.get(), Lot.objects.get()
    assert (draft.merchant_id, draft.county_id, draft.public_id) == before
    assert (draft.status, draft.listed_at) == ("draft", None)
    assert (sku.held_count, sku.price_number) == (0, 1)
    assert (lot.status, lot.committed_grams, lot.declared_grams) == ("draft", 0, 1_000_000)


def test_attack_05_a_price_that_does_not_add_up_is_refused(call, draft):
    home = f"/api/seller/products/{draft.public_id}"
    status, refusal = call("post", f"{home}/skus", {**SIZE, "price_fen": 1})
    assert (status, refusal["code"]) == (422, "price_does_not_add_up")
    assert not Sku.objects.exists()


@pytest.mark.parametrize("count", [-1, 1.5, 10**30, "１２", "40", True, None, "many"])
def test_attack_06_odd_counts_are_refused(call, draft, count):
    home = f"/api/seller/products/{draft.public_id}"
    status, refusal = call("post", f"{home}/skus", {**SIZE, "stock_count": count})
    assert (status, refusal["code"]) == (422, "invalid")
    assert refusal["details"]["fields"][0]["field"].endswith("stock_count")
    assert not Sku.objects.exists()


@pytest.mark.parametrize("quantity", ["0", "-1", "1e30", "0.001", "NaN", "Infinity", "many"])
def test_attack_06_odd_volumes_are_refused(call, draft, noon, quantity):
    body = lot_body(noon.date(), quantity=quantity)
    status, _refusal = call("post", f"/api/seller/products/{draft.public_id}/lots", body)
    assert (status, Lot.objects.count()) == (422, 0)


@pytest.mark.parametrize(
    ("title", "refusal"),
    [("", 422), ("长" * 61, 422), ("\0", 400), ("\ud800", 422), (7, 422), (None, 422)],
)
def test_titles_that_no_database_takes_are_refused(call, title, refusal):
    status, _answer = call("post", "/api/seller/products", {**TEXT, "title": title})
    assert (status, Product.objects.count()) == (refusal, 0)


def test_stock_and_price_are_changed_with_open_eyes(call, listed, noon):
    sku = listed.skus.get()
    goods.hold_stock(quantities={sku.pk: 5}, reference="o1", now=noon)
    home = f"/api/seller/skus/{sku.public_id}"
    status, refusal = call("put", f"{home}/stock", {"stock_count": 4, "seen_count": 40})
    assert (status, refusal["code"], refusal["details"]) == (409, "stock_below_held", {"held": 5})
    status, refusal = call("put", f"{home}/stock", {"stock_count": 9, "seen_count": 39})
    assert (status, refusal["code"], refusal["details"]) == (409, "stock_moved", {"stock": 40})
    status, answer = call("put", f"{home}/stock", {"stock_count": 9, "seen_count": 40})
    assert (status, answer["stock_count"], answer["held_count"]) == (200, 9, 5)
    dearer = {**PRICE, "price_fen": 4080, "farm_gate_fen": 2500}
    assert call("put", f"{home}/price", dearer)[1]["price_number"] == 2


def test_attack_15_another_shop_reaches_nothing(client, listed, make_user, make_organisation, noon):
    rival = make_user("别家")
    make_organisation("merchant", name="别家", members=(rival,))
    client.force_login(rival)
    call = Caller(client)
    sku, lot = listed.skus.get().public_id, listed.lots.get().public_id
    photo, home = listed.photos.get().name, f"/api/seller/products/{listed.public_id}"
    attempts = [
        ("get", home, None),
        ("put", home, TEXT),
        ("post", f"{home}/list", None),
        ("post", f"{home}/unlist", None),
        ("post", f"{home}/skus", SIZE),
        ("delete", f"{home}/photos/{photo}", None),
        ("put", f"{home}/photos/{photo}/cover", None),
        ("post", f"{home}/lots", lot_body(noon.date())),
        ("post", f"{home}/nominate", {"reason": "x"}),
        ("post", f"{home}/leave-pool", None),
        ("put", f"/api/seller/skus/{sku}", {"name": "x", "is_active": False}),
        ("put", f"/api/seller/skus/{sku}/price", PRICE),
        ("put", f"/api/seller/skus/{sku}/stock", {"stock_count": 0, "seen_count": 40}),
        ("put", f"/api/seller/lots/{lot}", lot_body(noon.date())),
        ("post", f"/api/seller/lots/{lot}/certify", None),
        ("post", f"/api/seller/lots/{lot}/withdraw", None),
    ]
    assert {call(*attempt)[0] for attempt in attempts} == {404}
    assert client.post(f"{home}/photos", {"photo": picture()}).status_code == 404
    assert call("get", "/api/seller/products")[1]["count"] == 0
    assert call("get", "/api/seller/lots")[1]["count"] == 0
    listed.refresh_from_db()
    assert (listed.status, listed.photos.count(), listed.skus.get().stock_count) == (
        "listed",
        1,
        40,
    )


def test_the_pool_from_nomination_to_exit(client, listed, lin, wang, noon):
    call = Caller(client)
    client.force_login(lin)
    status, entry = call(
        "post", f"/api/seller/products/{listed.public_id}/nominate", {"reason": "甜"}
    )
    assert (status, entry["status"]) == (201, "nominated")
    client.force_login(wang)
    home = f"/api/county/pool/{entry['id']}"
    ticks = {"licence_ok": True, "certificate_ok": True, "stock_ok": True, "price_ok": False}
    assert call("post", f"{home}/admit", ticks)[1]["code"] == "checks_missing"
    assert call("post", f"{home}/admit", {**ticks, "price_ok": True})[1]["status"] == "admitted"
    assert call("get", "/api/county/pool")[1]["entries"][0]["checked_by"] == "王专员"
    client.logout()
    assert call("get", "/api/pool?county=500237")[1]["count"] == 1
    assert call("get", "/api/products?pool=true")[1]["count"] == 1
    client.force_login(wang)
    assert call("post", f"{home}/exit", {"reason": "quality"})[0] == 200
    assert call("get", "/api/pool?status=exited")[1]["entries"][0]["exit_reason"] == "quality"


def test_a_dossier_is_versioned(call, cooperative):
    body = {"keeper": cooperative.public_id, "name": "脆李"}
    _status, brand = call("post", "/api/brands", body)
    home = f"/api/brands/{brand['id']}"
    assert call("put", f"{home}/dossier", {"survey": "12 村", "slogan": "一口脆甜"})[0] == 204
    assert call("post", f"{home}/publish")[1]["code"] == "dossier_incomplete"
    whole = {
        "survey": "12 村",
        "slogan": "一口脆甜",
        "selling_points": "脆",
        "positioning": "鲜食",
        "proof": "地标",
    }
    call("put", f"{home}/dossier", whole)
    assert call("post", f"{home}/publish")[1]["number"] == 1
    assert [version["slogan"] for version in call("get", f"{home}/versions")[1]] == ["一口脆甜"]


def test_a_draft_lot_is_nobodys_certificate(call, listed, noon):
    lot = goods.enter_lot(
        product_id=listed.pk, details=lot_details(noon.date(), number="B"), now=noon
    )
    assert call("get", f"/api/lots/{lot.public_id}/certificate")[0] == 404
