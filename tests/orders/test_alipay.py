"""Alipay over real HTTP, against a stub that verifies signatures; a public SDK agrees with it."""

from base64 import b64encode
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlencode

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from pydantic import SecretStr

from shanhuo.config import config
from shanhuo.orders import checks, ledger, services, tasks
from shanhuo.orders.models import Notice, Order, Payment, Refund
from shanhuo.orders.payment import alipay as adapter
from shanhuo.orders.payment.alipay import Alipay
from shanhuo.orders.payment.port import (
    CompanyUnreachable,
    MoneyArrived,
    MoneyReturned,
    NoticeRefused,
    PaymentWish,
    RefundWish,
)
from tests.orders.alipay_stub import APP, SELLER, AlipayStub
from tests.orders.running import running

SETTINGS = ("url", "app_id", "seller_id", "private_key", "public_key")


@pytest.fixture(scope="module")
def keys() -> tuple[RSAPrivateKey, RSAPrivateKey]:
    """The company's and ours."""
    return generate_private_key(65537, 2048), generate_private_key(65537, 2048)


@pytest.fixture
def stub(keys) -> Iterator[AlipayStub]:
    company, merchant = keys
    with running(AlipayStub(key=company, merchant_key=merchant.public_key())) as server:
        yield server


@pytest.fixture
def alipay(stub, keys) -> Iterator[Alipay]:
    company, merchant = keys
    client = Alipay(
        url=stub.url,
        app_id=APP,
        seller_id=SELLER,
        private_key=merchant,
        public_key=company.public_key(),
    )
    yield client
    client.http.close()


@pytest.fixture
def wish() -> PaymentWish:
    return PaymentWish(
        trade_no="0123456789abcdef",
        amount_fen=7960,
        description="巫山脆李 / 5 斤装=头茬&果粉",
        expires_at=datetime.now(UTC) + timedelta(minutes=15),
        return_url="https://shanhuo.example/checkout/0123456789abcdef",
        client_address="10.0.0.1",
        on_phone=False,
    )


def read(client: Alipay, body: bytes, *, later: timedelta = timedelta()):
    return client.read_notice(headers={}, body=body, now=datetime.now(UTC) + later)


def test_the_buyer_opens_a_signed_page_on_a_desktop_and_on_a_phone(alipay, stub, wish):
    for on_phone in (False, True):
        place = alipay.hand_over(replace(wish, on_phone=on_phone))
        assert (place.as_code, place.closed_to) == (False, "MicroMessenger")
        assert httpx.get(place.address).text == "收银台"
        assert stub.trades[wish.trade_no]["total_amount"] == "79.60"
        fields = dict(parse_qsl(place.address.partition("?")[2]))
        assert fields["return_url"] == wish.return_url
        assert fields["notify_url"].endswith("/notices/alipay")
        changed = place.address.replace("79.60", "00.60")
        assert "invalid-signature" in httpx.get(changed).text


def test_we_ask_close_and_refund(alipay, stub, wish):
    assert alipay.ask_payment(wish.trade_no) is None
    assert alipay.close(wish.trade_no)
    httpx.get(alipay.hand_over(wish).address)
    assert alipay.ask_payment(wish.trade_no) is None
    stub.pay(wish.trade_no)
    told = alipay.ask_payment(wish.trade_no)
    assert (told.amount_fen, told.transaction_id) == (7960, "20260123456789abcdef")
    assert not alipay.close(wish.trade_no)
    back = RefundWish("r1", wish.trade_no, amount_fen=105, total_fen=7960, reason="坏果")
    assert alipay.refund(back)
    assert alipay.refund(back)
    assert stub.refunds == {(wish.trade_no, "r1"): "1.05"}
    httpx.get(alipay.hand_over(replace(wish, trade_no="other")).address)
    assert alipay.close("other")
    assert alipay.close("other")
    with pytest.raises(CompanyUnreachable):
        alipay.refund(replace(back, trade_no="other"))


