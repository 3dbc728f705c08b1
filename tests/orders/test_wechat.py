"""WeChat Pay v3 over real HTTP, against a stub that verifies signatures; the public SDK agrees."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from shanhuo.orders.payment.port import (
    CompanyUnreachable,
    HandOver,
    MoneyArrived,
    MoneyReturned,
    NoticeRefused,
    PaymentWish,
    RefundWish,
)
from shanhuo.orders.payment.wechat import WeChatPay
from tests.orders.running import running
from tests.orders.wechat_stub import APP, MERCHANT, PUBLIC_KEY_ID, SERIAL, WeChatStub

API_V3_KEY = b"0123456789abcdef0123456789abcdef"


@pytest.fixture(scope="module")
def keys() -> tuple[RSAPrivateKey, RSAPrivateKey]:
    """The company's and ours."""
    return generate_private_key(65537, 2048), generate_private_key(65537, 2048)


@pytest.fixture
def stub(keys) -> Iterator[WeChatStub]:
    company, merchant = keys
    server = WeChatStub(key=company, merchant_key=merchant.public_key(), api_v3_key=API_V3_KEY)
    with running(server):
        yield server


@pytest.fixture
def wechat(stub: WeChatStub, keys) -> Iterator[WeChatPay]:
    company, merchant = keys
    client = WeChatPay(
        url=stub.url,
        merchant_id=MERCHANT,
        app_id=APP,
        serial=SERIAL,
        private_key=merchant,
        api_v3_key=API_V3_KEY,
        public_key_id=PUBLIC_KEY_ID,
        public_key=company.public_key(),
    )
    yield client
    client.http.close()


@pytest.fixture
def wish() -> PaymentWish:
    return PaymentWish(
        trade_no="0123456789abcdef",
        amount_fen=7960,
        description="巫山脆李",
        expires_at=datetime.now(UTC) + timedelta(minutes=15),
        return_url="https://shanhuo.example/checkout/0123456789abcdef",
        client_address="10.0.0.1",
        on_phone=False,
    )


