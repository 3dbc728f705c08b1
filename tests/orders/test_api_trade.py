"""The API of what merchants ask, hot sales, households and the platform's books."""

from datetime import datetime

import pytest

from shanhuo.api import orders_sales, orders_terms
from shanhuo.kernel import audit, clock
from shanhuo.orders import ledger, services
from shanhuo.orders.models import (
    BasketLine,
    FreightRule,
    HotClaim,
    HotSale,
    Order,
    Payment,
    PriceCut,
    SuspenseItem,
)
from shanhuo.people import services as people
from shanhuo.people.models import Membership
from shanhuo.traffic.kinds import ObjectKind
from tests.conftest import Maker
from tests.orders.conftest import money_for
from tests.orders.test_api import HOME, KEY, Greedy, Program, seen
from tests.orders.test_attribution import sheet_for


@pytest.fixture
def plums(make_sku: Maker, make_county: Maker, noon: datetime):
    make_county("渝中区", "500103")
    return make_sku(stock_count=10, platform_fee_fen=200, commission_fen=300)


@pytest.fixture
def shop(lin):
    """Public id of Lin's cooperative."""
    return Membership.objects.get(user=lin).organisation.public_id


FREIGHT = {"base_fen": 1000, "per_kg_fen": 200, "free_over_fen": None, "remote_fen": 1500}


def test_freight_is_asked_and_costs_the_next_order(plums, shop, lin, mei, make_address, noon):
    seller, buyer = Program(lin, noon), Program(mei, noon)
    make_address(mei)
    address = f"/api/seller/merchants/{shop}/freight"
    assert seller("GET", address)[1] == {**FREIGHT, "base_fen": 0, "per_kg_fen": 0, "remote_fen": 0}
    assert seller("PUT", address, FREIGHT) == (200, FREIGHT)
    buyer("POST", "/api/basket", {"sku": plums.public_id, "quantity": 1})
    assert buyer("GET", "/api/checkout")[1]["freight_fen"] == 1400
    for odd in ({"base_fen": -1}, {"per_kg_fen": "1"}, {"remote_fen": 10**12}, {"base_fen": 1.5}):
        assert seller("PUT", address, {**FREIGHT, **odd})[0] == 422
    assert FreightRule.objects.get().base_fen == 1000


def test_a_cut_of_the_platform_costs_the_platform_and_one_of_the_merchant_the_merchant(
    plums, lin, op, mei, paid_order, noon
):
    cut = {"sku": plums.public_id, "off_fen": 500, "days": 3}
    operator, seller = Program(op, noon), Program(lin, noon)
    for _again in range(2):
        status, made = operator("POST", "/api/ops/price-cuts", cut, key=KEY)
        assert (status, [each["funder"] for each in made["cuts"]]) == (201, ["platform"])
    order = paid_order(mei, {plums: 2}, now=noon)
    line = order.lines.get()
    assert (line.unit_discount_fen, line.discount_funder) == (500, "platform")
    platform_cut = f"price-cuts/{made['cuts'][0]['id']}"
    assert seller("DELETE", f"/api/seller/{platform_cut}")[0] == 404
    status, made = seller("POST", "/api/seller/price-cuts", {**cut, "off_fen": 600})
    assert (status, len(made["cuts"])) == (201, 2)
    assert operator("DELETE", f"/api/ops/{platform_cut}")[0] == 204
    assert operator("DELETE", f"/api/ops/{platform_cut}")[0] == 404
    assert [each["off_fen"] for each in seller("GET", "/api/seller/price-cuts")[1]["cuts"]] == [600]


@pytest.mark.parametrize(
    "odd",
    [{"off_fen": 3980}, {"off_fen": 0}, {"off_fen": -1}, {"days": 0}, {"days": 31}, {"days": "3"}],
)
def test_attack_06_odd_cuts_are_refused(plums, lin, op, noon, odd):
    cut = {"sku": plums.public_id, "off_fen": 500, "days": 3, **odd}
    assert Program(lin, noon)("POST", "/api/seller/price-cuts", cut)[0] == 422
    assert Program(op, noon)("POST", "/api/ops/price-cuts", cut)[0] == 422
    assert PriceCut.objects.count() == 0


@pytest.fixture
def terms(plums):
    return {
        "sku": plums.public_id,
        "price_fen": 2980,
        "stock_count": 3,
        "per_person": 2,
        "opens_at": "2026-07-01T12:00:00+08:00",
        "closes_at": "2026-07-01T13:00:00+08:00",
    }


