"""The demo payment company's client. Its protocol is described in demopay/README.md.

The keys of both sides lie in one folder: the company writes `company.pub.pem`, we write
`merchant.pub.pem`; each reads the other's. Nothing is fetched over the network to check a notice.
"""

import atexit
import secrets
from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, ClassVar

import httpx
import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)
from django.conf import settings

from shanhuo.config import config
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

SCHEME = "DEMOPAY-ED25519"
ANSWER_WITHIN_SECONDS = 5.0


class Amount(msgspec.Struct):
    """Money in a notice: what was paid, and for a refund what goes back."""

    total: int
    currency: str
    refund: int = 0


class Resource(msgspec.Struct):
    """The payment or refund that a notice or an answer is about."""

    merchant_id: str
    app_id: str
    out_trade_no: str
    transaction_id: str
    amount: Amount
    trade_state: str = ""
    out_refund_no: str = ""
    refund_status: str = ""


class Envelope(msgspec.Struct):
    """A notice."""

    id: str
    event: str
    resource: Resource


class DemoCompany:
    """Speaks to the demo company, and believes only what its key has signed."""

    name: ClassVar[str] = "demo"
    accepted: ClassVar[str] = ""

    def __init__(self, *, url: str, folder: Path, merchant_id: str, app_id: str) -> None:
        self.merchant_id, self.app_id, self.folder = merchant_id, app_id, folder
        self.key = _our_key(folder)
        self.http = httpx.Client(base_url=url, timeout=ANSWER_WITHIN_SECONDS, trust_env=False)

    def hand_over(self, wish: PaymentWish) -> HandOver:
        answer = self._ask(
            "POST",
            "/v1/payments",
            {
                "app_id": self.app_id,
                "out_trade_no": wish.trade_no,
                "description": wish.description,
                "amount": {"total": wish.amount_fen, "currency": OUR_CURRENCY},
                "notify_url": f"{settings.PUBLIC_ORIGIN}/notices/demo",
                "return_url": wish.return_url,
                "expires_at": wish.expires_at.isoformat(),
            },
        )
        return HandOver(str(_expect(answer, 200)["pay_url"]), as_code=False)

    def read_notice(self, *, headers: Mapping[str, str], body: bytes, now: datetime) -> Told | None:
        self._verify(headers, body, now=now)
        try:
            envelope = msgspec.json.decode(body, type=Envelope)
        except msgspec.MsgspecError as odd:
            raise NoticeRefused from odd
        resource = envelope.resource
        if (resource.merchant_id, resource.app_id) != (self.merchant_id, self.app_id):
            raise NoticeRefused
        if envelope.event == "payment.paid":
            return self._arrived(resource, notice_id=envelope.id)
        if envelope.event == "refund.done":
            return MoneyReturned(
                company=self.name,
                notice_id=envelope.id,
                trade_no=resource.out_trade_no,
                refund_no=resource.out_refund_no,
                amount_fen=resource.amount.refund,
            )
        return None

    def ask_payment(self, trade_no: str) -> MoneyArrived | None:
        answer = self._ask("GET", f"/v1/payments/{trade_no}")
        if answer.status_code == 404:
            return None
        resource = msgspec.convert(_expect(answer, 200), Resource)
        if resource.trade_state != "SUCCESS":
            return None
        return self._arrived(resource, notice_id=f"asked:{resource.transaction_id}")

    def close(self, trade_no: str) -> bool:
        answer = self._ask("POST", f"/v1/payments/{trade_no}/close", {})
        if answer.status_code == 409:
            return False
        # An unknown payment cannot be paid either.
        return answer.status_code == 404 or bool(_expect(answer, 200))

    def refund(self, wish: RefundWish) -> bool:
        answer = self._ask(
            "POST",
            "/v1/refunds",
            {
                "out_trade_no": wish.trade_no,
                "out_refund_no": wish.refund_no,
                "amount": {
                    "refund": wish.amount_fen,
                    "total": wish.total_fen,
                    "currency": OUR_CURRENCY,
                },
                "reason": wish.reason,
                "notify_url": f"{settings.PUBLIC_ORIGIN}/notices/demo",
            },
        )
        return bool(_expect(answer, 200)["refund_status"] == "SUCCESS")

    def _arrived(self, resource: Resource, *, notice_id: str) -> MoneyArrived:
        return MoneyArrived(
            company=self.name,
            notice_id=notice_id,
            trade_no=resource.out_trade_no,
            transaction_id=resource.transaction_id,
            amount_fen=resource.amount.total,
            currency=resource.amount.currency,
        )

    def _verify(self, headers: Mapping[str, str], body: bytes, *, now: datetime) -> None:
        """The four headers vouch for the body. Raises NoticeRefused."""
        key = self._company_key()
        timestamp = headers.get("demopay-timestamp", "")
        require_fresh(timestamp, now=now)
        if key is None or headers.get("demopay-serial") != _serial_of(key):
            raise NoticeRefused
        nonce = headers.get("demopay-nonce", "")
        message = b"\n".join([timestamp.encode(), nonce.encode(), body, b""])
        try:
            key.verify(b64decode(headers.get("demopay-signature", ""), validate=True), message)
        except (InvalidSignature, NotBase64, ValueError) as forged:
            raise NoticeRefused from forged

    def _company_key(self) -> Ed25519PublicKey | None:
        path = self.folder / "company.pub.pem"
        return _public_key(path, path.stat().st_mtime_ns) if path.exists() else None

    def _ask(
        self, method: str, target: str, body: Mapping[str, Any] | None = None
    ) -> httpx.Response:
        """A signed request and its proved answer. Raises CompanyUnreachable."""
        content = b"" if body is None else msgspec.json.encode(body)
        try:
            answer = self.http.request(
                method,
                target,
                content=content,
                headers={"Authorization": self._authorization(method, target, content)},
            )
            self._verify(answer.headers, answer.content, now=datetime.now(UTC))
        except (httpx.HTTPError, NoticeRefused) as error:
            raise CompanyUnreachable from error
        return answer

    def _authorization(self, method: str, target: str, body: bytes) -> str:
        timestamp, nonce = str(int(datetime.now(UTC).timestamp())), secrets.token_hex(16)
        message = b"\n".join([f"{method}\n{target}\n{timestamp}\n{nonce}".encode(), body, b""])
        fields = {
            "merchant_id": self.merchant_id,
            "serial": _serial_of(self.key.public_key()),
            "timestamp": timestamp,
            "nonce": nonce,
            "signature": b64encode(self.key.sign(message)).decode(),
        }
        return f"{SCHEME} " + ",".join(f'{name}="{value}"' for name, value in fields.items())


