"""The whole way by the pages: basket, checkout, payment, parcel, receipt, statement, slip."""

from datetime import datetime, timedelta
from io import BytesIO

import pytest
from openpyxl import load_workbook

from shanhuo.orders import services
from shanhuo.orders.models import BasketLine, Order, Payment, PurchaseSlip
from tests.conftest import Maker
from tests.orders.conftest import money_for


@pytest.fixture
def plums(make_sku: Maker, noon: datetime):
    return make_sku(stock_count=10, packing_fen=480, platform_fee_fen=200)


def order_form(page):
    """The hidden fields of the checkout page, as a browser would send them."""
    checkout = page.context["checkout"]
    return {
        "key": "0123456789",
        "address": checkout.address.public_id,
        "total_seen_fen": checkout.total_fen,
        "sku": [wish.sku for wish in checkout.wishes],
        "quantity": [wish.quantity for wish in checkout.wishes],
        "unit_seen_fen": [wish.unit_paid_fen for wish in checkout.wishes],
    }


def test_a_buyer_goes_from_the_basket_to_the_receipt(
    plums, mei, lin, make_address, signed_in, noon
):
    make_address(mei)
    browser = signed_in(mei)
    browser.post("/basket/add", {"sku": plums.public_id, "quantity": "2"})
    assert "巫山脆李" in browser.get("/basket").content.decode()
    page = browser.get("/checkout")
    answer = browser.post("/checkout/place", order_form(page))
    payment = Payment.objects.get()
    assert answer["Location"] == f"/checkout/{payment.public_id}"
    assert browser.get(answer["Location"]).status_code == 200
    services.take_payment(arrived=money_for(payment), now=noon)
    order = Order.objects.get()
    assert browser.get(f"/orders/{order.public_id}").status_code == 200
    assert browser.get("/orders").status_code == 200
    receipt = browser.get(f"/orders/{order.public_id}/receipt").content.decode()
    assert "79.60" in receipt
    browser = signed_in(lin)
    assert browser.get("/sell/orders").status_code == 200
    assert browser.get(f"/sell/orders/{order.public_id}").status_code == 200
    sent = {"carrier": "sf", "tracking_number": "SF100200300", f"units_{plums.public_id}": "2"}
    browser.post(f"/sell/orders/{order.public_id}/ship", sent)
    browser = signed_in(mei)
    assert "SF100200300" in browser.get(f"/orders/{order.public_id}").content.decode()
    browser.post(f"/orders/{order.public_id}/receive")
    order.refresh_from_db()
    assert order.status == "done"
    services.settle_order(order_id=order.pk, now=noon)
    browser = signed_in(lin)
    assert "75.60" in browser.get("/sell/statement").content.decode()
    book = load_workbook(BytesIO(browser.get("/sell/statement?format=xlsx").content))
    rows = list(book.active.iter_rows(values_only=True))
    assert rows[1][5:] == (79.6, 0, 0, 0, 4, 0, 0, 75.6)


def test_attack_05_what_the_client_says_of_money_is_compared_and_never_used(
    plums, mei, make_address, signed_in
):
    make_address(mei)
    browser = signed_in(mei)
    browser.post("/basket/add", {"sku": plums.public_id, "quantity": "1", "price_fen": "1"})
    form = order_form(browser.get("/checkout"))
    for changed in (
        {"total_seen_fen": 1},
        {"unit_seen_fen": [1]},
        {"unit_seen_fen": [1], "total_seen_fen": 1},
    ):
        answer = browser.post("/checkout/place", {**form, **changed})
        assert answer.status_code == 409
    extra = {"status": "preparing", "paid_at": "2026-01-01", "freight_fen": 0, "discount_fen": 3979}
    browser.post("/checkout/place", {**form, **extra})
    order = Order.objects.get()
    assert (order.status, order.total_fen, order.discount_fen) == ("awaiting_pay", 3980, 0)


@pytest.mark.parametrize("quantity", ["0", "-1", "1.5", "9" * 31, "１２", "", "x", "1000"])
def test_attack_06_odd_quantities_are_refused(plums, mei, signed_in, quantity):
    browser = signed_in(mei)
    answer = browser.post("/basket/add", {"sku": plums.public_id, "quantity": quantity})
    assert (answer.status_code, BasketLine.objects.count()) == (422, 0)


def test_attack_08_the_same_form_sent_twice_orders_once(plums, mei, make_address, signed_in):
    make_address(mei)
    browser = signed_in(mei)
    browser.post("/basket/add", {"sku": plums.public_id, "quantity": "1"})
    form = order_form(browser.get("/checkout"))
    first, second = (browser.post("/checkout/place", form) for _ in range(2))
    assert first["Location"] == second["Location"]
    other = browser.post("/checkout/place", {**form, "total_seen_fen": 1})
    assert (other.status_code, Order.objects.count()) == (422, 1)


def test_attack_01_no_address_lets_anybody_say_that_it_is_paid(
    plums, mei, lin, stranger, op, order_of, signed_in, noon
):
    payment = order_of(mei, {plums: 1}, now=noon)
    order = Order.objects.get()
    for person in (mei, lin, stranger, op):
        browser = signed_in(person)
        for verb in ("get", "post"):
            for address in (
                f"/checkout/{payment.public_id}/paid",
                f"/checkout/{payment.public_id}?paid=1",
                f"/orders/{order.public_id}/paid",
                f"/orders/{order.public_id}/receive",
                f"/sell/orders/{order.public_id}/ship",
                f"/sell/orders/{order.public_id}/refund",
                "/notices/demo",
                "/notices/wechat",
                "/notices/nobody",
            ):
                getattr(browser, verb)(address, {"status": "paid", "trade_state": "SUCCESS"})
    payment.refresh_from_db()
    order.refresh_from_db()
    assert (payment.status, order.status, order.refunded_fen) == ("waiting", "awaiting_pay", 0)