@pytest.mark.parametrize("kind", [Program, Greedy])
def test_attack_05_a_hot_sale_ends_the_same_whatever_else_the_bodies_say(
    kind, plums, terms, shop, lin, mei, op, noon
):
    seller, buyer, operator = (kind(person, noon) for person in (lin, mei, op))
    opened = [seller("POST", "/api/seller/sales", terms, key=KEY) for _ in range(2)]
    assert [status for status, _sale in opened] == [201, 201]
    sale = f"/api/sales/{opened[0][1]['id']}"
    _status, shown = buyer("GET", sale)
    assert (shown["state"], shown["left_count"], shown["share"]) == ("running", 3, None)
    entry = services.read_entry(shown["entry"], now=noon)
    assert (entry.sale_id, entry.buyer_id) == (HotSale.objects.get().pk, mei.pk)
    home = buyer("POST", "/api/addresses", HOME)[1]["id"]
    assert buyer("GET", f"{sale}/checkout?address={home}")[0] == 404
    for _again in range(2):
        status, kept = buyer("POST", f"{sale}/claim", {"quantity": 2})
        assert (status, kept["quantity"]) == (200, 2)
    total = buyer("GET", f"{sale}/checkout?address={home}")[1]["total_fen"]
    wanted = {"address": home, "total_seen_fen": total}
    refused = buyer("POST", f"{sale}/order", {**wanted, "total_seen_fen": 1}, key=KEY)
    assert refused[1]["code"] == "price_changed"
    placed = [buyer("POST", f"{sale}/order", wanted, key=KEY) for _ in range(2)]
    assert placed[0] == placed[1]
    assert (placed[0][0], placed[0][1]["amount_fen"]) == (201, 5960)
    assert buyer("GET", sale)[1]["share"]["payment"] == placed[0][1]["payment"]
    services.take_payment(arrived=money_for(Payment.objects.get()), now=noon)
    _status, result = seller("POST", f"/api/seller{sale.removeprefix('/api')}/close")
    assert (result["paid_units"], result["paid_fen"], result["buyer_count"]) == (2, 5960, 1)
    assert seller("GET", "/api/seller/sales?state=over")[1]["count"] == 1
    assert buyer("GET", "/api/sales")[1]["count"] == 0
    assert (Order.objects.get().buyer, ledger.check()) == (mei, [])
    if kind is Greedy:
        seller("PUT", f"/api/seller/merchants/{shop}/freight", FREIGHT)
        cut = {"sku": plums.public_id, "off_fen": 500, "days": 3}
        seller("POST", "/api/seller/price-cuts", cut)
        operator("POST", "/api/ops/price-cuts", cut)
        funders = set(PriceCut.objects.values_list("funder", flat=True))
        assert (funders, FreightRule.objects.get().base_fen) == ({"merchant", "platform"}, 1000)
        tried = seller.tried | buyer.tried | operator.tried
        paths = seller.document["paths"]
        written = {
            key
            for key in [*orders_sales.ACCESS, *orders_terms.ACCESS]
            if "requestBody" in paths[key.split()[1]][key.split()[0].lower()]
        }
        assert written <= tried


def test_a_visitor_sees_sales_without_an_entry_and_youth_mode_gets_none(
    terms, lin, mei, client, noon
):
    opened = Program(lin, noon)("POST", "/api/seller/sales", terms, key=KEY)[1]
    assert client.get(f"/api/sales/{opened['id']}").json()["entry"] == ""
    people.turn_youth_mode_on(user=mei, guardian_code="2468")
    young = Program(mei, noon)
    assert young("GET", f"/api/sales/{opened['id']}")[1]["entry"] == ""
    status, refusal = young("POST", f"/api/sales/{opened['id']}/claim", {"quantity": 1})
    assert (status, refusal["code"], HotClaim.objects.count()) == (403, "youth_mode", 0)


@pytest.mark.parametrize(
    "odd",
    [
        {"price_fen": 3981},
        {"price_fen": 0},
        {"stock_count": 10**9},
        {"per_person": 4},
        {"opens_at": "2026-07-01T12:00:00"},
        {"opens_at": "9999-12-31T23:59:59Z"},
        {"closes_at": "0001-01-01T00:00:00+14:00"},
        {"closes_at": "2026-07-01T12:00:00+08:00"},
    ],
)
def test_attack_06_odd_terms_open_no_sale(terms, plums, lin, noon, odd):
    status, _refusal = Program(lin, noon)("POST", "/api/seller/sales", {**terms, **odd}, key=KEY)
    plums.refresh_from_db()
    assert (status, HotSale.objects.count(), plums.held_count) == (422, 0, 0)


