"""The vendors' senders over real HTTP, against stubs that check signatures as the vendors do."""

import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, quote, urlsplit

import pytest

from shanhuo.people import sms
from shanhuo.people.sms.aliyun import AliyunSender
from shanhuo.people.sms.console import ConsoleSender
from shanhuo.people.sms.tencent import TencentSender

KEY_ID, KEY_SECRET = "AKID-test", "a-secret-of-the-test"
PHONE = "+8613800138000"


class Vendor:
    """A stub vendor: `received` holds accepted messages, `answer` replaces the honest answer."""

    def __init__(self) -> None:
        self.received: list[dict] = []
        self.refused: list[str] = []
        self.answer: tuple[int, bytes] | None = None


@pytest.fixture
def vendor_at() -> Iterator:
    servers = []

    def open_vendor(judge):
        vendor = Vendor()

        class Door(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                status, content = vendor.answer or judge(vendor, self.path, self.headers, body)
                self.send_response(status)
                self.send_header("content-length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_args) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
        servers.append(server)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return vendor, f"http://127.0.0.1:{server.server_port}"

    yield open_vendor
    for server in servers:
        server.shutdown()
        server.server_close()


def hmac_hex(key: bytes, text: str) -> str:
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


def sha_hex(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def aliyun(vendor, path, headers, body):
    """As documented for ACS3-HMAC-SHA256, written apart from our sender."""
    parts = urlsplit(path)
    query = sorted(parse_qsl(parts.query))
    scheme, _, rest = headers["authorization"].partition(" ")
    fields = dict(part.split("=", 1) for part in rest.split(","))
    signed = fields["SignedHeaders"].split(";")
    canonical = "\n".join(
        [
            "POST",
            parts.path,
            "&".join(f"{quote(k, safe='-_.~')}={quote(v, safe='-_.~')}" for k, v in query),
            "".join(f"{name}:{headers[name]}\n" for name in signed),
            ";".join(signed),
            sha_hex(body),
        ]
    )
    wanted = hmac_hex(KEY_SECRET.encode(), f"ACS3-HMAC-SHA256\n{sha_hex(canonical.encode())}")
    honest = (
        scheme == "ACS3-HMAC-SHA256"
        and fields["Credential"] == KEY_ID
        and hmac.compare_digest(fields["Signature"], wanted)
        and headers["x-acs-content-sha256"] == sha_hex(body)
        and {"host", "x-acs-date", "x-acs-action"} <= set(signed)
    )
    if not honest:
        vendor.refused.append(path)
        return 400, b'{"Code": "SignatureDoesNotMatch"}'
    vendor.received.append(dict(query) | {"action": headers["x-acs-action"]})
    return 200, b'{"Code": "OK", "BizId": "1"}'


def tencent(vendor, path, headers, body):
    """As documented for TC3-HMAC-SHA256, written apart from our sender."""
    at = int(headers["x-tc-timestamp"])
    day = datetime.fromtimestamp(at, tz=UTC).strftime("%Y-%m-%d")
    canonical = (
        f"POST\n/\n\ncontent-type:{headers['content-type']}\nhost:{headers['host']}\n\n"
        f"content-type;host\n{sha_hex(body)}"
    )
    text = f"TC3-HMAC-SHA256\n{at}\n{day}/sms/tc3_request\n{sha_hex(canonical.encode())}"
    key = b"TC3" + KEY_SECRET.encode()
    for step in (day, "sms", "tc3_request"):
        key = hmac.new(key, step.encode(), hashlib.sha256).digest()
    wanted = (
        f"TC3-HMAC-SHA256 Credential={KEY_ID}/{day}/sms/tc3_request, "
        f"SignedHeaders=content-type;host, Signature={hmac_hex(key, text)}"
    )
    if not hmac.compare_digest(headers["authorization"], wanted):
        vendor.refused.append(path)
        error = {"Error": {"Code": "AuthFailure.SignatureFailure"}}
        return 200, json.dumps({"Response": error}).encode()
    vendor.received.append(json.loads(body))
    return 200, json.dumps({"Response": {"SendStatusSet": [{"Code": "Ok"}]}}).encode()


def aliyun_sender(endpoint, secret=KEY_SECRET):
    return AliyunSender(
        key_id=KEY_ID,
        key_secret=secret,
        sign_name="山货平台 测试+*~",
        template="SMS_1",
        endpoint=endpoint,
    )


def tencent_sender(endpoint, secret=KEY_SECRET):
    return TencentSender(
        key_id=KEY_ID,
        key_secret=secret,
        app_id="1400000000",
        sign_name="山货",
        template="1",
        endpoint=endpoint,
    )


VENDORS = [(aliyun, aliyun_sender), (tencent, tencent_sender)]


def test_aliyun_accepts_our_signature_and_reads_the_message(vendor_at):
    vendor, endpoint = vendor_at(aliyun)
    aliyun_sender(endpoint).send_code(phone=PHONE, code="012345")
    assert vendor.received == [
        {
            "PhoneNumbers": "13800138000",
            "SignName": "山货平台 测试+*~",
            "TemplateCode": "SMS_1",
            "TemplateParam": '{"code": "012345"}',
            "action": "SendSms",
        }
    ]


def test_tencent_accepts_our_signature_and_reads_the_message(vendor_at):
    vendor, endpoint = vendor_at(tencent)
    tencent_sender(endpoint).send_code(phone=PHONE, code="012345")
    [message] = vendor.received
    assert message["PhoneNumberSet"] == [PHONE]
    assert message["TemplateParamSet"] == ["012345"]


@pytest.mark.parametrize(("judge", "make"), VENDORS)
def test_a_wrong_secret_is_refused_by_the_vendor_and_told(vendor_at, judge, make):
    vendor, endpoint = vendor_at(judge)
    with pytest.raises(sms.SmsFailed):
        make(endpoint, secret="another").send_code(phone=PHONE, code="012345")
    assert (vendor.received, len(vendor.refused)) == ([], 1)


@pytest.mark.parametrize(("judge", "make"), VENDORS)
@pytest.mark.parametrize(
    "answer",
    [
        (500, b""),
        (200, b"<html>"),
        (200, b"[]"),
        (200, b'{"Code": "isv.BUSINESS_LIMIT_CONTROL"}'),
        (200, b'{"Response": {"SendStatusSet": [{"Code": "LimitExceeded"}]}}'),
        (200, b'{"Response": {"SendStatusSet": []}}'),
    ],
)
def test_what_is_no_yes_is_a_no(vendor_at, judge, make, answer):
    vendor, endpoint = vendor_at(judge)
    vendor.answer = answer
    with pytest.raises(sms.SmsFailed):
        make(endpoint).send_code(phone=PHONE, code="012345")


@pytest.mark.parametrize(("judge", "make"), VENDORS)
def test_a_vendor_that_is_not_there_is_told(judge, make):
    with pytest.raises(sms.SmsFailed):
        make("http://127.0.0.1:9").send_code(phone=PHONE, code="012345")


@pytest.mark.parametrize(
    ("backend", "made"),
    [("console", ConsoleSender), ("aliyun", AliyunSender), ("tencent", TencentSender)],
)
def test_the_operator_chooses_the_sender(settings, backend, made):
    settings.SMS = {**settings.SMS, "backend": backend}
    assert isinstance(sms.sender(), made)
