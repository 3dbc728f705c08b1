"""The company over HTTP: an API that merchants sign, and the page on which a buyer pays."""

import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from sqlite3 import Row
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from demopay import keys as keyfiles
from demopay import notices, pages
from demopay.signing import Unsigned, signed_headers, verify_request
from demopay.store import Conflict, Store, Unknown

LARGEST_BODY_BYTES = 64 * 1024
MARKUP = "text/html; charset=utf-8"
POLICY = (
    "default-src 'none'; style-src 'self'; form-action *; frame-ancestors 'none'; base-uri 'none'"
)


class BadRequest(Exception):
    """The body is not what the API describes."""


@dataclass(frozen=True, slots=True)
class Merchant:
    """Who may ask for payments: one shop with one app, known by its public key file."""

    merchant_id: str
    app_id: str
    public_key: Path


class Company(ThreadingHTTPServer):
    """A running payment company. `with` starts delivering notices; `serve_forever` answers."""

    daemon_threads = True

    def __init__(
        self,
        *,
        data_dir: Path,
        port: int,
        merchant: Merchant,
        time_scale: float,
        origin: str = "",
        clock: Callable[[], float] = time.time,
    ) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.merchant = merchant
        self.keys = keyfiles.load_or_make(data_dir, "company")
        self.store = Store(data_dir / "demopay.sqlite3", clock=clock)
        self.deliverer = notices.Deliverer(self.store, self.keys, time_scale=time_scale)
        self.origin = origin or f"http://127.0.0.1:{self.server_address[1]}"
        self.deliverer.start()

    def server_close(self) -> None:
        super().server_close()
        self.deliverer.stop()

    def known_keys(self) -> dict[str, Ed25519PublicKey]:
        """The merchant's key, read anew each time: the merchant may start after the company."""
        try:
            return {self.merchant.merchant_id: keyfiles.load_public(self.merchant.public_key)}
        except FileNotFoundError:
            return {}

    def tell(self, *, url: str, event: str, resource: dict[str, object]) -> None:
        """Queue a notice and wake the deliverer."""
        notices.queue(self.store, url=url, event=event, resource=resource)
        self.deliverer.wake.set()


def open_payment(company: Company, merchant_id: str, body: dict[str, object]) -> dict[str, object]:
    """POST /v1/payments"""
    amount = _part(body, "amount")
    payment = company.store.open_payment(
        {
            "merchant_id": merchant_id,
            "app_id": _text(body, "app_id"),
            "out_trade_no": _text(body, "out_trade_no"),
            "description": _text(body, "description"),
            "total": _fen(amount, "total"),
            "currency": _text(amount, "currency"),
            "notify_url": _address(body, "notify_url"),
            "return_url": _address(body, "return_url"),
            "expires_at": _moment(body, "expires_at"),
        }
    )
    return {"pay_url": f"{company.origin}/pay/{payment['token']}"}


def ask_payment(company: Company, merchant_id: str, out_trade_no: str) -> dict[str, object]:
    """GET /v1/payments/{out_trade_no}"""
    return _payment_view(company.store.payment(merchant_id, out_trade_no))


def close_payment(company: Company, merchant_id: str, out_trade_no: str) -> dict[str, object]:
    """POST /v1/payments/{out_trade_no}/close"""
    company.store.close(merchant_id, out_trade_no)
    return {"trade_state": "CLOSED"}


def open_refund(company: Company, merchant_id: str, body: dict[str, object]) -> dict[str, object]:
    """POST /v1/refunds"""
    refund, fresh = company.store.refund(
        {
            "merchant_id": merchant_id,
            "out_trade_no": _text(body, "out_trade_no"),
            "out_refund_no": _text(body, "out_refund_no"),
            "amount": _fen(_part(body, "amount"), "refund"),
            "reason": _text(body, "reason"),
            "notify_url": _address(body, "notify_url"),
        }
    )
    view = _refund_view(company, refund)
    if fresh:
        company.tell(url=refund["notify_url"], event="refund.done", resource=view)
    return view


def ask_refund(company: Company, merchant_id: str, out_refund_no: str) -> dict[str, object]:
    """GET /v1/refunds/{out_refund_no}"""
    return _refund_view(company, company.store.refund_of(merchant_id, out_refund_no))


WITH_BODY: dict[str, Callable[[Company, str, dict[str, object]], dict[str, object]]] = {
    "/v1/payments": open_payment,
    "/v1/refunds": open_refund,
}
ABOUT_ONE: list[tuple[str, re.Pattern[str], Callable[[Company, str, str], dict[str, object]]]] = [
    ("GET", re.compile(r"/v1/payments/([\w-]{1,64})"), ask_payment),
    ("POST", re.compile(r"/v1/payments/([\w-]{1,64})/close"), close_payment),
    ("GET", re.compile(r"/v1/refunds/([\w-]{1,64})"), ask_refund),
]
REFUSALS = {BadRequest: 400, Unsigned: 401, Unknown: 404, Conflict: 409}


