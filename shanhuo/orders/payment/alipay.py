"""Alipay (支付宝) OpenAPI with RSA2: phone and desktop payments, notices, query, close, refund.

The buyer is sent to a signed address, so nothing is agreed beforehand: Alipay knows a payment only
once its page was opened. Answers are signed over the very bytes of their inner object.
"""

import atexit
import json
import re
from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cache
from typing import Any, ClassVar
from urllib.parse import parse_qsl, urlencode

import httpx
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_private_key, load_der_public_key
from django.conf import settings

from shanhuo.config import config
from shanhuo.kernel import clock, money
from shanhuo.orders.payment.port import (
    OUR_CURRENCY,
    TOLERANCE_SECONDS,
    CompanyUnreachable,
    HandOver,
    MoneyArrived,
    MoneyReturned,
    NoticeRefused,
    PaymentWish,
    RefundWish,
    Told,
)

ANSWER_WITHIN_SECONDS = 5.0
REPEATED_FOR = timedelta(hours=26)
"""Alipay repeats a notice for 25 hours and does not say that `notify_time` moves with it. An older
one is a replay; a younger one replayed changes nothing, for a payment is applied once."""

MOST_FIELDS = 100
PAID = frozenset({"TRADE_SUCCESS", "TRADE_FINISHED"})
UNKNOWN = "ACQ.TRADE_NOT_EXIST"
OUT_OF_STEP = "ACQ.TRADE_STATUS_ERROR"
_MOMENT = "%Y-%m-%d %H:%M:%S"
_AMOUNT = re.compile(r"\d{1,9}\.\d{2}", re.ASCII)
_NOT_IN_A_SUBJECT = re.compile(r"[/=&\s]+")


class Alipay:
    """Speaks to Alipay, and believes only what its configured key has signed."""

    name: ClassVar[str] = "alipay"
    accepted: ClassVar[str] = "success"

    def __init__(
        self,
        *,
        url: str,
        app_id: str,
        seller_id: str,
        private_key: RSAPrivateKey,
        public_key: RSAPublicKey,
    ) -> None:
        self.url, self.app_id, self.seller_id = url, app_id, seller_id
        self.private_key, self.public_key = private_key, public_key
        self.http = httpx.Client(timeout=ANSWER_WITHIN_SECONDS, trust_env=False)

    def hand_over(self, wish: PaymentWish) -> HandOver:
        order = {
            "out_trade_no": wish.trade_no,
            "total_amount": money.yuan(wish.amount_fen),
            "subject": _NOT_IN_A_SUBJECT.sub(" ", wish.description).strip() or wish.trade_no,
            "product_code": "QUICK_WAP_WAY" if wish.on_phone else "FAST_INSTANT_TRADE_PAY",
            "time_expire": f"{wish.expires_at.astimezone(clock.SHANGHAI):{_MOMENT}}",
        }
        method = "alipay.trade.wap.pay" if wish.on_phone else "alipay.trade.page.pay"
        request = self._signed(
            method,
            order,
            notify_url=f"{settings.PUBLIC_ORIGIN}/notices/{self.name}",
            return_url=wish.return_url,
        )
        # WeChat's own browser does not open Alipay.
        return HandOver(
            f"{self.url}?{urlencode(request)}", as_code=False, closed_to="MicroMessenger"
        )

    def read_notice(self, *, headers: Mapping[str, str], body: bytes, now: datetime) -> Told | None:
        told = self._proved(body)
        if (told.get("app_id"), told.get("seller_id")) != (self.app_id, self.seller_id):
            raise NoticeRefused
        _require_recent(told.get("notify_time", ""), now=now)
        amount_fen = _fen(told.get("total_amount", ""))
        if told.get("refund_fee"):
            return self._returned(told)
        if told.get("trade_status") not in PAID:
            return None
        return self._arrived(told, amount_fen, notice_id=told.get("notify_id", ""))

    def ask_payment(self, trade_no: str) -> MoneyArrived | None:
        told = self._ask("alipay.trade.query", {"out_trade_no": trade_no})
        if told.get("sub_code") == UNKNOWN:
            return None
        _expect_success(told)
        if told.get("out_trade_no") != trade_no:
            raise CompanyUnreachable
        if told.get("trade_status") not in PAID:
            return None
        try:
            amount_fen = _fen(told.get("total_amount", ""))
            return self._arrived(told, amount_fen, notice_id=f"asked:{told.get('trade_no')}")
        except NoticeRefused as odd:
            raise CompanyUnreachable from odd

    def close(self, trade_no: str) -> bool:
        told = self._ask("alipay.trade.close", {"out_trade_no": trade_no})
        if told.get("sub_code") == UNKNOWN:
            return True
        if told.get("sub_code") == OUT_OF_STEP:
            # Paid, or closed before.
            return self.ask_payment(trade_no) is None
        _expect_success(told)
        return True

    def refund(self, wish: RefundWish) -> bool:
        told = self._ask(
            "alipay.trade.refund",
            {
                "out_trade_no": wish.trade_no,
                "out_request_no": wish.refund_no,
                "refund_amount": money.yuan(wish.amount_fen),
                "refund_reason": wish.reason,
            },
        )
        _expect_success(told)
        # "N" is also said of a refund that was made before.
        return told.get("fund_change") == "Y" or self._is_back(wish)

    def _is_back(self, wish: RefundWish) -> bool:
        asked = {"out_trade_no": wish.trade_no, "out_request_no": wish.refund_no}
        told = self._ask("alipay.trade.fastpay.refund.query", asked)
        _expect_success(told)
        return told.get("refund_status") == "REFUND_SUCCESS"

    def _arrived(self, told: Mapping[str, str], amount_fen: int, *, notice_id: str) -> MoneyArrived:
        if not (notice_id and told.get("out_trade_no") and told.get("trade_no")):
            raise NoticeRefused
        return MoneyArrived(
            company=self.name,
            notice_id=notice_id,
            trade_no=told["out_trade_no"],
            transaction_id=told["trade_no"],
            amount_fen=amount_fen,
            currency=OUR_CURRENCY,
        )

    def _returned(self, told: Mapping[str, str]) -> MoneyReturned | None:
        """`out_biz_no` is our refund; `refund_fee` is what has gone back of the payment so far."""
        if not told.get("out_biz_no"):
            return None
        return MoneyReturned(
            company=self.name,
            notice_id=told.get("notify_id", ""),
            trade_no=told.get("out_trade_no", ""),
            refund_no=told["out_biz_no"],
            amount_fen=_fen(told["refund_fee"]),
        )

    def _proved(self, body: bytes) -> dict[str, str]:
        """The fields of a notice that Alipay signed. Raises NoticeRefused."""
        try:
            pairs = parse_qsl(
                body.decode("ascii"),
                keep_blank_values=True,
                strict_parsing=True,
                errors="strict",
                max_num_fields=MOST_FIELDS,
            )
        except ValueError as odd:
            raise NoticeRefused from odd
        fields = dict(pairs)
        if len(fields) != len(pairs) or fields.pop("sign_type", "") != "RSA2":
            raise NoticeRefused
        self._verify(fields.pop("sign", ""), _sorted(fields))
        return fields

    def _verify(self, signature: str, content: str) -> None:
        """Raises NoticeRefused unless Alipay signed the content."""
        try:
            proof = b64decode(signature, validate=True)
            self.public_key.verify(proof, content.encode(), PKCS1v15(), SHA256())
        except (InvalidSignature, NotBase64, ValueError) as forged:
            raise NoticeRefused from forged

    def _signed(self, method: str, content: Mapping[str, str], **more: str) -> dict[str, str]:
        """A request with its signature."""
        fields = {
            "app_id": self.app_id,
            "method": method,
            "format": "JSON",
            "charset": "utf-8",
            "sign_type": "RSA2",
            "timestamp": f"{clock.now().astimezone(clock.SHANGHAI):{_MOMENT}}",
            "version": "1.0",
            "biz_content": json.dumps(content, ensure_ascii=False, separators=(",", ":")),
            **more,
        }
        proof = self.private_key.sign(_sorted(fields).encode(), PKCS1v15(), SHA256())
        return {**fields, "sign": b64encode(proof).decode()}

    def _ask(self, method: str, content: Mapping[str, str]) -> dict[str, Any]:
        """A signed request and its proved answer. Raises CompanyUnreachable."""
        fields = self._signed(method, content)
        body = {"biz_content": fields.pop("biz_content")}
        try:
            answer = self.http.post(self.url, params=fields, data=body)
            answer.raise_for_status()
            return self._inner(answer.text, f"{method.replace('.', '_')}_response")
        except (httpx.HTTPError, NoticeRefused, ValueError) as error:
            raise CompanyUnreachable from error

    def _inner(self, text: str, name: str) -> dict[str, Any]:
        """The object `name` of an answer, if the signature beside it vouches for its characters."""
        answer = json.loads(text)
        if not isinstance(answer, dict) or not isinstance(answer.get(name), dict):
            raise NoticeRefused
        start = text.index("{", text.index(f'"{name}"'))
        inner, end = json.JSONDecoder().raw_decode(text, start)
        self._verify(str(answer.get("sign", "")), text[start:end])
        return dict(inner)


