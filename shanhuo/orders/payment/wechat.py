"""WeChat Pay (微信支付) API v3: Native and H5 payments, signed notices, query, close, refund.

Works in WeChat's public-key mode: its key is configured, never fetched. A notice with an unknown
serial is refused without asking anybody, so that a forger cannot make us drop the genuine key.
"""

import atexit
import secrets
from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any, ClassVar
from urllib.parse import urlencode

import httpx
import msgspec
from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key
from django.conf import settings

from shanhuo.config import config
from shanhuo.kernel import clock
from shanhuo.orders.payment.freshness import require_fresh
from shanhuo.orders.payment.port import (
    OUR_CURRENCY,
    CompanyUnreachable,
    HandOver,
    MoneyArrived,
    MoneyReturned,
    NoticeRefused,
    PaymentWish,
    RefundWish,
    Told,
)

SCHEME = "WECHATPAY2-SHA256-RSA2048"
ANSWER_WITHIN_SECONDS = 5.0
PAID = "TRANSACTION.SUCCESS"
REFUNDED = "REFUND.SUCCESS"


class Amount(msgspec.Struct):
    """Money, in fen."""

    total: int
    currency: str = OUR_CURRENCY
    refund: int = 0


class Trade(msgspec.Struct):
    """A payment, as the company describes it in a notice or an answer."""

    mchid: str
    appid: str
    out_trade_no: str
    trade_state: str
    amount: Amount | None = None
    transaction_id: str = ""


class Returned(msgspec.Struct):
    """A refund, as a notice describes it."""

    mchid: str
    out_trade_no: str
    out_refund_no: str
    refund_status: str
    amount: Amount


class Sealed(msgspec.Struct):
    """The encrypted part of a notice."""

    algorithm: str
    ciphertext: str
    nonce: str
    associated_data: str = ""


class Envelope(msgspec.Struct):
    """A notice."""

    id: str
    event_type: str
    resource: Sealed


