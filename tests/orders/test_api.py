"""The API of orders: the whole way of a buyer and a seller, and everything it will not do."""

import json
import re
from datetime import datetime

import pytest
from django.test import Client

from shanhuo.api import orders as buying
from shanhuo.api import orders_merchant as selling
from shanhuo.api.main import api
from shanhuo.goods.models import Sku
from shanhuo.orders import services
from shanhuo.orders.models import Address, BasketLine, Order, Payment, PurchaseSlip, Refund
from shanhuo.people import api_tokens
from shanhuo.people import services as people
from tests.conftest import Maker
from tests.orders.conftest import money_for

HOME = {
    "county": "500103",
    "recipient": "梅女士",
    "phone": "139 0013 9000",
    "street": "解放碑 1 号",
}
PARCEL = {"carrier": "sf", "tracking_number": "SF100200300"}
KEY = "0123456789"


class Program:
    """A person's program: `mei("POST", "/api/…", {…})` gives (status, answer)."""

    def __init__(self, user, now):
        token = api_tokens.issue(user=user, now=now)
        self.client = Client(headers={"Authorization": f"Bearer {token}"})

    def __call__(self, verb, address, body=None, *, key=""):
        answer = self.client.generic(
            verb,
            address,
            data="" if body is None else json.dumps(body),
            content_type="application/json",
            headers={"Idempotency-Key": key} if key else {},
        )
        return answer.status_code, json.loads(answer.content) if answer.content else None


class Greedy(Program):
    """Adds to every body each field that any answer or body of the document has, if it is not one
    of the operation's own."""

    document = None
    tried: set[str]

    def __init__(self, user, now):
        super().__init__(user, now)
        self.document = json.loads(json.dumps(api.get_openapi_schema(), default=str))
        self.tried = set()

    def __call__(self, verb, address, body=None, *, key=""):
        if body is not None:
            operation, schema = self._operation(verb, address)
            self.tried.add(operation)
            body = self._stuffed(body, schema)
        return super().__call__(verb, address, body, key=key)

    def _operation(self, verb, address):
        for path, operations in self.document["paths"].items():
            form = re.sub(r"\{\w+\}", "[^/]+", path)
            if re.fullmatch(form, address) and verb.lower() in operations:
                operation = operations[verb.lower()]
                content = operation["requestBody"]["content"]["application/json"]
                return f"{verb} {path}", content["schema"]
        raise AssertionError(address)

    def _stuffed(self, body, schema):
        schemas = self.document["components"]["schemas"]
        own = schemas[schema["$ref"].rpartition("/")[2]]["properties"]
        strange = {name for each in schemas.values() for name in each.get("properties", {})}
        strange |= {"paid", "seller", "price_fen", "merchant", "buyer", "buyer_id", "refunded_fen"}
        stuffed = {name: _greedy(name) for name in strange - own.keys()} | body
        if "lines" in own:
            item = own["lines"]["items"]
            stuffed["lines"] = [self._stuffed(line, item) for line in body["lines"]]
        return stuffed


def _greedy(name):
    if name == "status":
        return "paid"
    return 1 if name.endswith(("_fen", "_count", "quantity")) else "0123456789abcdef"


@pytest.fixture
def plums(make_sku: Maker, make_county: Maker, noon: datetime):
    make_county("渝中区", "500103")
    return make_sku(stock_count=10, packing_fen=480, platform_fee_fen=200)


def seen(checkout):
    """The body that orders what the checkout showed."""
    wishes = [wish for parcel in checkout["parcels"] for wish in parcel["wishes"]]
    return {
        "address": checkout["address"]["id"],
        "total_seen_fen": checkout["total_fen"],
        "lines": [
            {"sku": w["sku"], "quantity": w["quantity"], "unit_seen_fen": w["unit_paid_fen"]}
            for w in wishes
        ],
    }


@pytest.fixture
def ready(plums, mei, noon):
    """Mei's program with one box in the basket and an address, and the body to order it."""
    program = Program(mei, noon)
    program("POST", "/api/basket", {"sku": plums.public_id, "quantity": 1})
    program("POST", "/api/addresses", HOME)
    return program, seen(program("GET", "/api/checkout")[1])