@cache
def from_config() -> DemoCompany:
    """The client that the configuration describes; its lines are closed when the process ends."""
    ours = config()
    client = DemoCompany(
        url=ours.demopay_url,
        folder=ours.demopay_dir or settings.DATA_DIR / "demopay",
        merchant_id=ours.demopay_merchant_id,
        app_id=ours.demopay_app_id,
    )
    atexit.register(client.http.close)
    return client


def _expect(answer: httpx.Response, status: int) -> dict[str, Any]:
    if answer.status_code != status:
        raise CompanyUnreachable
    return dict(answer.json())


def _serial_of(key: Ed25519PublicKey) -> str:
    return sha256(key.public_bytes_raw()).hexdigest()[:20].upper()


@cache
def _public_key(path: Path, _changed_at_ns: int) -> Ed25519PublicKey:
    key = load_pem_public_key(path.read_bytes())
    if not isinstance(key, Ed25519PublicKey):
        raise TypeError(f"{path} is not an Ed25519 key")
    return key


def _our_key(folder: Path) -> Ed25519PrivateKey:
    """Our half, made at first use; the public part is put where the company looks for it.

    Two processes may start at once: the key appears under its name complete, or not at all, and
    the one that came second takes the first one's.
    """
    path = settings.PRIVATE_DIR / "payment" / "demo.key.pem"
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        _make_key(path)
    key = load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(key, Ed25519PrivateKey):
        raise TypeError(f"{path} is not an Ed25519 key")
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    published = folder / "merchant.pub.pem"
    if not published.exists() or published.read_bytes() != public:
        folder.mkdir(parents=True, exist_ok=True)
        published.write_bytes(public)
    return key


def _make_key(path: Path) -> None:
    secret = Ed25519PrivateKey.generate().private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    )
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    draft.touch(mode=0o600)
    draft.write_bytes(secret)
    try:
        path.hardlink_to(draft)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
