"""Coupons for people: a seller offers them, a buyer takes one and orders with it."""

from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from openpyxl import load_workbook

from shanhuo.orders import services
from shanhuo.orders.models import Coupon, CouponBatch, Order
from tests.conftest import Maker


@pytest.fixture
def plums(make_sku: Maker, noon: Any) -> Any:
    return make_sku(stock_count=20, platform_fee_fen=200)


@pytest.fixture
def terms(cooperative: Any) -> dict[str, Any]:
    """What a seller types."""
    return {
        "key": "0123456789",
        "merchant": cooperative.public_id,
        "threshold_fen": "50",
        "off_fen": "10.00",
        "stock_count": "3",
        "per_person": "1",
        "opens_at": "2026-07-01T12:00",
        "closes_at": "2026-07-08T12:00",
        "use_by": "2026-07-15T12:00",
        "platform_percent": "0",
    }


def test_a_seller_offers_coupons_once_however_often_the_form_is_sent(client, plums, lin, terms):
    client.force_login(lin)
    assert client.get("/sell/coupons").status_code == 200
    assert client.get("/sell/coupons/new").status_code == 200
    twice = [
        client.post("/sell/coupons/new", {**terms, "products": [plums.product.public_id]})
        for _ in range(2)
    ]
    batch = CouponBatch.objects.get()
    assert [answer["Location"] for answer in twice] == [f"/sell/coupons/{batch.public_id}"] * 2
    assert (batch.off_fen, batch.threshold_fen, batch.left_count) == (1000, 5000, 3)
    assert list(batch.products.all()) == [plums.product]
    assert client.get(twice[0]["Location"]).status_code == 200
    client.post(f"/sell/coupons/{batch.public_id}/stop")
    batch.refresh_from_db()
    assert batch.stopped_at is not None


@pytest.mark.parametrize(
    "changed",
    [
        {"off_fen": "50"},
        {"off_fen": "-1"},
        {"stock_count": "0"},
        {"per_person": "4"},
        {"platform_percent": "101"},
        {"use_by": "2026-07-08T11:59"},
        {"merchant": "0000000000000000"},
        {"products": ["0000000000000000"]},
        {"session": "0000000000000000"},
    ],
)
def test_odd_terms_show_the_form_again(changed, client, plums, lin, terms):
    client.force_login(lin)
    assert client.post("/sell/coupons/new", {**terms, **changed}).status_code == 422
    assert CouponBatch.objects.count() == 0


def test_others_neither_see_nor_stop_a_merchants_batch(client, make_coupons, zhao, stranger):
    batch = make_coupons()
    for other in (zhao, stranger):
        client.force_login(other)
        assert client.get(f"/sell/coupons/{batch.public_id}").status_code in (403, 404)
        assert client.post(f"/sell/coupons/{batch.public_id}/stop").status_code in (403, 404)
    batch.refresh_from_db()
    assert batch.stopped_at is None


def test_the_list_is_searched_and_exported(
    client, make_coupons, lin, django_assert_max_num_queries
):
    make_coupons()
    client.force_login(lin)
    client.get("/sell/coupons")
    with django_assert_max_num_queries(20) as one_row:
        client.get("/sell/coupons")
    for _ in range(2):
        make_coupons()
    with django_assert_max_num_queries(len(one_row)):
        page = client.get("/sell/coupons")
    assert len(page.context["page"].object_list) == 3
    assert not client.get("/sell/coupons?q=nothing").context["page"].object_list
    assert not client.get("/sell/coupons?state=over").context["page"].object_list
    book = load_workbook(BytesIO(client.get("/sell/coupons?format=xlsx").content))
    rows = list(book.active.values)
    assert (len(rows), rows[1][2], rows[1][3]) == (4, 10, 50)


def test_the_platform_pays_only_what_an_operator_agreed_to(client, make_coupons, op, lin):
    batch = make_coupons(platform_basis_points=5000)
    client.force_login(lin)
    assert client.post(f"/ops/coupons/{batch.public_id}", {"deed": "agree"}).status_code in (
        403,
        404,
    )
    client.force_login(op)
    assert batch.merchant.name in client.get("/ops/coupons?state=waiting").content.decode()
    client.post(f"/ops/coupons/{batch.public_id}", {"deed": "agree"})
    batch.refresh_from_db()
    assert batch.agreed_at is not None


def test_a_buyer_takes_a_coupon_on_the_page_of_the_goods_and_orders_with_it(
    client, make_coupons, make_address, plums, mei
):
    batch = make_coupons()
    page = f"/g/{plums.product.public_id}"
    take = f"/coupons/{batch.public_id}/take"
    assert take not in client.get(page).content.decode()
    client.force_login(mei)
    address = make_address(mei)
    assert take in client.get(page).content.decode()
    assert client.post(take, {"next": page})["Location"] == page
    assert client.post(take, {"next": "//evil.example"})["Location"] == "/coupons"
    coupon = Coupon.objects.get()
    assert client.get("/coupons").context["page"].object_list == [coupon]
    client.post("/basket/add", {"sku": plums.public_id, "quantity": 2})
    assert client.get("/basket").context["basket"].goods_fen == 6960
    checkout = client.get("/checkout")
    assert checkout.context["checkout"].coupons_used == [coupon.public_id]
    assert client.get("/checkout?coupon=").context["checkout"].total_fen == 7960
    form = {
        "key": "0123456789",
        "address": address.public_id,
        "sku": plums.public_id,
        "quantity": 2,
        "unit_seen_fen": 3980,
        "total_seen_fen": 6960,
        "coupon": ["", coupon.public_id],
    }
    refused = client.post("/checkout/place", {**form, "coupon": [""]})
    assert (refused.status_code, refused.context["checkout"].total_fen) == (409, 7960)
    client.post("/checkout/place", {**form, "key": "another-key"})
    order = Order.objects.get()
    assert order.total_fen == 6960
    assert "10.00" in client.get(f"/orders/{order.public_id}").content.decode()
    assert client.get("/coupons").status_code == 200


def test_a_coupon_of_a_room_is_not_taken_on_another_page(client, make_coupons, plums, mei):
    batch = make_coupons(session="room1")
    client.force_login(mei)
    assert batch.public_id not in client.get(f"/g/{plums.product.public_id}").content.decode()
    assert client.post(f"/coupons/{batch.public_id}/take").status_code == 404
    assert Coupon.objects.count() == 0


def test_what_has_ended_unused_says_so(client, make_coupons, mei, noon):
    batch = make_coupons(closes_at=noon + timedelta(minutes=1), use_by=noon + timedelta(minutes=2))
    services.take_coupon(batch_id=batch.pk, by=mei, now=noon)
    CouponBatch.objects.filter(pk=batch.pk).update(
        opens_at=noon - timedelta(days=2),
        closes_at=noon - timedelta(days=1),
        use_by=noon - timedelta(days=1),
    )
    client.force_login(mei)
    assert "已过期" in client.get("/coupons").content.decode()
