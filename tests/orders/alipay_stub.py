"""A server that speaks Alipay's OpenAPI and verifies our RSA2 signature on every request."""

import json
from base64 import b64decode, b64encode
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256

from shanhuo.kernel import clock

MOMENT = "%Y-%m-%d %H:%M:%S"
APP, SELLER = "2021000000000001", "2088000000000001"
PAY_PAGES = {
    "alipay.trade.page.pay": "FAST_INSTANT_TRADE_PAY",
    "alipay.trade.wap.pay": "QUICK_WAP_WAY",
}
NOT_THERE = {"code": "40004", "msg": "Business Failed", "sub_code": "ACQ.TRADE_NOT_EXIST"}
OUT_OF_STEP = {"code": "40004", "msg": "Business Failed", "sub_code": "ACQ.TRADE_STATUS_ERROR"}
DONE = {"code": "10000", "msg": "Success"}


class AlipayStub(ThreadingHTTPServer):
    """Payments and refunds in memory. Opening the pay page makes a trade; `pay` is the buyer."""

    daemon_threads = True

    def __init__(self, *, key: RSAPrivateKey, merchant_key: RSAPublicKey) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.key, self.merchant_key = key, merchant_key
        self.trades: dict[str, dict[str, str]] = {}
        self.refunds: dict[tuple[str, str], str] = {}
        self.now = clock.now

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/gateway.do"

    def pay(self, trade_no: str) -> None:
        self.trades[trade_no] |= {"trade_status": "TRADE_SUCCESS", "trade_no": f"2026{trade_no}"}

    def proof(self, content: str) -> str:
        return b64encode(self.key.sign(content.encode(), PKCS1v15(), SHA256())).decode()

    def notice(self, **fields: str) -> bytes:
        """The body of a notice of ¥79.60, with `fields` changed or, by "", left out."""
        told = {
            "notify_time": f"{self.now().astimezone(clock.SHANGHAI):{MOMENT}}",
            "notify_type": "trade_status_sync",
            "notify_id": "n1",
            "app_id": APP,
            "charset": "utf-8",
            "version": "1.0",
            "trade_no": "2026x",
            "out_trade_no": "0123456789abcdef",
            "trade_status": "TRADE_SUCCESS",
            "total_amount": "79.60",
            "subject": "巫山脆李 5 斤装",
            "seller_id": SELLER,
            **fields,
        }
        told = {name: value for name, value in told.items() if value}
        content = "&".join(f"{name}={told[name]}" for name in sorted(told))
        return urlencode({**told, "sign_type": "RSA2", "sign": self.proof(content)}).encode()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: AlipayStub

    def do_GET(self) -> None:
        self._serve({})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self._serve(dict(parse_qsl(body.decode())))

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def _serve(self, body: dict[str, str]) -> None:
        fields = dict(parse_qsl(urlsplit(self.path).query)) | body
        method = fields.get("method", "")
        if not self._is_signed(dict(fields)):
            self._answer(method, {"code": "40002", "sub_code": "isv.invalid-signature"})
            return
        content = json.loads(fields["biz_content"])
        if method in PAY_PAGES:
            self._open(content, wanted=PAY_PAGES[method])
        else:
            self._answer(method, self._act(method, content))

    def _is_signed(self, fields: dict[str, str]) -> bool:
        signature = b64decode(fields.pop("sign", ""))
        content = "&".join(f"{name}={fields[name]}" for name in sorted(fields) if fields[name])
        try:
            self.server.merchant_key.verify(signature, content.encode(), PKCS1v15(), SHA256())
        except InvalidSignature:
            return False
        sent = datetime.strptime(fields["timestamp"], MOMENT).replace(tzinfo=clock.SHANGHAI)
        is_fresh = abs(self.server.now() - sent) < timedelta(minutes=15)
        return is_fresh and (fields["app_id"], fields["sign_type"]) == (APP, "RSA2")

    def _open(self, order: dict[str, str], *, wanted: str) -> None:
        """The buyer's browser stands on the pay page."""
        assert order["product_code"] == wanted
        assert not set("/=&") & set(order["subject"])
        trade = {"out_trade_no": order["out_trade_no"], "trade_status": "WAIT_BUYER_PAY"}
        self.server.trades[order["out_trade_no"]] = trade | {"total_amount": order["total_amount"]}
        self._send("text/html", "收银台")

    def _act(self, method: str, content: dict[str, str]) -> dict[str, str]:
        trade = self.server.trades.get(content["out_trade_no"])
        if trade is None:
            return NOT_THERE
        if method == "alipay.trade.query":
            return DONE | trade
        if method == "alipay.trade.close":
            return self._close(trade)
        refund = (content["out_trade_no"], content["out_request_no"])
        if method == "alipay.trade.fastpay.refund.query":
            is_back = refund in self.server.refunds
            return DONE | ({"refund_status": "REFUND_SUCCESS"} if is_back else {})
        return self._refund(trade, refund, content["refund_amount"])

    def _close(self, trade: dict[str, str]) -> dict[str, str]:
        if trade["trade_status"] != "WAIT_BUYER_PAY":
            return OUT_OF_STEP
        trade["trade_status"] = "TRADE_CLOSED"
        return DONE

    def _refund(
        self, trade: dict[str, str], refund: tuple[str, str], amount: str
    ) -> dict[str, str]:
        if trade["trade_status"] != "TRADE_SUCCESS":
            return OUT_OF_STEP
        changed = "N" if refund in self.server.refunds else "Y"
        self.server.refunds.setdefault(refund, amount)
        return DONE | {"fund_change": changed, "refund_fee": amount}

    def _answer(self, method: str, inner: dict[str, str]) -> None:
        """As Alipay writes it: the signature is over the characters of the inner object."""
        text = json.dumps(inner, ensure_ascii=False).replace("/", "\\/")
        name = f"{method.replace('.', '_')}_response"
        self._send("application/json", f'{{"{name}":{text},"sign":"{self.server.proof(text)}"}}')

    def _send(self, kind: str, text: str) -> None:
        body = text.encode()
        self.send_response(200)
        self.send_header("Content-Type", f"{kind};charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
