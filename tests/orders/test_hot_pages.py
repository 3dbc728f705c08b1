"""Hot sales for people: a seller announces one, a buyer takes a share, orders and pays it."""

from datetime import datetime, timedelta
from io import BytesIO

import pytest
from openpyxl import load_workbook

from shanhuo.kernel import clock
from shanhuo.orders import services, tasks
from shanhuo.orders.models import HotClaim, HotSale, Order, Payment
from shanhuo.people import services as people
from tests.conftest import Maker
from tests.orders.conftest import money_for


@pytest.fixture
def plums(make_sku: Maker, noon: datetime):
    return make_sku(stock_count=10, platform_fee_fen=200)


@pytest.fixture
def terms(plums):
    """What a seller types."""
    return {
        "key": "0123456789",
        "sku": plums.public_id,
        "price_fen": "29.80",
        "stock_count": "3",
        "per_person": "2",
        "opens_at": "2026-07-01T12:00",
        "closes_at": "2026-07-01T13:00",
    }


@pytest.fixture
def sale(terms, lin, signed_in):
    signed_in(lin).post("/sell/sales/new", terms)
    return HotSale.objects.get()


def test_a_seller_announces_a_sale_and_its_pieces_leave_the_shelf(plums, terms, lin, signed_in):
    browser = signed_in(lin)
    assert browser.get("/sell/sales").status_code == 200
    assert browser.get(f"/sell/sales/new?sku={plums.public_id}").status_code == 200
    twice = [browser.post("/sell/sales/new", terms) for _ in range(2)]
    sale = HotSale.objects.get()
    assert [answer["Location"] for answer in twice] == [f"/sell/sales/{sale.public_id}"] * 2
    plums.refresh_from_db()
    assert (plums.held_count, sale.price_fen, sale.per_person) == (3, 2980, 2)
    assert (sale.opens_at, sale.closes_at) == (clock.now(), clock.now() + timedelta(hours=1))
    assert browser.get(twice[0]["Location"]).status_code == 200


@pytest.mark.parametrize(
    "changed",
    [
        {"price_fen": "39.81"},
        {"price_fen": "0"},
        {"price_fen": "-1"},
        {"price_fen": "1e3"},
        {"stock_count": "0"},
        {"stock_count": "11"},
        {"stock_count": "9" * 30},
        {"stock_count": "1.5"},
        {"per_person": "4"},
        {"per_person": "0"},
        {"per_person": "99999"},
        {"opens_at": "2026-07-01T13:00"},
        {"opens_at": "9999-12-31T23:59"},
        {"opens_at": "tomorrow"},
        {"closes_at": "2026-07-01T11:59"},
        {"sku": "0" * 16},
        {"sku": "<script>"},
        {"key": ""},
    ],
)
def test_attack_06_odd_terms_open_no_sale_and_stay_in_the_form(
    plums, terms, lin, signed_in, changed
):
    answer = signed_in(lin).post("/sell/sales/new", terms | changed)
    plums.refresh_from_db()
    assert (answer.status_code, HotSale.objects.count(), plums.held_count) == (422, 0, 0)
    assert 'value="29.80"' in answer.content.decode() or "price_fen" in changed


def test_attack_15_nobody_sells_or_ends_what_is_not_theirs(
    sale, terms, make_user, make_organisation, mei, signed_in
):
    rival = make_user("别家店主")
    make_organisation("merchant", name="别家合作社", members=(rival,))
    browser = signed_in(rival)
    assert browser.post("/sell/sales/new", terms).status_code == 422
    assert browser.get(f"/sell/sales/{sale.public_id}").status_code == 404
    assert browser.post(f"/sell/sales/{sale.public_id}/close").status_code == 404
    assert sale.sku.product.title not in browser.get("/sell/sales").content.decode()
    assert signed_in(mei).post("/sell/sales/new", terms).status_code == 403
    assert HotSale.objects.get().ended_at is None


def order_form(page):
    checkout = page.context["checkout"]
    return {
        "key": "0123456789",
        "address": checkout.address.public_id,
        "total_seen_fen": checkout.total_fen,
    }


def test_a_buyer_takes_a_share_without_script_orders_and_pays_it(
    plums, sale, mei, lin, make_address, signed_in, noon
):
    make_address(mei)
    browser = signed_in(mei)
    address = f"/sales/{sale.public_id}"
    for page in ("/sales", address, f"/g/{plums.product.public_id}"):
        assert "29.80" in browser.get(page).content.decode()
    assert browser.get(f"{address}/order")["Location"] == address
    for _again in range(2):
        kept = browser.post(f"{address}/claim", {"quantity": "2"})
        assert kept["Location"] == f"{address}/order"
    assert f"{address}/order" in browser.get(address).content.decode()
    page = browser.get(kept["Location"])
    form = order_form(page)
    assert form["total_seen_fen"] == 5960
    placed = [browser.post(f"{address}/place", form) for _ in range(2)]
    payment = Payment.objects.get()
    assert {answer["Location"] for answer in placed} == {f"/checkout/{payment.public_id}"}
    assert browser.get(address).status_code == 200
    services.take_payment(arrived=money_for(payment), now=noon)
    plums.refresh_from_db()
    assert (Order.objects.get().status, plums.stock_count, plums.held_count) == ("preparing", 8, 1)
    desk = signed_in(lin).get(f"/sell/sales/{sale.public_id}").context["sale"]
    assert (desk.paid_units, desk.paid_fen, desk.buyer_count, desk.kept_units) == (2, 5960, 1, 0)