def test_a_notice_is_verified(alipay, stub, wish):
    told = read(alipay, stub.notice())
    assert isinstance(told, MoneyArrived)
    assert (told.trade_no, told.amount_fen, told.currency) == (wish.trade_no, 7960, "CNY")
    assert read(alipay, stub.notice(trade_status="TRADE_FINISHED")) == told
    for status in ("WAIT_BUYER_PAY", "TRADE_CLOSED"):
        assert read(alipay, stub.notice(trade_status=status)) is None
    refund = {"refund_fee": "1.05", "gmt_refund": "2026-07-01 12:00:00"}
    told = read(alipay, stub.notice(out_biz_no="r1", **refund))
    assert isinstance(told, MoneyReturned)
    assert (told.refund_no, told.amount_fen) == ("r1", 105)
    assert read(alipay, stub.notice(**refund)) is None


def test_attack_02_forged_notices_are_refused(alipay, stub, keys):
    good = stub.notice()
    thief = AlipayStub(key=keys[1], merchant_key=keys[1].public_key())
    thief.server_close()
    fields = dict(parse_qsl(good.decode()))
    forged = [
        b"",
        b"\xff",
        b"sign=x",
        b"a" * 5000,
        thief.notice(),
        good.replace(b"79.60", b"79.61"),
        good + b"&total_amount=0.01",
        good + b"&extra=1",
        good.replace(b"RSA2", b"RSA"),
        urlencode({**fields, "sign": ""}).encode(),
        urlencode({**fields, "sign": "é"}).encode(),
        urlencode({name: value for name, value in fields.items() if name != "sign"}).encode(),
        b"&".join([b"a=1"] * 200),
    ]
    for body in forged:
        with pytest.raises(NoticeRefused):
            read(alipay, body)
    assert read(alipay, good) is not None


def test_attack_03_a_notice_is_believed_as_long_as_alipay_repeats_it(alipay, stub):
    body = stub.notice()
    assert read(alipay, body, later=timedelta(hours=25)) is not None
    for later in (timedelta(minutes=-6), timedelta(hours=27), timedelta(days=730)):
        with pytest.raises(NoticeRefused):
            read(alipay, body, later=later)
    with pytest.raises(NoticeRefused):
        read(alipay, stub.notice(notify_time="yesterday"))


@pytest.mark.parametrize(
    "changed",
    [
        {"app_id": "2021000000000002"},
        {"seller_id": "2088000000000002"},
        {"seller_id": ""},
        {"total_amount": ""},
        {"total_amount": "79.6"},
        {"total_amount": "7.96e1"},
        {"total_amount": "-79.60"},
        {"total_amount": "７９.60"},
        {"out_trade_no": ""},
        {"trade_no": ""},
        {"notify_id": ""},
    ],
)
def test_attack_04_a_genuine_notice_for_somebody_else_or_without_sense_is_refused(
    alipay, stub, changed
):
    with pytest.raises(NoticeRefused):
        read(alipay, stub.notice(**changed))


def test_an_answer_that_the_company_did_not_sign_is_not_believed(alipay, stub, keys, wish):
    httpx.get(alipay.hand_over(wish).address)
    stub.pay(wish.trade_no)
    stub.key = keys[1]
    for deed in (alipay.ask_payment, alipay.close):
        with pytest.raises(CompanyUnreachable):
            deed(wish.trade_no)
    stub.shutdown()
    stub.server_close()
    with pytest.raises(CompanyUnreachable):
        alipay.ask_payment(wish.trade_no)


@pytest.fixture
def configured(stub, keys, monkeypatch) -> Iterator[None]:
    """A platform that takes its money by Alipay: our key as PEM, theirs as one line of Base64."""
    company, merchant = keys
    pem = merchant.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    der = company.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    values = (stub.url, APP, SELLER, SecretStr(pem), b64encode(der).decode())
    monkeypatch.setattr(config(), "payment_company", "alipay")
    for name, value in zip(SETTINGS, values, strict=True):
        monkeypatch.setattr(config(), f"alipay_{name}", value)
    adapter.from_config.cache_clear()
    yield
    adapter.from_config().http.close()
    adapter.from_config.cache_clear()