class Handler(BaseHTTPRequestHandler):
    """Two kinds of visitor: merchants under /v1 with a signature, buyers under /pay with a link."""

    protocol_version = "HTTP/1.1"
    timeout = 20
    server: Company

    def do_GET(self) -> None:
        """Pages, the style sheet, and questions of the merchant."""
        if self.path == "/style.css":
            self._answer(200, pages.STYLE.encode(), "text/css; charset=utf-8")
        elif self.path == "/health":
            self._answer(200, b"ok", "text/plain")
        elif self.path.startswith("/pay/"):
            self._show_pay_page()
        else:
            self._api("GET")

    def do_POST(self) -> None:
        """The buyer's confirmation, and orders of the merchant."""
        if self.path.startswith("/pay/"):
            self._pay()
        else:
            self._api("POST")

    def log_message(self, format: str, *args: object) -> None:
        """Quiet: the notices and the books say what happened."""

    def _api(self, method: str) -> None:
        try:
            body = self._body()
            merchant_id = verify_request(
                self.headers.get("Authorization", ""),
                method=method,
                target=self.path,
                body=body,
                known=self.server.known_keys(),
            )
            status, answer = 200, self._dispatch(method, merchant_id, body)
        except tuple(REFUSALS) as refusal:
            status, answer = REFUSALS[type(refusal)], {"code": type(refusal).__name__}
        content = json.dumps(answer, ensure_ascii=False).encode()
        self._answer(
            status, content, "application/json", signed_headers(content, keys=self.server.keys)
        )

    def _dispatch(self, method: str, merchant_id: str, body: bytes) -> dict[str, object]:
        path = urlsplit(self.path).path
        if method == "POST" and path in WITH_BODY:
            return WITH_BODY[path](self.server, merchant_id, _json(body))
        for verb, pattern, act in ABOUT_ONE:
            match = pattern.fullmatch(path)
            if match and verb == method:
                return act(self.server, merchant_id, match[1])
        raise Unknown

    def _show_pay_page(self, status: int = 200) -> None:
        language = pages.language_of(self.headers.get("Accept-Language", ""))
        try:
            payment = self.server.store.payment_on_page(self.path.removeprefix("/pay/"))
        except Unknown:
            self._answer(404, pages.unknown_page(language=language).encode(), MARKUP)
            return
        still_open = (
            payment["state"] == "NOTPAY" and payment["expires_at"] >= self.server.store.clock()
        )
        page = pages.pay_page(payment, language=language, open_for_payment=still_open)
        self._answer(status, page.encode(), MARKUP)

    def _pay(self) -> None:
        try:
            self._body()
            payment, fresh = self.server.store.pay(self.path.removeprefix("/pay/"))
        except (BadRequest, Unknown, Conflict) as refusal:
            self._show_pay_page(status=REFUSALS[type(refusal)])
            return
        if fresh:
            self.server.tell(
                url=payment["notify_url"], event="payment.paid", resource=_payment_view(payment)
            )
        self._answer(303, b"", "text/plain", {"Location": payment["return_url"]})

    def _body(self) -> bytes:
        announced = self.headers.get("Content-Length") or "0"
        if (
            not announced.isascii()
            or not announced.isdigit()
            or int(announced) > LARGEST_BODY_BYTES
        ):
            self.close_connection = True
            raise BadRequest
        return self.rfile.read(int(announced))

    def _answer(
        self, status: int, content: bytes, kind: str, headers: dict[str, str] | None = None
    ) -> None:
        self.send_response(status)
        fixed = {
            "Content-Type": kind,
            "Content-Security-Policy": POLICY,
            "Cache-Control": "no-store",
        }
        for name, value in {**fixed, **(headers or {})}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


def _payment_view(payment: Row) -> dict[str, object]:
    return {
        "merchant_id": payment["merchant_id"],
        "app_id": payment["app_id"],
        "out_trade_no": payment["out_trade_no"],
        "transaction_id": payment["transaction_id"],
        "trade_state": payment["state"],
        "amount": {"total": payment["total"], "currency": payment["currency"]},
        "success_time": _iso(payment["paid_at"]),
    }


def _refund_view(company: Company, refund: Row) -> dict[str, object]:
    payment = company.store.payment(refund["merchant_id"], refund["out_trade_no"])
    return {
        "merchant_id": refund["merchant_id"],
        "app_id": payment["app_id"],
        "out_trade_no": refund["out_trade_no"],
        "transaction_id": payment["transaction_id"],
        "out_refund_no": refund["out_refund_no"],
        "refund_id": refund["refund_id"],
        "refund_status": "SUCCESS",
        "amount": {
            "refund": refund["amount"], "total": payment["total"], "currency": payment["currency"]
        },
        "success_time": _iso(refund["done_at"]),
    }  # fmt: skip


def _iso(moment: float | None) -> str | None:
    return None if moment is None else datetime.fromtimestamp(moment, UTC).isoformat()


def _json(body: bytes) -> dict[str, object]:
    try:
        value = json.loads(body)
    except ValueError as error:
        raise BadRequest from error
    if not isinstance(value, dict):
        raise BadRequest
    return value


def _part(body: dict[str, object], name: str) -> dict[str, object]:
    value = body.get(name)
    if not isinstance(value, dict):
        raise BadRequest
    return value


def _text(body: dict[str, object], name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not 1 <= len(value) <= 512:
        raise BadRequest
    return value


def _address(body: dict[str, object], name: str) -> str:
    value = _text(body, name)
    if not value.startswith(("http://", "https://")):
        raise BadRequest
    return value


def _fen(body: dict[str, object], name: str) -> int:
    value = body.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= 10**12:
        raise BadRequest
    return value


def _moment(body: dict[str, object], name: str) -> float:
    try:
        return datetime.fromisoformat(_text(body, name)).timestamp()
    except ValueError as error:
        raise BadRequest from error