def test_the_time_to_the_last_piece_is_kept_unless_one_comes_back(
    sale, mei, zhao, lin, signed_in, noon
):
    services.claim(sale=sale, buyer=mei, quantity=2, now=noon + timedelta(seconds=3))
    services.claim(sale=sale, buyer=zhao, quantity=1, now=noon + timedelta(seconds=843))
    with clock.at(noon + timedelta(minutes=15)):
        page = signed_in(lin).get(f"/sell/sales/{sale.public_id}")
        assert "14 分 3 秒" in page.content.decode()
        assert (page.context["sale"].state, page.context["sale"].left_count) == ("sold_out", 0)
    with clock.at(noon + timedelta(minutes=16)):
        assert tasks.give_claims_back.func() == 1
        sale.refresh_from_db()
        assert (sale.left_count, sale.sold_out_at) == (2, None)


@pytest.mark.parametrize("quantity", ["0", "-1", "3", "1.5", "9" * 31, "１", "", "x", "<b>"])
def test_attack_06_odd_shares_get_nothing_and_are_told_so(sale, mei, signed_in, quantity):
    answer = signed_in(mei).post(f"/sales/{sale.public_id}/claim", {"quantity": quantity})
    assert (answer.status_code, HotClaim.objects.count()) == (409, 0)
    assert "超过了每人限购的件数" in answer.content.decode()


def test_a_sale_is_refused_before_it_opens_and_after_it_closes(sale, mei, signed_in, noon):
    browser = signed_in(mei)
    for moment, words in (
        (noon - timedelta(seconds=1), "还没有开始"),
        (sale.closes_at, "已经结束"),
    ):
        with clock.at(moment):
            answer = browser.post(f"/sales/{sale.public_id}/claim", {"quantity": "1"})
        assert (answer.status_code, words in answer.content.decode()) == (409, True)
    assert HotClaim.objects.count() == 0


def test_a_visitor_is_asked_to_sign_in_and_gets_no_token(sale, client):
    client.logout()
    page = client.get(f"/sales/{sale.public_id}")
    assert "data-token" not in page.content.decode()
    assert "/account/sign-in?next=/sales/" in page.content.decode()


def test_attack_39_youth_mode_buys_nothing_by_any_door(sale, mei, make_address, signed_in, noon):
    make_address(mei)
    address = f"/sales/{sale.public_id}"
    services.claim(sale=sale, buyer=mei, quantity=1, now=noon)
    people.turn_youth_mode_on(user=mei, guardian_code="2580")
    mei.refresh_from_db()
    browser = signed_in(mei)
    assert "data-token" not in browser.get(address).content.decode()
    for deed in ("claim", "place"):
        assert browser.post(f"{address}/{deed}", {"quantity": "1"}).status_code == 403
    with pytest.raises(services.YouthMode):
        services.entry_token(sale=sale, buyer=mei, now=noon)
    with pytest.raises(services.YouthMode):
        services.order_claim(
            buyer=mei, sale_id=sale.pk, address="", total_seen_fen=2980, key="0123456789", now=noon
        )
    assert (Order.objects.count(), HotClaim.objects.get().status) == (0, "held")


def test_a_sale_that_has_not_opened_ends_whole_and_an_open_one_for_new_buyers(
    plums, terms, sale, mei, zhao, lin, signed_in, noon
):
    browser = signed_in(lin)
    with clock.at(noon - timedelta(minutes=1)):
        later = {**terms, "key": "another-key"}
        browser.post("/sell/sales/new", later)
        planned = HotSale.objects.exclude(pk=sale.pk).get()
        browser.post(f"/sell/sales/{planned.public_id}/close")
    planned.refresh_from_db()
    plums.refresh_from_db()
    assert (planned.ended_at is not None, plums.held_count) == (True, 3)
    services.claim(sale=sale, buyer=mei, quantity=1, now=noon)
    with clock.at(noon + timedelta(minutes=1)):
        browser.post(f"/sell/sales/{sale.public_id}/close")
        with pytest.raises(services.SaleOver):
            services.claim(sale=sale, buyer=zhao, quantity=1, now=clock.now())
        assert not services.close_hot_sale(sale_id=sale.pk, actor=lin, now=clock.now())
    assert HotClaim.objects.get().status == "held"
    with pytest.raises(services.SaleOver):
        services.claim(sale=planned, buyer=zhao, quantity=1, now=noon)


def test_the_list_is_searched_filtered_and_exported(sale, lin, signed_in):
    browser = signed_in(lin)
    found = {
        query: browser.get(f"/sell/sales?{query}").context["page"].paginator.count
        for query in (
            "q=脆李",
            "q=柚子",
            "state=running",
            "state=over",
            "since=2026-07-02",
            "state=x",
        )
    }
    assert list(found.values()) == [1, 0, 1, 0, 0, 1]
    book = load_workbook(BytesIO(browser.get("/sell/sales?format=xlsx").content))
    rows = list(book.active.iter_rows(values_only=True))
    assert (len(rows), rows[1][2], rows[1][3], rows[1][7]) == (2, 29.8, 3, "进行中")


def test_one_sale_and_three_cost_the_same(
    plums, terms, sale, lin, mei, signed_in, django_assert_max_num_queries
):
    counts = []
    for number in range(3):
        if number:
            form = {**terms, "key": f"012345678{number}", "stock_count": "2", "per_person": "1"}
            signed_in(lin).post("/sell/sales/new", form)
        costs = []
        for who, address in ((lin, "/sell/sales"), (mei, "/sales")):
            browser = signed_in(who)
            browser.get(address)
            with django_assert_max_num_queries(40) as statements:
                assert browser.get(address).status_code == 200
            costs.append(len(statements))
        counts.append(costs)
    assert counts[0] == counts[2]