def test_a_program_earns_a_creator_neither_more_nor_less_than_a_page(
    plums, make_post, mei, stranger, zhao, noon
):
    clip = make_post(product=plums.product)
    elsewhere = make_post("别的")
    this = (ObjectKind.POST, clip.pk)
    orchard = Membership.objects.get(user=zhao).organisation
    basket = {"sku": plums.public_id, "quantity": 1}
    for via_post, sheet, expected in (
        ("0" * 16, sheet_for(mei, this), (None, "", False)),
        (elsewhere.public_id, sheet_for(mei, this), (None, "", False)),
        (clip.public_id, sheet_for(stranger, this), (orchard, clip.public_id, False)),
        (clip.public_id, "forged", (orchard, clip.public_id, False)),
        (clip.public_id, sheet_for(mei, this), (orchard, clip.public_id, True)),
    ):
        BasketLine.objects.all().delete()
        body = {**basket, "via_post": via_post, "via_sheet": sheet, "via_slot": 0}
        assert Program(mei, noon)("POST", "/api/basket", body)[0] == 200
        line = BasketLine.objects.get()
        assert (line.creator, line.via_post, line.via_exposure != "") == expected
    make_home = Program(mei, noon)
    make_home("POST", "/api/addresses", HOME)
    make_home("POST", "/api/orders", seen(make_home("GET", "/api/checkout")[1]), key=KEY)
    assert Order.objects.get().lines.get().unit_commission_fen == 300


def test_a_cooperative_reads_what_its_households_got_and_the_reading_is_noted(
    plums, lin, make_household, make_lot, noon
):
    household, lot = make_household(), make_lot(plums.product)
    seller = Program(lin, noon)
    slip = {
        "household": household.public_id,
        "lot": lot.public_id,
        "grams": 12_500,
        "price_fen_per_kg": 800,
        "baseline_fen_per_kg": 650,
        "means": "cash",
        "bought_on": "2026-07-01",
    }
    written = seller("POST", "/api/seller/slips", slip, key=KEY)[1]
    _status, sheet = seller("GET", "/api/seller/household-sheet")
    [line] = sheet["households"]
    assert (sheet["since"], line["household"]["id"]) == ("2026-07-01", household.public_id)
    assert (line["paid_fen"], line["premium_fen"], line["slip_count"]) == (10_000, 1875, 1)
    assert audit.was_recorded("orders.household_sheet")
    [product] = seller("GET", "/api/seller/slip-balance")[1]["products"]
    assert (product["slips_fen"], product["difference_fen"]) == (10_000, 10_000)
    past = seller("GET", "/api/seller/household-sheet?since=2026-06-01&until=2026-06-30")[1]
    assert past["households"] == []
    assert seller("GET", "/api/seller/slip-balance?until=9999-12-31")[0] == 422
    found = {
        query: seller("GET", f"/api/seller/slips?{query}")[1]["count"]
        for query in ("q=脆李", f"q={written['id']}", "q=柚", "state=valid", "state=taken_back")
    }
    assert list(found.values()) == [1, 1, 0, 1, 0]


def test_the_books_are_read_by_operator_and_auditor_and_mended_by_the_operator(
    plums, mei, op, audit_person, lin, paid_order, noon
):
    order = paid_order(mei, {plums: 1}, now=noon)
    lost = money_for(order.payment, trade_no="unknown", notice_id="n9", transaction_id="T9")
    services.take_payment(arrived=lost, now=noon)
    readings = ("books", "journal", "suspense", "notices", "orders", "refunds")
    for person in (op, audit_person):
        reader = Program(person, noon)
        books, journal, suspense, notices, orders, refunds = (
            reader("GET", f"/api/ops/{name}")[1] for name in readings
        )
        assert books["findings"] == []
        balances = {line["code"]: line["balance_fen"] for line in books["accounts"]}
        assert balances == {"gateway:demo": -7960, "held": 3980, "suspense": 3980}
        assert (journal["count"], suspense["count"], notices["count"]) == (2, 1, 2)
        assert (orders["orders"][0]["id"], refunds["count"]) == (order.public_id, 0)
        assert "phone" not in str(reader("GET", f"/api/ops/orders/{order.public_id}")[1])
    item = suspense["items"][0]["id"]
    back = f"/api/ops/suspense/{item}/send-back"
    assert Program(audit_person, noon)("POST", back)[0] == 403
    assert SuspenseItem.objects.get().resolved_at is None
    assert Program(op, noon)("POST", back)[1]["resolved_at"] is not None
    assert Program(op, noon)("POST", back)[1]["code"] == "nothing_to_refund"
    assert Program(op, noon)("GET", "/api/ops/refunds?status=wanted")[1]["count"] == 1
    for person in (mei, lin):
        assert {Program(person, noon)("GET", f"/api/ops/{name}")[0] for name in readings} == {403}