@pytest.mark.parametrize("kind", [Program, Greedy])
def test_attack_05_the_whole_way_ends_the_same_whatever_else_the_bodies_say(
    kind, plums, mei, lin, make_household, make_lot, noon
):
    buyer, seller = kind(mei, noon), kind(lin, noon)
    sku = plums.public_id

    status, basket = buyer("POST", "/api/basket", {"sku": sku, "quantity": 2})
    assert (status, basket["goods_fen"], basket["can_be_ordered"]) == (200, 7960, True)
    _status, basket = buyer("PUT", f"/api/basket/{sku}", {"quantity": 3})
    assert basket["parcels"][0]["wishes"][0]["sum_fen"] == 11_940
    status, home = buyer("POST", "/api/addresses", HOME)
    assert (status, home["phone"], home["is_default"]) == (201, "+8613900139000", True)
    address = f"/api/addresses/{home['id']}"
    status, corrected = buyer("PUT", address, {**HOME, "street": "解放碑 2 号"})
    assert (status, corrected["street"], corrected["is_default"]) == (200, "解放碑 2 号", True)
    assert buyer("PUT", address, HOME)[0] == 404
    _status, checkout = buyer("GET", "/api/checkout")
    assert (checkout["freight_fen"], checkout["total_fen"]) == (0, 11_940)
    status, placed = buyer("POST", "/api/orders", seen(checkout), key=KEY)
    assert (status, placed["amount_fen"], len(placed["orders"])) == (201, 11_940, 1)
    assert buyer("GET", "/api/basket")[1]["parcels"] == []

    payment, order = f"/api/payments/{placed['payment']}", f"/api/orders/{placed['orders'][0]}"
    status, refusal = buyer("POST", f"{payment}/hand-over", {})
    assert (status, refusal["code"]) == (503, "payment_company_unreachable")
    assert buyer("GET", f"{order}/receipt")[0] == 404
    services.take_payment(arrived=money_for(Payment.objects.get()), now=noon)
    assert buyer("GET", payment)[1]["status"] == "paid"

    status, shown = buyer("POST", f"{order}/take-back", {"units": {sku: 1}}, key=KEY)
    assert (status, shown["status"], shown["refunded_fen"]) == (200, "preparing", 3980)
    assert buyer("POST", f"{order}/take-back", {"units": {sku: 1}}, key=KEY)[0] == 200
    sent = f"/api/seller{order.removeprefix('/api')}"
    _status, shown = seller("POST", f"{sent}/ship", PARCEL)
    assert (shown["status"], shown["shipments"][0]["units"]) == ("shipped", {sku: 2})
    assert seller("POST", f"{sent}/ship", PARCEL)[1]["code"] == "wrong_status"
    assert buyer("POST", f"{order}/receive")[1]["status"] == "done"
    services.settle_order(order_id=Order.objects.get().pk, now=noon)

    _status, receipt = buyer("GET", f"{order}/receipt")
    [line] = receipt["lines"]
    assert (receipt["is_settled"], receipt["farm_gate_fen"]) == (True, 6600)
    assert (line["paid_fen"], line["packing_fen"], line["fee_fen"]) == (7960, 960, 400)
    _status, statement = seller("GET", "/api/seller/statement")
    assert (statement["goods_fen"], statement["fee_fen"], statement["net_fen"]) == (7960, 400, 7560)
    broken = {"units": {sku: 1}, "reason": "damaged", "was_shipped": True}
    _status, shown = seller("POST", f"{sent}/refund", broken, key=KEY)
    assert (shown["status"], shown["refunded_fen"], shown["total_fen"]) == ("done", 7960, 11_940)

    household, lot = make_household(), make_lot(plums.product)
    [payee] = seller("GET", "/api/seller/households")[1]["households"]
    slip = {
        "household": payee["id"],
        "lot": lot.public_id,
        "grams": 12_500,
        "price_fen_per_kg": 800,
        "baseline_fen_per_kg": 650,
        "means": "cash",
        "bought_on": "2026-07-01",
    }
    status, written = seller("POST", "/api/seller/slips", slip, key=KEY)
    assert (status, written["household"]["id"]) == (201, household.public_id)
    assert (written["paid_fen"], written["premium_fen"]) == (10_000, 1875)
    assert seller("POST", "/api/seller/slips", slip, key=KEY)[1] == written
    status, back = seller("POST", f"/api/seller/slips/{written['id']}/reverse")
    assert (status, back["paid_fen"], back["reverses"]) == (201, -10_000, written["id"])
    assert seller("POST", f"/api/seller/slips/{written['id']}/reverse")[0] == 409
    assert [s["paid_fen"] for s in seller("GET", "/api/seller/slips")[1]["slips"]] == [
        -10000,
        10000,
    ]

    plums.refresh_from_db()
    assert (plums.price_fen, plums.stock_count, plums.held_count) == (3980, 8, 0)
    row = Order.objects.get()
    assert (row.buyer, row.discount_fen, row.freight_fen) == (mei, 0, 0)
    assert Address.objects.get(removed_at=None).owner == mei
    if kind is Greedy:
        assert buyer.tried | seller.tried == _writable(buyer.document)


