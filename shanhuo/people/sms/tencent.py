"""Tencent Cloud `SendSms` (API 2021-01-11): one JSON post, signature TC3-HMAC-SHA256."""

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Self
from urllib.parse import urlsplit

import httpx

from shanhuo.kernel import clock
from shanhuo.people.sms.port import SmsFailed

ALGORITHM = "TC3-HMAC-SHA256"
SERVICE = "sms"
SIGNED_HEADERS = "content-type;host"
CONTENT_TYPE = "application/json; charset=utf-8"
TIMEOUT_SECONDS = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class TencentSender:
    key_id: str
    key_secret: str
    app_id: str
    sign_name: str
    template: str
    endpoint: str = "https://sms.tencentcloudapi.com"
    region: str = "ap-guangzhou"

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any]) -> Self:
        return cls(
            key_id=settings["key_id"],
            key_secret=settings["key_secret"],
            app_id=settings["app_id"],
            sign_name=settings["sign_name"],
            template=settings["template"],
            endpoint=settings["endpoint"] or "https://sms.tencentcloudapi.com",
        )

    def send_code(self, *, phone: str, code: str) -> None:
        body = json.dumps(
            {
                "PhoneNumberSet": [phone],
                "SmsSdkAppId": self.app_id,
                "SignName": self.sign_name,
                "TemplateId": self.template,
                "TemplateParamSet": [code],
            }
        )
        try:
            answer = httpx.post(
                self.endpoint,
                content=body.encode(),
                headers=self._signed_headers(body),
                timeout=TIMEOUT_SECONDS,
            )
            statuses = answer.json()["Response"]["SendStatusSet"]
            accepted = [status["Code"] for status in statuses] == ["Ok"]
        except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
            raise SmsFailed from error
        if not accepted:
            raise SmsFailed

    def _signed_headers(self, body: str) -> dict[str, str]:
        host = urlsplit(self.endpoint).netloc
        at = clock.now()
        signature = sign(self.key_secret, host=host, body=body, at=at)
        scope = f"{at.astimezone(UTC):%Y-%m-%d}/{SERVICE}/tc3_request"
        return {
            "authorization": (
                f"{ALGORITHM} Credential={self.key_id}/{scope}, "
                f"SignedHeaders={SIGNED_HEADERS}, Signature={signature}"
            ),
            "content-type": CONTENT_TYPE,
            "host": host,
            "x-tc-action": "SendSms",
            "x-tc-region": self.region,
            "x-tc-timestamp": str(int(at.timestamp())),
            "x-tc-version": "2021-01-11",
        }


def sign(key_secret: str, *, host: str, body: str, at: datetime) -> str:
    """Hex HMAC over the canonical request (a JSON post to `/`), with the key of that UTC day."""
    day = f"{at.astimezone(UTC):%Y-%m-%d}"
    canonical = "\n".join(
        [
            "POST",
            "/",
            "",
            f"content-type:{CONTENT_TYPE}\nhost:{host}\n",
            SIGNED_HEADERS,
            hashlib.sha256(body.encode()).hexdigest(),
        ]
    )
    text = "\n".join(
        [
            ALGORITHM,
            str(int(at.timestamp())),
            f"{day}/{SERVICE}/tc3_request",
            hashlib.sha256(canonical.encode()).hexdigest(),
        ]
    )
    key = f"TC3{key_secret}".encode()
    for part in (day, SERVICE, "tc3_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
