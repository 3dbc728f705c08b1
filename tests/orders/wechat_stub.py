"""A server that speaks WeChat Pay's API v3 and verifies our signature on every request."""

import json
import re
import secrets
import time
from base64 import b64decode, b64encode
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256

APP, MERCHANT, SERIAL, PUBLIC_KEY_ID = (
    "wx0000000000000001",
    "1900000001",
    "4F" * 20,
    "PUB_KEY_ID_01",
)
FIELD = re.compile(r'(\w+)="([^"]*)"')


class WeChatStub(ThreadingHTTPServer):
    """Payments and refunds in memory. `pay` is what the buyer's phone would do."""

    daemon_threads = True

    def __init__(
        self, *, key: RSAPrivateKey, merchant_key: RSAPublicKey, api_v3_key: bytes
    ) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.key, self.merchant_key, self.cipher = key, merchant_key, AESGCM(api_v3_key)
        self.trades: dict[str, dict[str, Any]] = {}
        self.refunds: dict[str, dict[str, Any]] = {}

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def pay(self, trade_no: str) -> None:
        self.trades[trade_no] |= {"trade_state": "SUCCESS", "transaction_id": f"42{trade_no}"}

    def signed(self, body: bytes, *, serial: str = PUBLIC_KEY_ID) -> dict[str, str]:
        """Headers that vouch for an answer or a notice."""
        timestamp, nonce = str(int(time.time())), secrets.token_hex(16)
        message = b"\n".join([timestamp.encode(), nonce.encode(), body, b""])
        return {
            "Wechatpay-Timestamp": timestamp,
            "Wechatpay-Nonce": nonce,
            "Wechatpay-Serial": serial,
            "Wechatpay-Signature": b64encode(self.key.sign(message, PKCS1v15(), SHA256())).decode(),
            "Wechatpay-Signature-Type": "WECHATPAY2-SHA256-RSA2048",
        }

    def notice(self, event: str, content: dict[str, Any]) -> tuple[dict[str, str], bytes]:
        """Headers and body of a notice whose contents are sealed with the API v3 key."""
        nonce, about = secrets.token_hex(6), "transaction"
        sealed = self.cipher.encrypt(nonce.encode(), json.dumps(content).encode(), about.encode())
        body = json.dumps(
            {
                "id": secrets.token_hex(16),
                "create_time": "2026-11-22T12:00:00+08:00",
                "resource_type": "encrypt-resource",
                "event_type": event,
                "summary": "支付成功",
                "resource": {
                    "original_type": about,
                    "algorithm": "AEAD_AES_256_GCM",
                    "ciphertext": b64encode(sealed).decode(),
                    "associated_data": about,
                    "nonce": nonce,
                },
            }
        ).encode()
        return self.signed(body), body


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: WeChatStub

    def do_GET(self) -> None:
        self._serve("GET")

    def do_POST(self) -> None:
        self._serve("POST")

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def _serve(self, method: str) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if not self._is_signed(method, body):
            self._answer(401, {"code": "SIGN_ERROR", "message": "错误的签名"})
            return
        status, content = self._act(method, json.loads(body) if body else {})
        self._answer(status, content)

    def _is_signed(self, method: str, body: bytes) -> bool:
        scheme, _, rest = self.headers.get("Authorization", "").partition(" ")
        fields = dict(FIELD.findall(rest))
        message = "\n".join(
            [method, self.path, fields.get("timestamp", ""), fields.get("nonce_str", "")]
        )
        try:
            self.server.merchant_key.verify(
                b64decode(fields.get("signature", "")),
                b"\n".join([message.encode(), body, b""]),
                PKCS1v15(),
                SHA256(),
            )
        except InvalidSignature:
            return False
        ours = (fields.get("mchid"), fields.get("serial_no")) == (MERCHANT, SERIAL)
        return scheme == "WECHATPAY2-SHA256-RSA2048" and ours

    def _act(self, method: str, body: dict[str, Any]) -> tuple[int, dict[str, Any] | None]:
        path = self.path.partition("?")[0]
        if method == "POST" and path in {"/v3/pay/transactions/native", "/v3/pay/transactions/h5"}:
            return 200, self._open(path, body)
        trade_no = re.fullmatch(r"/v3/pay/transactions/out-trade-no/(\w+)(/close)?", path)
        if trade_no:
            return self._trade(trade_no[1], closing=bool(trade_no[2]))
        if path == "/v3/refund/domestic/refunds":
            return self._refund(body)
        refund = self.server.refunds.get(path.rpartition("/")[2])
        return (200, refund) if refund else (404, {"code": "RESOURCE_NOT_EXISTS"})

    def _open(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        self.server.trades[body["out_trade_no"]] = {
            "mchid": body["mchid"],
            "appid": body["appid"],
            "out_trade_no": body["out_trade_no"],
            "trade_state": "NOTPAY",
            "amount": {**body["amount"], "payer_total": body["amount"]["total"]},
        }
        if path.endswith("native"):
            return {"code_url": f"weixin://wxpay/bizpayurl?pr={body['out_trade_no']}"}
        return {"h5_url": f"https://wx.tenpay.example/h5?prepay_id={body['out_trade_no']}"}

    def _trade(self, trade_no: str, *, closing: bool) -> tuple[int, dict[str, Any] | None]:
        trade = self.server.trades.get(trade_no)
        if trade is None:
            return 404, {"code": "ORDER_NOT_EXIST", "message": "订单不存在"}
        if not closing:
            return 200, trade
        if trade["trade_state"] == "SUCCESS":
            return 400, {"code": "ORDERPAID", "message": "订单已支付"}
        trade["trade_state"] = "CLOSED"
        return 204, None

    def _refund(self, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        refund = {**body, "status": "PROCESSING", "refund_id": f"50{body['out_refund_no']}"}
        return 200, self.server.refunds.setdefault(body["out_refund_no"], refund)

    def _answer(self, status: int, content: dict[str, Any] | None) -> None:
        body = b"" if content is None else json.dumps(content, ensure_ascii=False).encode()
        self.send_response(status)
        for name, value in self.server.signed(body).items():
            self.send_header(name, value)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