def _writable(document):
    """Operations of orders that take a body."""
    return {
        key
        for key in [*buying.ACCESS, *selling.ACCESS]
        if "requestBody" in document["paths"][key.split()[1]][key.split()[0].lower()]
    }


def test_attack_05_prices_are_compared_and_never_used(ready):
    mei, body = ready
    cheap = [{**body["lines"][0], "unit_seen_fen": 1}]
    for changed in ({"total_seen_fen": 1}, {"lines": cheap}, {"lines": cheap, "total_seen_fen": 1}):
        status, refusal = mei("POST", "/api/orders", {**body, **changed}, key=KEY)
        assert (status, refusal["code"], refusal["details"]["prices"]) == (
            409, "price_changed", {body["lines"][0]["sku"]: 3980}
        )  # fmt: skip
    assert (Order.objects.count(), Sku.objects.get().held_count) == (0, 0)


@pytest.mark.parametrize(
    "quantity", [0, -1, 1.5, 1.0, True, None, "2", "１", 1000, 10**30, "x", []]
)
def test_attack_06_odd_quantities_are_refused_everywhere(ready, quantity):
    mei, body = ready
    [line] = body["lines"]
    sku = line["sku"]
    odd = {**body, "lines": [{**line, "quantity": quantity}]}
    answers = [
        mei("POST", "/api/basket", {"sku": sku, "quantity": quantity}),
        mei("PUT", f"/api/basket/{sku}", {"quantity": quantity}),
        mei("POST", "/api/orders", odd, key=KEY),
    ]
    assert [status for status, _answer in answers] == [422, 422, 422]
    assert (BasketLine.objects.get().quantity, Order.objects.count()) == (1, 0)


def test_attack_07_more_than_there_are_is_refused_and_nothing_is_held(ready):
    mei, body = ready
    [line] = body["lines"]
    mei("PUT", f"/api/basket/{line['sku']}", {"quantity": 11})
    checkout = mei("GET", "/api/checkout")[1]
    assert checkout["can_be_ordered"] is False
    status, refusal = mei("POST", "/api/orders", seen(checkout), key=KEY)
    assert (status, refusal["code"]) == (409, "out_of_stock")
    assert (Order.objects.count(), Sku.objects.get().held_count) == (0, 0)


def test_attack_08_the_same_key_orders_once_and_carries_no_other_body(ready, stranger, noon):
    mei, body = ready
    first = mei("POST", "/api/orders", body, key=KEY)
    assert mei("POST", "/api/orders", body, key=KEY) == first
    other = mei("POST", "/api/orders", {**body, "total_seen_fen": 1}, key=KEY)
    assert (other[0], other[1]["code"]) == (422, "idempotency_key_reused")
    assert mei("POST", "/api/orders", body)[1]["code"] == "idempotency_key_bad"
    assert Program(stranger, noon)("POST", "/api/orders", body, key=KEY)[0] in (409, 422)
    assert (Order.objects.count(), Sku.objects.get().held_count) == (1, 1)


def test_attack_08_money_is_given_back_once_per_key(plums, mei, paid_order, noon):
    order = paid_order(mei, {plums: 3}, now=noon)
    program, address = Program(mei, noon), f"/api/orders/{order.public_id}/take-back"
    one, two = ({"units": {plums.public_id: count}} for count in (1, 2))
    assert [program("POST", address, one, key=KEY)[0] for _ in range(2)] == [200, 200]
    assert program("POST", address, two, key=KEY)[1]["code"] == "idempotency_key_reused"
    assert [refund.amount_fen for refund in Refund.objects.all()] == [3980]