def test_attack_15_an_order_is_seen_by_its_buyer_and_its_seller_only(
    plums, mei, lin, stranger, wang, paid_order, make_organisation, make_user, signed_in, noon
):
    order = paid_order(mei, {plums: 1}, now=noon)
    rival = make_user("别家店主")
    make_organisation("merchant", name="别家合作社", members=(rival,))
    for person in (stranger, wang, rival, lin):
        browser = signed_in(person)
        for address in ("", "/receipt"):
            assert browser.get(f"/orders/{order.public_id}{address}").status_code == 404
        assert browser.get(f"/checkout/{order.payment.public_id}").status_code == 404
        assert browser.get("/orders").context["page"].paginator.count == 0
        browser.post(f"/orders/{order.public_id}/take-back", {"all": "1"})
    browser = signed_in(rival)
    assert browser.get(f"/sell/orders/{order.public_id}").status_code == 404
    assert browser.get("/sell/orders").context["page"].paginator.count == 0
    assert browser.get("/sell/statement").context["page"].paginator.count == 0
    browser = signed_in(mei)
    assert browser.get(f"/sell/orders/{order.public_id}").status_code == 403
    order.refresh_from_db()
    assert (order.status, order.refunded_fen) == ("preparing", 0)


def test_orders_are_listed_with_one_number_of_queries(
    plums, mei, paid_order, signed_in, noon, django_assert_num_queries
):
    browser = signed_in(mei)
    paid_order(mei, {plums: 1}, now=noon)
    browser.get("/orders")
    with django_assert_num_queries(5):
        browser.get("/orders")
    for _ in range(2):
        paid_order(mei, {plums: 1}, now=noon)
    with django_assert_num_queries(5):
        assert browser.get("/orders").context["page"].paginator.count == 3


def test_a_refusal_shows_the_checkout_again_with_the_prices_of_now(
    plums, mei, make_address, signed_in
):
    make_address(mei)
    browser = signed_in(mei)
    browser.post("/basket/add", {"sku": plums.public_id, "quantity": "1"})
    form = order_form(browser.get("/checkout"))
    type(plums).objects.filter(pk=plums.pk).update(price_fen=4980, farm_gate_fen=4300)
    answer = browser.post("/checkout/place", form)
    assert answer.status_code == 409
    assert answer.context["checkout"].total_fen == 4980


def test_nothing_is_bought_in_youth_mode(plums, mei, signed_in, noon):
    browser = signed_in(mei)
    browser.post("/settings/youth", {"code": "2468"})
    answer = browser.post("/basket/add", {"sku": plums.public_id, "quantity": "1"})
    assert (answer.status_code, BasketLine.objects.count()) == (403, 0)


def test_books_suspense_and_notices_are_read_by_operator_and_auditor(
    plums, mei, op, audit_person, order_of, signed_in, noon
):
    payment = order_of(mei, {plums: 1}, now=noon)
    stray = money_for(payment, trade_no="nothing")
    services.take_payment(arrived=stray, now=noon)
    for person in (op, audit_person):
        browser = signed_in(person)
        for address in ("/ops/books", "/ops/suspense", "/ops/notices"):
            assert browser.get(address).status_code == 200
    item = browser.get("/ops/suspense").context["page"].object_list[0]
    assert browser.post(f"/ops/suspense/{item.public_id}/send-back").status_code == 403
    browser = signed_in(op)
    browser.post(f"/ops/suspense/{item.public_id}/send-back")
    item.refresh_from_db()
    assert item.resolved_by == op


def test_a_cooperative_pays_a_household_and_takes_a_wrong_slip_back(
    plums, lin, make_lot, make_household, signed_in, noon
):
    household = make_household()
    lot = make_lot(plums.product)
    browser = signed_in(lin)
    form = {
        "key": "0123456789",
        "household": household.public_id,
        "lot": lot.public_id,
        "weight": "12.5",
        "price_fen": "8.00",
        "baseline_fen": "6.50",
        "means": "cash",
        "bought_on": "2026-07-01",
    }
    assert browser.get("/sell/slips/new").status_code == 200
    answer = browser.post("/sell/slips/new", form)
    again = browser.post("/sell/slips/new", form)
    slip = PurchaseSlip.objects.get()
    assert answer["Location"] == again["Location"] == f"/sell/slips/{slip.public_id}"
    assert (slip.paid_fen, slip.baseline_fen, slip.premium_fen) == (10_000, 8125, 1875)
    assert "100.00" in browser.get(answer["Location"]).content.decode()
    browser.post(f"/sell/slips/{slip.public_id}/reverse")
    assert browser.post(f"/sell/slips/{slip.public_id}/reverse").status_code == 409
    assert sum(PurchaseSlip.objects.values_list("paid_fen", flat=True)) == 0
    for address in ("/sell/slips", "/sell/slips/households", "/sell/slips/balance"):
        assert browser.get(address).status_code == 200


def test_freight_and_price_cuts_are_set_by_the_merchant(plums, lin, signed_in, noon):
    browser = signed_in(lin)
    browser.post("/sell/freight", {"base_fen": "8", "per_kg_fen": "2.5", "remote_fen": "15"})
    assert 'value="2.50"' in browser.get("/sell/freight").content.decode()
    browser.post("/sell/price-cuts", {"sku": plums.public_id, "off_fen": "5", "days": "3"})
    [cut] = browser.get("/sell/price-cuts").context["cuts"]
    assert (cut.off_fen, cut.ends_at) == (500, noon + timedelta(days=3))
    dear = {"sku": plums.public_id, "off_fen": "39.80", "days": "3"}
    assert browser.post("/sell/price-cuts", dear).status_code == 422