def test_attack_15_other_shops_terms_and_sales_are_nobodys(
    plums, terms, shop, lin, make_user, make_organisation, noon
):
    rival = make_user("别家店主")
    make_organisation("merchant", name="别家合作社", members=(rival,))
    sale = Program(lin, noon)("POST", "/api/seller/sales", terms, key=KEY)[1]["id"]
    cut = {"sku": plums.public_id, "off_fen": 500, "days": 3}
    made = Program(lin, noon)("POST", "/api/seller/price-cuts", cut)[1]["cuts"][0]["id"]
    other = Program(rival, noon)
    for verb, address, body in (
        ("GET", f"merchants/{shop}/freight", None),
        ("PUT", f"merchants/{shop}/freight", FREIGHT),
        ("POST", "price-cuts", cut),
        ("DELETE", f"price-cuts/{made}", None),
        ("POST", "sales", terms),
        ("GET", f"sales/{sale}", None),
        ("POST", f"sales/{sale}/close", None),
    ):
        assert other(verb, f"/api/seller/{address}", body, key=KEY)[0] == 404
    for name in ("sales", "shipments", "refunds", "slips", "orders"):
        assert other("GET", f"/api/seller/{name}")[1]["count"] == 0
    assert (PriceCut.objects.get().ends_at > clock.now(), HotSale.objects.get().ended_at) == (
        True,
        None,
    )


def test_coupons_are_offered_taken_and_used_by_api(plums, shop, lin, mei, make_address, noon):
    seller, buyer = Program(lin, noon), Program(mei, noon)
    offer = f"/api/seller/merchants/{shop}/coupons"
    offered = {
        "threshold_fen": 5000,
        "off_fen": 1000,
        "stock_count": 3,
        "opens_at": "2026-07-01T12:00:00+08:00",
        "closes_at": "2026-07-08T12:00:00+08:00",
        "use_by": "2026-07-15T12:00:00+08:00",
    }
    status, batch = seller("POST", offer, offered, key=KEY)
    assert (status, batch["state"], batch["left_count"]) == (201, "open", 3)
    for odd in ({"off_fen": 5000}, {"products": ["0" * 16]}, {"session": "0" * 16}):
        again = f"odd-{next(iter(odd))}"
        assert seller("POST", offer, {**offered, **odd}, key=again)[0] in (404, 422)
    product = f"/api/products/{plums.product.public_id}/coupons"
    assert [one["id"] for one in buyer("GET", product)[1]["coupons"]] == [batch["id"]]
    take = f"/api/coupons/{batch['id']}/take"
    coupon = buyer("POST", take)[1]
    assert buyer("POST", take)[1]["code"] == "enough_coupons"
    address = make_address(mei)
    buyer("POST", "/api/basket", {"sku": plums.public_id, "quantity": 2})
    plain = buyer("GET", "/api/checkout")[1]
    assert (plain["total_fen"], plain["parcels"][0]["coupons"][0]["is_used"]) == (7960, False)
    assert buyer("GET", f"/api/checkout?coupon={coupon['id']}")[1]["total_fen"] == 6960
    order = {
        "address": address.public_id,
        "lines": [{"sku": plums.public_id, "quantity": 2, "unit_seen_fen": 3980}],
        "total_seen_fen": 6960,
        "coupons": [coupon["id"]],
    }
    assert buyer("POST", "/api/orders", order, key=KEY)[0] == 201
    assert buyer("GET", "/api/coupons")[1]["coupons"][0]["order"] == Order.objects.get().public_id
    assert seller("GET", "/api/seller/coupons?state=open")[1]["coupons"][0]["used_count"] == 1
    assert seller("POST", f"/api/seller/coupons/{batch['id']}/stop")[1]["state"] == "stopped"


def test_the_platform_agrees_by_api_and_others_cannot(make_coupons, lin, op, audit_person, noon):
    batch = make_coupons(platform_basis_points=5000)
    agree = f"/api/ops/coupons/{batch.public_id}/agree"
    for other in (lin, audit_person):
        assert Program(other, noon)("POST", agree)[0] in (403, 404)
    assert Program(audit_person, noon)("GET", "/api/ops/coupons?state=waiting")[1]["count"] == 1
    assert Program(op, noon)("POST", agree)[1]["state"] == "open"