def test_attack_15_and_16_others_get_404_and_change_nothing(
    plums, mei, lin, stranger, wang, op, paid_order, make_organisation, make_user, make_household,
    make_lot, noon,
):  # fmt: skip
    order = paid_order(mei, {plums: 1}, now=noon)
    home = Address.objects.get().public_id
    rival = make_user("别家店主")
    make_organisation("merchant", name="别家合作社", members=(rival,))
    mine, theirs = f"/api/orders/{order.public_id}", f"/api/seller/orders/{order.public_id}"
    payment = f"/api/payments/{order.payment.public_id}"
    attempts = [
        ("GET", mine, None),
        ("GET", f"{mine}/receipt", None),
        ("POST", f"{mine}/receive", None),
        ("POST", f"{mine}/take-back", {}),
        ("GET", payment, None),
        ("POST", f"{payment}/hand-over", {}),
        ("POST", f"{payment}/cancel", None),
        ("PUT", f"/api/addresses/{home}", HOME),
        ("DELETE", f"/api/addresses/{home}", None),
        ("GET", f"/api/checkout?address={home}", None),
    ]
    for person in (stranger, rival, lin, wang, op):
        program = Program(person, noon)
        assert {program(*attempt)[0] for attempt in attempts} == {404}
        assert program("GET", "/api/orders")[1]["count"] == 0
        assert program("GET", "/api/addresses")[1] == {"addresses": []}
    at_the_shop = [
        ("GET", theirs, None),
        ("POST", f"{theirs}/ship", PARCEL),
        ("POST", f"{theirs}/refund", {"reason": "damaged"}),
    ]
    other_shop = Program(rival, noon)
    assert {other_shop(*attempt)[0] for attempt in at_the_shop} == {404}
    assert other_shop("GET", "/api/seller/orders")[1]["count"] == 0
    assert other_shop("GET", "/api/seller/statement")[1]["count"] == 0
    for person in (mei, stranger, op):
        assert {Program(person, noon)(*attempt)[0] for attempt in at_the_shop} == {403}
    order.refresh_from_db()
    assert (order.status, order.refunded_fen, Refund.objects.count()) == ("preparing", 0, 0)
    assert Address.objects.get().removed_at is None


def test_attack_16_a_slip_is_written_for_ones_own_lots_and_read_by_its_own_shop(
    plums, lin, make_user, make_organisation, make_household, make_lot, noon
):
    rival = make_user("别家店主")
    make_organisation("merchant", name="别家合作社", members=(rival,))
    slip = {
        "household": make_household().public_id,
        "lot": make_lot(plums.product).public_id,
        "grams": 1000,
        "price_fen_per_kg": 800,
        "baseline_fen_per_kg": 650,
        "means": "cash",
        "bought_on": "2026-07-01",
    }
    other_shop, own = Program(rival, noon), Program(lin, noon)
    assert other_shop("POST", "/api/seller/slips", slip, key=KEY)[0] == 404
    assert PurchaseSlip.objects.count() == 0
    _status, written = own("POST", "/api/seller/slips", slip, key=KEY)
    address = f"/api/seller/slips/{written['id']}"
    assert other_shop("GET", address)[0] == other_shop("POST", f"{address}/reverse")[0] == 404
    assert other_shop("GET", "/api/seller/slips")[1]["count"] == 0
    assert PurchaseSlip.objects.count() == 1


def test_a_checkout_is_given_up_once(ready):
    mei, body = ready
    placed = mei("POST", "/api/orders", body, key=KEY)[1]
    address = f"/api/payments/{placed['payment']}/cancel"
    _status, payment = mei("POST", address)
    assert (payment["status"], payment["orders"][0]["status"]) == ("closed", "cancelled")
    assert mei("POST", address)[1]["code"] == "payment_over"
    assert Sku.objects.get().held_count == 0


def test_a_basket_and_an_address_are_emptied(ready):
    mei, body = ready
    sku, home = body["lines"][0]["sku"], body["address"]
    assert [mei("DELETE", f"/api/basket/{sku}")[0] for _ in range(2)] == [204, 404]
    assert mei("PUT", f"/api/basket/{sku}", {"quantity": 1})[0] == 404
    assert [mei("DELETE", f"/api/addresses/{home}")[0] for _ in range(2)] == [204, 404]
    assert mei("GET", "/api/checkout")[1]["can_be_ordered"] is False


def test_nothing_is_bought_in_youth_mode(ready, mei):
    program, body = ready
    people.turn_youth_mode_on(user=mei, guardian_code="2468")
    sku = body["lines"][0]["sku"]
    assert program("POST", "/api/basket", {"sku": sku, "quantity": 1})[1]["code"] == "youth_mode"
    assert program("POST", "/api/orders", body, key=KEY)[1]["code"] == "youth_mode"
    assert (BasketLine.objects.get().quantity, Order.objects.count()) == (1, 0)


def test_orders_are_listed_with_one_number_of_queries(
    plums, mei, paid_order, noon, django_assert_num_queries
):
    program = Program(mei, noon)
    paid_order(mei, {plums: 1}, now=noon)
    with django_assert_num_queries(4):
        program("GET", "/api/orders")
    for _ in range(2):
        paid_order(mei, {plums: 1}, now=noon)
    with django_assert_num_queries(4):
        assert program("GET", "/api/orders?status=preparing")[1]["count"] == 3
