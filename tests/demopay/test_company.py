"""The demo company and the platform's client of it, over real HTTP."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from demopay.keys import load_or_make
from demopay.server import Company
from shanhuo.orders.payment.demo import DemoCompany
from shanhuo.orders.payment.port import (
    CompanyUnreachable,
    MoneyArrived,
    MoneyReturned,
    NoticeRefused,
    PaymentWish,
    RefundWish,
)
from tests.demopay.conftest import Shop


def pay(client: DemoCompany, wish: PaymentWish) -> httpx.Response:
    return httpx.post(client.hand_over(wish).address, trust_env=False)


def test_a_buyer_pays_on_the_company_s_page_and_the_shop_is_told(
    client: DemoCompany, wish: PaymentWish, shop: Shop
):
    address = client.hand_over(wish).address
    page = httpx.get(address, trust_env=False)
    assert "¥79.60" in page.text
    assert "巫山脆李 ×2" in page.text
    paid = httpx.post(address, trust_env=False)
    assert (paid.status_code, paid.headers["location"]) == (303, wish.return_url)
    [notice] = shop.wait_for(1)
    told = client.read_notice(headers=notice.headers, body=notice.body, now=datetime.now(UTC))
    assert isinstance(told, MoneyArrived)
    assert (told.trade_no, told.amount_fen, told.currency) == (wish.trade_no, 7960, "CNY")
    asked = client.ask_payment(wish.trade_no)
    assert asked is not None
    assert asked.transaction_id == told.transaction_id


def test_the_page_speaks_english_to_an_english_browser(client: DemoCompany, wish: PaymentWish):
    address = client.hand_over(wish).address
    page = httpx.get(address, headers={"Accept-Language": "en-GB"}, trust_env=False)
    assert "Pay now" in page.text


def test_paying_twice_pays_and_tells_once(
    client: DemoCompany, wish: PaymentWish, shop: Shop, company: Company
):
    pay(client, wish)
    assert pay(client, wish).status_code == 303
    shop.wait_for(1)
    # The shop has heard before the company has read its answer and noted that nothing is due.
    company.deliverer.stop()
    assert company.store.due_notices() == []
    assert len(shop.heard) == 1


def test_a_notice_is_repeated_until_it_is_answered(
    client: DemoCompany, wish: PaymentWish, shop: Shop
):
    shop.answers = [500, 404, 302]
    pay(client, wish)
    bodies = {notice.body for notice in shop.wait_for(4)}
    assert len(bodies) == 1


def test_a_closed_or_late_payment_takes_no_money(client: DemoCompany, wish: PaymentWish):
    client.hand_over(wish)
    assert client.close(wish.trade_no)
    assert pay(client, wish).status_code == 409
    assert client.ask_payment(wish.trade_no) is None
    past = replace(wish, trade_no="late", expires_at=datetime.now(UTC) - timedelta(seconds=1))
    assert pay(client, past).status_code == 409


def test_a_paid_payment_cannot_be_closed(client: DemoCompany, wish: PaymentWish):
    pay(client, wish)
    assert not client.close(wish.trade_no)


def test_refunds_are_sent_once_and_never_above_the_payment(
    client: DemoCompany, wish: PaymentWish, shop: Shop
):
    pay(client, wish)
    back = RefundWish("r1", wish.trade_no, amount_fen=5000, total_fen=7960, reason="damaged")
    assert client.refund(back)
    assert client.refund(back)
    with pytest.raises(CompanyUnreachable):
        client.refund(replace(back, refund_no="r2", amount_fen=2961))
    [_paid, notice] = shop.wait_for(2)
    told = client.read_notice(headers=notice.headers, body=notice.body, now=datetime.now(UTC))
    assert told == MoneyReturned(
        company="demo",
        notice_id=told.notice_id if told else "",
        trade_no=wish.trade_no,
        refund_no="r1",
        amount_fen=5000,
    )
    assert len(shop.heard) == 2


def test_the_same_number_with_other_terms_is_refused(client: DemoCompany, wish: PaymentWish):
    client.hand_over(wish)
    with pytest.raises(CompanyUnreachable):
        client.hand_over(replace(wish, amount_fen=1))


def test_a_merchant_without_the_right_key_is_refused(
    client: DemoCompany, wish: PaymentWish, tmp_path: Path
):
    client.key = load_or_make(tmp_path / "other", "thief").private
    with pytest.raises(CompanyUnreachable):
        client.hand_over(wish)


def test_odd_requests_are_answered_and_not_believed(company: Company):
    answers = [
        httpx.get(f"{company.origin}{path}", trust_env=False).status_code
        for path in ("/health", "/style.css", "/v1/payments/x", "/nothing", "/pay/unknown")
    ]
    assert answers == [200, 200, 401, 401, 404]
    too_large = httpx.post(f"{company.origin}/v1/payments", content=b"x" * 70_000, trust_env=False)
    assert too_large.status_code == 400


def test_attack_02_a_forged_notice_is_refused(client: DemoCompany, wish: PaymentWish, shop: Shop):
    pay(client, wish)
    [genuine] = shop.wait_for(1)
    now = datetime.now(UTC)
    forged = [
        ({}, genuine.body),
        (genuine.headers, genuine.body.replace(b"7960", b"1")),
        ({**genuine.headers, "demopay-serial": ""}, genuine.body),
        ({**genuine.headers, "demopay-serial": "ZZ" * 10}, genuine.body),
        ({**genuine.headers, "demopay-nonce": "0" * 32}, genuine.body),
        ({**genuine.headers, "demopay-signature": ""}, genuine.body),
        ({**genuine.headers, "demopay-signature": "中文"}, genuine.body),
        ({**genuine.headers, "demopay-timestamp": "now"}, genuine.body),
        ({**genuine.headers, "demopay-timestamp": "９" * 10}, genuine.body),
    ]
    for headers, body in forged:
        with pytest.raises(NoticeRefused):
            client.read_notice(headers=headers, body=body, now=now)


def test_attack_03_an_old_notice_is_a_replay(client: DemoCompany, wish: PaymentWish, shop: Shop):
    pay(client, wish)
    [genuine] = shop.wait_for(1)
    for later in (timedelta(minutes=6), timedelta(days=730), -timedelta(minutes=6)):
        with pytest.raises(NoticeRefused):
            client.read_notice(
                headers=genuine.headers, body=genuine.body, now=datetime.now(UTC) + later
            )


def test_attack_04_a_genuine_notice_for_somebody_else_is_refused(
    client: DemoCompany, wish: PaymentWish, shop: Shop
):
    pay(client, wish)
    [genuine] = shop.wait_for(1)
    for name in ("merchant_id", "app_id"):
        ours = getattr(client, name)
        setattr(client, name, "somebody-else")
        with pytest.raises(NoticeRefused):
            client.read_notice(headers=genuine.headers, body=genuine.body, now=datetime.now(UTC))
        setattr(client, name, ours)