def test_an_order_is_paid_and_refunded_through_alipay(
    configured, stub, make_sku, mei, lin, order_of, client, noon
):
    stub.now = lambda: noon
    plums = make_sku(stock_count=10)
    payment = order_of(mei, {plums: 2}, now=noon)
    client.force_login(mei)
    inside_wechat = client.get(
        f"/checkout/{payment.public_id}/pay", headers={"User-Agent": "X MicroMessenger/8"}
    )
    assert "复制地址" in inside_wechat.content.decode()
    httpx.get(client.get(f"/checkout/{payment.public_id}/pay")["Location"])
    stub.pay(payment.public_id)
    body = stub.notice(out_trade_no=payment.public_id, trade_no=f"2026{payment.public_id}")
    client.logout()

    def tell(content: bytes):
        kind = "application/x-www-form-urlencoded; charset=utf-8"
        return client.post("/notices/alipay", content, content_type=kind)

    assert tell(body.replace(b"79.60", b"0.01")).status_code == 401
    for _again in range(2):
        answer = tell(body)
        assert (answer.status_code, answer.content) == (200, b"success")
    order, payment = Order.objects.get(), Payment.objects.get()
    assert (order.status, payment.status, payment.company) == ("preparing", "paid", "alipay")
    assert Notice.objects.get().times == 2
    assert services.ask_back(payment_id=payment.pk, now=noon)
    services.refund_unshipped(
        order_id=order.pk, quantities=None, reason="out_of_stock", actor=lin, now=noon
    )
    assert tasks.send_refunds.func() == 1
    assert list(stub.refunds.values()) == ["79.60"]
    assert (Refund.objects.get().status, ledger.check()) == ("done", [])


def test_money_of_another_amount_pays_nothing_and_waits_in_suspense(
    configured, stub, make_sku, mei, order_of, client, noon
):
    payment = order_of(mei, {make_sku(): 2}, now=noon)
    body = stub.notice(out_trade_no=payment.public_id, total_amount="0.01")
    answer = client.post("/notices/alipay", body, content_type="application/x-www-form-urlencoded")
    payment.refresh_from_db()
    assert (answer.content, payment.status) == (b"success", "waiting")
    assert Notice.objects.get().outcome == "suspense"


def test_a_platform_does_not_open_with_keys_that_cannot_be_read(configured, monkeypatch):
    assert checks.money_has_keys() == []
    monkeypatch.setattr(config(), "alipay_app_id", "")
    assert [found.id for found in checks.money_has_keys()] == ["orders.E002"]
    adapter.from_config.cache_clear()
    whole = config().alipay_public_key
    monkeypatch.setattr(config(), "alipay_public_key", "no key")
    assert [found.id for found in checks.money_has_keys()] == ["orders.E002"]
    monkeypatch.setattr(config(), "alipay_public_key", whole)


def test_a_public_sdk_finds_our_stub_genuine(stub, keys, wish):
    """An independent client pays, asks and reads a notice: the stub speaks the real protocol."""
    sdk = pytest.importorskip("alipay")
    company, merchant = keys
    client = sdk.AliPay(
        appid=APP,
        app_notify_url="https://shanhuo.example/notices/alipay",
        app_private_key_string=merchant.private_bytes(
            Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()
        ).decode(),
        alipay_public_key_string=company.public_key()
        .public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        .decode(),
        sign_type="RSA2",
    )
    client._gateway = stub.url
    order = client.api_alipay_trade_page_pay(
        subject="巫山脆李", out_trade_no=wish.trade_no, total_amount="79.60"
    )
    assert httpx.get(f"{stub.url}?{order}").text == "收银台"
    stub.pay(wish.trade_no)
    told = client.api_alipay_trade_query(out_trade_no=wish.trade_no)
    assert told["trade_status"] == "TRADE_SUCCESS"
    fields = dict(parse_qsl(stub.notice().decode()))
    assert client.verify(fields, fields.pop("sign"))