class WeChatPay:
    """Speaks to WeChat Pay, and believes only what its configured key has signed."""

    name: ClassVar[str] = "wechat"
    accepted: ClassVar[str] = ""

    def __init__(
        self,
        *,
        url: str,
        merchant_id: str,
        app_id: str,
        serial: str,
        private_key: RSAPrivateKey,
        api_v3_key: bytes,
        public_key_id: str,
        public_key: RSAPublicKey,
    ) -> None:
        self.merchant_id, self.app_id, self.serial = merchant_id, app_id, serial
        self.private_key, self.public_key = private_key, public_key
        self.public_key_id = public_key_id
        self.cipher = AESGCM(api_v3_key)
        self.http = httpx.Client(base_url=url, timeout=ANSWER_WITHIN_SECONDS, trust_env=False)

    def hand_over(self, wish: PaymentWish) -> HandOver:
        order: dict[str, Any] = {
            "appid": self.app_id,
            "mchid": self.merchant_id,
            "description": wish.description,
            "out_trade_no": wish.trade_no,
            "time_expire": wish.expires_at.astimezone(clock.SHANGHAI).isoformat("T", "seconds"),
            "notify_url": _notify_url(),
            "amount": {"total": wish.amount_fen, "currency": OUR_CURRENCY},
        }
        if not wish.on_phone:
            answer = self._ask("POST", "/v3/pay/transactions/native", order)
            return HandOver(str(_expect(answer, 200)["code_url"]), as_code=True)
        order["scene_info"] = {
            "payer_client_ip": wish.client_address,
            "h5_info": {"type": "Wap"},
        }
        answer = self._ask("POST", "/v3/pay/transactions/h5", order)
        back = urlencode({"redirect_url": wish.return_url})
        return HandOver(f"{_expect(answer, 200)['h5_url']}&{back}", as_code=False)

    def read_notice(self, *, headers: Mapping[str, str], body: bytes, now: datetime) -> Told | None:
        self._verify(headers, body, now=now)
        try:
            envelope = msgspec.json.decode(body, type=Envelope)
            told = self._unseal(envelope.resource)
            if envelope.event_type == PAID:
                return self._arrived(msgspec.json.decode(told, type=Trade), envelope.id)
            if envelope.event_type == REFUNDED:
                return self._returned(msgspec.json.decode(told, type=Returned), envelope.id)
        except msgspec.MsgspecError as odd:
            raise NoticeRefused from odd
        return None

    def ask_payment(self, trade_no: str) -> MoneyArrived | None:
        target = f"/v3/pay/transactions/out-trade-no/{trade_no}?mchid={self.merchant_id}"
        answer = self._ask("GET", target)
        if answer.status_code == 404:
            return None
        trade = msgspec.convert(_expect(answer, 200), Trade)
        if trade.trade_state not in {"SUCCESS", "REFUND"}:
            return None
        return self._arrived(trade, f"asked:{trade.transaction_id}")

    def close(self, trade_no: str) -> bool:
        answer = self._ask(
            "POST",
            f"/v3/pay/transactions/out-trade-no/{trade_no}/close",
            {"mchid": self.merchant_id},
        )
        if answer.status_code == 400 and answer.json().get("code") == "ORDERPAID":
            return False
        if answer.status_code in {204, 404}:
            return True
        raise CompanyUnreachable

    def refund(self, wish: RefundWish) -> bool:
        answer = self._ask(
            "POST",
            "/v3/refund/domestic/refunds",
            {
                "out_trade_no": wish.trade_no,
                "out_refund_no": wish.refund_no,
                "reason": wish.reason,
                "notify_url": _notify_url(),
                "amount": {
                    "refund": wish.amount_fen,
                    "total": wish.total_fen,
                    "currency": OUR_CURRENCY,
                },
            },
        )
        return bool(_expect(answer, 200)["status"] == "SUCCESS")

    def _arrived(self, trade: Trade, notice_id: str) -> MoneyArrived:
        if (trade.mchid, trade.appid) != (self.merchant_id, self.app_id) or trade.amount is None:
            raise NoticeRefused
        return MoneyArrived(
            company=self.name,
            notice_id=notice_id,
            trade_no=trade.out_trade_no,
            transaction_id=trade.transaction_id,
            amount_fen=trade.amount.total,
            currency=trade.amount.currency,
        )

    def _returned(self, refund: Returned, notice_id: str) -> MoneyReturned | None:
        if refund.mchid != self.merchant_id:
            raise NoticeRefused
        if refund.refund_status != "SUCCESS":
            return None
        return MoneyReturned(
            company=self.name,
            notice_id=notice_id,
            trade_no=refund.out_trade_no,
            refund_no=refund.out_refund_no,
            amount_fen=refund.amount.refund,
        )

    def _verify(self, headers: Mapping[str, str], body: bytes, *, now: datetime) -> None:
        """The four headers vouch for the body. Raises NoticeRefused."""
        timestamp = headers.get("wechatpay-timestamp", "")
        require_fresh(timestamp, now=now)
        if headers.get("wechatpay-serial") != self.public_key_id:
            raise NoticeRefused
        nonce = headers.get("wechatpay-nonce", "")
        message = b"\n".join([timestamp.encode(), nonce.encode(), body, b""])
        try:
            signature = b64decode(headers.get("wechatpay-signature", ""), validate=True)
            self.public_key.verify(signature, message, PKCS1v15(), SHA256())
        except (InvalidSignature, NotBase64, ValueError) as forged:
            raise NoticeRefused from forged

    def _unseal(self, sealed: Sealed) -> bytes:
        """Decrypt with the API v3 key. Raises NoticeRefused."""
        if sealed.algorithm != "AEAD_AES_256_GCM":
            raise NoticeRefused
        try:
            return self.cipher.decrypt(
                sealed.nonce.encode(),
                b64decode(sealed.ciphertext, validate=True),
                sealed.associated_data.encode(),
            )
        except (InvalidTag, NotBase64, ValueError) as forged:
            raise NoticeRefused from forged

    def _ask(
        self, method: str, target: str, body: Mapping[str, Any] | None = None
    ) -> httpx.Response:
        """A signed request and its proved answer. Raises CompanyUnreachable."""
        content = b"" if body is None else msgspec.json.encode(body)
        headers = {
            "Authorization": self._authorization(method, target, content),
            "Accept": "application/json",
            "Content-Type": "application/json",
            "Wechatpay-Serial": self.public_key_id,
        }
        try:
            answer = self.http.request(method, target, content=content, headers=headers)
            self._verify(answer.headers, answer.content, now=datetime.now(UTC))
        except (httpx.HTTPError, NoticeRefused) as error:
            raise CompanyUnreachable from error
        return answer

    def _authorization(self, method: str, target: str, body: bytes) -> str:
        timestamp, nonce = str(int(datetime.now(UTC).timestamp())), secrets.token_hex(16)
        message = b"\n".join([f"{method}\n{target}\n{timestamp}\n{nonce}".encode(), body, b""])
        fields = {
            "mchid": self.merchant_id,
            "nonce_str": nonce,
            "timestamp": timestamp,
            "serial_no": self.serial,
            "signature": b64encode(self.private_key.sign(message, PKCS1v15(), SHA256())).decode(),
        }
        return f"{SCHEME} " + ",".join(f'{name}="{value}"' for name, value in fields.items())


@cache
def from_config() -> WeChatPay:
    """The client that the configuration describes. Raises ValueError or TypeError on bad keys."""
    ours = config()
    private_key = load_pem_private_key(
        ours.wechat_private_key.get_secret_value().encode(), password=None
    )
    public_key = load_pem_public_key(ours.wechat_public_key.encode())
    if not isinstance(private_key, RSAPrivateKey) or not isinstance(public_key, RSAPublicKey):
        raise TypeError("WeChat Pay works with RSA keys")
    client = WeChatPay(
        url=ours.wechat_url,
        merchant_id=ours.wechat_merchant_id,
        app_id=ours.wechat_app_id,
        serial=ours.wechat_serial,
        private_key=private_key,
        api_v3_key=ours.wechat_api_v3_key.get_secret_value().encode(),
        public_key_id=ours.wechat_public_key_id,
        public_key=public_key,
    )
    atexit.register(client.http.close)
    return client


def _notify_url() -> str:
    return f"{settings.PUBLIC_ORIGIN}/notices/wechat"


def _expect(answer: httpx.Response, status: int) -> dict[str, Any]:
    if answer.status_code != status:
        raise CompanyUnreachable
    return dict(answer.json())