@cache
def from_config() -> Alipay:
    """The client that the configuration describes. Raises ValueError or TypeError on bad keys."""
    ours = config()
    private_key = load_der_private_key(
        _der(ours.alipay_private_key.get_secret_value()), password=None
    )
    public_key = load_der_public_key(_der(ours.alipay_public_key))
    if not isinstance(private_key, RSAPrivateKey) or not isinstance(public_key, RSAPublicKey):
        raise TypeError("Alipay works with RSA keys")
    client = Alipay(
        url=ours.alipay_url,
        app_id=ours.alipay_app_id,
        seller_id=ours.alipay_seller_id,
        private_key=private_key,
        public_key=public_key,
    )
    atexit.register(client.http.close)
    return client


def _der(key: str) -> bytes:
    """A key as PEM, or as Alipay's own tool shows it: one line of Base64."""
    return b64decode(re.sub(r"-----[A-Z ]+-----|\s", "", key), validate=True)


def _sorted(fields: Mapping[str, str]) -> str:
    """What is signed: the fields by name, as they are before any percent-encoding."""
    return "&".join(f"{name}={fields[name]}" for name in sorted(fields))


def _require_recent(text: str, *, now: datetime) -> None:
    """Raises NoticeRefused for what comes from the future or from longer ago than repeats do."""
    try:
        sent = datetime.strptime(text, _MOMENT).replace(tzinfo=clock.SHANGHAI)
    except ValueError as odd:
        raise NoticeRefused from odd
    if not -timedelta(seconds=TOLERANCE_SECONDS) <= now - sent <= REPEATED_FOR:
        raise NoticeRefused


def _fen(yuan: str) -> int:
    """ "79.60" -> 7960. Raises NoticeRefused for anything else."""
    if not _AMOUNT.fullmatch(yuan):
        raise NoticeRefused
    return int(yuan.replace(".", ""))


def _expect_success(told: Mapping[str, Any]) -> None:
    if told.get("code") != "10000":
        raise CompanyUnreachable
