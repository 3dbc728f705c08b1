"""Hot sales: dealt out exactly, once a buyer, by the server's clock; then the usual order."""

from datetime import timedelta

import pytest

from shanhuo.kernel import tokens
from shanhuo.orders import ledger, services
from shanhuo.orders.hot import Answer, State, Wish, decide
from shanhuo.orders.models import HotClaim, Order, Payment
from tests.orders.conftest import money_for


def states(answers: list[Answer]) -> list[str]:
    return [answer.state.value for answer in answers]


def test_units_are_dealt_in_the_order_of_arrival(make_sale, make_user, noon):
    sale = make_sale(3)
    a, b, c, d = (make_user(name) for name in "abcd")
    wishes = [
        Wish(sale.pk, who.pk, units) for who, units in ((a, 1), (b, 3), (c, 2), (d, 1), (a, 1))
    ]
    answers = decide(wishes, now=noon)
    assert states(answers) == ["kept", "too_many", "kept", "sold_out", "kept"]
    assert answers[4] == answers[0]
    sale.refresh_from_db()
    assert (sale.left_count, HotClaim.objects.count()) == (0, 2)
    again = decide([Wish(sale.pk, c.pk, 1)], now=noon)
    assert (again[0].state, again[0].quantity) == (State.KEPT, 2)


def test_attack_14_a_sale_opens_by_the_server_s_clock_only(make_sale, mei, noon):
    sale = make_sale()
    early = decide([Wish(sale.pk, mei.pk, 1)], now=noon - timedelta(microseconds=1))
    late = decide([Wish(sale.pk, mei.pk, 1)], now=noon + timedelta(hours=1))
    guessed = decide([Wish(sale.pk + 1, mei.pk, 1)], now=noon)
    assert states(early + late + guessed) == ["not_open", "closed", "no_sale"]
    assert HotClaim.objects.count() == 0


def test_attack_14_a_token_serves_one_buyer_in_one_sale_until_it_closes(
    make_sale, mei, stranger, noon
):
    sale = make_sale()
    token = services.entry_token(sale=sale, buyer=mei, now=noon)
    entry = services.read_entry(token, now=noon)
    assert (entry.sale_id, entry.buyer_id) == (sale.pk, mei.pk)
    assert [entry.is_early_at(noon - timedelta(seconds=1)), entry.is_early_at(noon)] == [
        True,
        False,
    ]
    forged = tokens.sign("other", b"x", expires_at=noon + timedelta(hours=1))
    for bad, moment in ((token[:-2] + "AA", noon), (forged, noon), (token, sale.closes_at)):
        with pytest.raises(tokens.BadToken):
            services.read_entry(bad, now=moment)


@pytest.mark.parametrize("quantity", [0, -1, 3, 32_767])
def test_attack_06_odd_quantities_get_nothing(make_sale, mei, noon, quantity):
    sale = make_sale()
    assert states(decide([Wish(sale.pk, mei.pk, quantity)], now=noon)) == ["too_many"]
    sale.refresh_from_db()
    assert sale.left_count == 3


def test_a_sale_that_is_gone_does_not_spoil_the_round(make_sale, mei, noon):
    sale = make_sale()
    sale_id = sale.pk
    answers = decide([Wish(sale_id, mei.pk, 1), Wish(sale_id + 99, mei.pk, 1)], now=noon)
    assert states(answers) == ["kept", "no_sale"]


def test_a_winner_orders_pays_and_the_books_hold(plums, make_sale, mei, make_address, noon):
    sale = make_sale()
    plums.refresh_from_db()
    assert plums.held_count == 3
    decide([Wish(sale.pk, mei.pk, 2)], now=noon)
    address = make_address(mei)
    order = {
        "buyer": mei,
        "sale_id": sale.pk,
        "address": address.public_id,
        "key": "0123456789",
        "now": noon,
    }
    with pytest.raises(services.PriceChanged):
        services.order_claim(**order, total_seen_fen=1)
    placed = services.order_claim(**order, total_seen_fen=5960)
    assert services.order_claim(**order, total_seen_fen=5960) == placed
    services.take_payment(arrived=money_for(Payment.objects.get()), now=noon)
    line = Order.objects.get().lines.get()
    assert (line.unit_price_fen, line.unit_discount_fen, line.discount_funder) == (
        3980,
        1000,
        "merchant",
    )
    plums.refresh_from_db()
    assert (plums.held_count, plums.stock_count) == (1, 8)
    assert ledger.check() == []


def test_attack_11_what_is_kept_and_not_ordered_is_given_back_exactly_once(
    plums, make_sale, mei, stranger, noon
):
    sale = make_sale()
    decide([Wish(sale.pk, mei.pk, 2)], now=noon)
    claim = HotClaim.objects.get()
    late = noon + timedelta(minutes=15)
    ended = [
        services.give_claim_back(claim_id=claim.pk, now=moment) for moment in (noon, late, late)
    ]
    assert ended == [False, True, False]
    sale.refresh_from_db()
    assert sale.left_count == 3
    again = decide([Wish(sale.pk, mei.pk, 1), Wish(sale.pk, stranger.pk, 2)], now=late)
    assert states(again) == ["given_back", "kept"]
    with pytest.raises(services.ClaimOver):
        services.order_claim(
            buyer=mei, sale_id=sale.pk, address="", total_seen_fen=1, key="0123456789", now=late
        )


def test_what_is_left_goes_back_to_the_sku_once(plums, make_sale, mei, noon):
    sale = make_sale()
    decide([Wish(sale.pk, mei.pk, 1)], now=noon)
    closed = sale.closes_at
    assert not services.end_hot_sale(sale_id=sale.pk, now=noon)
    assert not services.end_hot_sale(sale_id=sale.pk, now=closed)
    services.give_claim_back(claim_id=HotClaim.objects.get().pk, now=closed)
    assert services.end_hot_sale(sale_id=sale.pk, now=closed)
    assert not services.end_hot_sale(sale_id=sale.pk, now=closed)
    plums.refresh_from_db()
    assert (plums.held_count, plums.stock_count) == (0, 10)