def lower(headers: dict[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def paid(wish: PaymentWish, **changed: Any) -> dict[str, Any]:
    trade = {
        "mchid": MERCHANT,
        "appid": APP,
        "out_trade_no": wish.trade_no,
        "transaction_id": "42x",
        "trade_state": "SUCCESS",
        "amount": {"total": wish.amount_fen, "currency": "CNY"},
    }
    return {**trade, **changed}


def test_a_desktop_scans_a_code_and_a_phone_opens_an_address(wechat, wish):
    code = wechat.hand_over(wish)
    assert code == HandOver("weixin://wxpay/bizpayurl?pr=0123456789abcdef", as_code=True)
    page = wechat.hand_over(replace(wish, on_phone=True))
    assert page.address.endswith(
        "&redirect_url=https%3A%2F%2Fshanhuo.example%2Fcheckout%2F0123456789abcdef"
    )


def test_we_ask_close_and_refund(wechat, stub, wish):
    assert wechat.ask_payment("unknown") is None
    wechat.hand_over(wish)
    assert wechat.ask_payment(wish.trade_no) is None
    stub.pay(wish.trade_no)
    told = wechat.ask_payment(wish.trade_no)
    assert (told.amount_fen, told.transaction_id) == (7960, "420123456789abcdef")
    assert not wechat.close(wish.trade_no)
    back = RefundWish("r1", wish.trade_no, amount_fen=100, total_fen=7960, reason="坏果")
    assert not wechat.refund(back)
    stub.refunds["r1"]["status"] = "SUCCESS"
    assert wechat.refund(back)
    other = replace(wish, trade_no="other")
    wechat.hand_over(other)
    assert wechat.close("other")


def test_a_notice_is_verified_and_unsealed(wechat, stub, wish):
    headers, body = stub.notice("TRANSACTION.SUCCESS", paid(wish))
    told = wechat.read_notice(headers=lower(headers), body=body, now=datetime.now(UTC))
    assert isinstance(told, MoneyArrived)
    assert (told.trade_no, told.amount_fen, told.currency) == (wish.trade_no, 7960, "CNY")
    refund = {
        "mchid": MERCHANT,
        "out_trade_no": wish.trade_no,
        "out_refund_no": "r1",
        "refund_status": "SUCCESS",
        "amount": {"total": 7960, "refund": 100},
    }
    headers, body = stub.notice("REFUND.SUCCESS", refund)
    told = wechat.read_notice(headers=lower(headers), body=body, now=datetime.now(UTC))
    assert isinstance(told, MoneyReturned)
    assert (told.refund_no, told.amount_fen) == ("r1", 100)


def test_attack_02_forged_notices_and_the_probe_are_refused(wechat, stub, keys, wish):
    headers, body = stub.notice("TRANSACTION.SUCCESS", paid(wish))
    good = lower(headers)
    thief = WeChatStub(key=keys[1], merchant_key=keys[1].public_key(), api_v3_key=API_V3_KEY)
    thief.server_close()
    stolen, stolen_body = thief.notice("TRANSACTION.SUCCESS", paid(wish))
    probe = {**good, "wechatpay-signature": "WECHATPAY/SIGNTEST/" + good["wechatpay-signature"]}
    forged = [
        ({}, body),
        (lower(stolen), stolen_body),
        (probe, body),
        (good, body.replace(b"encrypt", b"Encrypt")),
        ({**good, "wechatpay-nonce": "x"}, body),
        ({**good, "wechatpay-serial": ""}, body),
        ({**good, "wechatpay-serial": "xyz"}, body),
        ({**good, "wechatpay-serial": "F" * 40}, body),
        ({**good, "wechatpay-signature": ""}, body),
    ]
    for wrong_headers, wrong_body in forged:
        with pytest.raises(NoticeRefused):
            wechat.read_notice(headers=wrong_headers, body=wrong_body, now=datetime.now(UTC))
    wechat.read_notice(headers=good, body=body, now=datetime.now(UTC))


def test_attack_03_a_notice_of_two_years_ago_is_refused(wechat, stub, wish):
    headers, body = stub.notice("TRANSACTION.SUCCESS", paid(wish))
    for later in (timedelta(minutes=6), timedelta(days=730)):
        with pytest.raises(NoticeRefused):
            wechat.read_notice(headers=lower(headers), body=body, now=datetime.now(UTC) + later)


@pytest.mark.parametrize("changed", [{"mchid": "1900000002"}, {"appid": "wx2"}, {"amount": None}])
def test_attack_04_a_genuine_notice_for_somebody_else_is_refused(wechat, stub, wish, changed):
    headers, body = stub.notice("TRANSACTION.SUCCESS", paid(wish, **changed))
    with pytest.raises(NoticeRefused):
        wechat.read_notice(headers=lower(headers), body=body, now=datetime.now(UTC))


def test_an_answer_that_the_company_did_not_sign_is_not_believed(wechat, stub, keys, wish):
    stub.key = keys[1]
    with pytest.raises(CompanyUnreachable):
        wechat.hand_over(wish)


def test_the_public_sdk_finds_our_stub_genuine(stub, keys, wish, tmp_path):
    """An independent client pays, asks and reads a notice: the stub speaks the real protocol."""
    sdk = pytest.importorskip("wechatpayv3")
    company, merchant = keys
    client = sdk.WeChatPay(
        wechatpay_type=sdk.WeChatPayType.NATIVE,
        mchid=MERCHANT,
        private_key=merchant.private_bytes(
            Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
        ).decode(),
        cert_serial_no=SERIAL,
        appid=APP,
        apiv3_key=API_V3_KEY.decode(),
        notify_url="https://shanhuo.example/notices/wechat",
        public_key=company.public_key()
        .public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        .decode(),
        public_key_id=PUBLIC_KEY_ID,
    )
    client._core._gate_way = stub.url
    status, answer = client.pay(
        description=wish.description, out_trade_no=wish.trade_no, amount={"total": 7960}
    )
    assert (status, list(json.loads(answer))) == (200, ["code_url"])
    status, answer = client.query(out_trade_no=wish.trade_no)
    assert json.loads(answer)["trade_state"] == "NOTPAY"
    headers, body = stub.notice("TRANSACTION.SUCCESS", paid(wish))
    told = client.callback(headers, body.decode())
    assert told["event_type"] == "TRANSACTION.SUCCESS"
    assert told["resource"]["out_trade_no"] == wish.trade_no
