"""Aliyun Dysms `SendSms` (API 2017-05-25): one signed post, ACS3-HMAC-SHA256."""

import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import quote, urlsplit

import httpx

from shanhuo.kernel import clock
from shanhuo.people import phones
from shanhuo.people.sms.port import SmsFailed

ALGORITHM = "ACS3-HMAC-SHA256"
TIMEOUT_SECONDS = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class AliyunSender:
    key_id: str
    key_secret: str
    sign_name: str
    template: str
    endpoint: str = "https://dysmsapi.aliyuncs.com"

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any]) -> Self:
        return cls(
            key_id=settings["key_id"],
            key_secret=settings["key_secret"],
            sign_name=settings["sign_name"],
            template=settings["template"],
            endpoint=settings["endpoint"] or "https://dysmsapi.aliyuncs.com",
        )

    def send_code(self, *, phone: str, code: str) -> None:
        query = {
            "PhoneNumbers": phones.local(phone).removeprefix("+"),
            "SignName": self.sign_name,
            "TemplateCode": self.template,
            "TemplateParam": json.dumps({"code": code}),
        }
        try:
            answer = httpx.post(
                f"{self.endpoint}/?{canonical_query(query)}",
                headers=self._signed_headers(query),
                timeout=TIMEOUT_SECONDS,
            )
            accepted = answer.json()["Code"] == "OK"
        except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
            raise SmsFailed from error
        if not accepted:
            raise SmsFailed

    def _signed_headers(self, query: Mapping[str, str]) -> dict[str, str]:
        headers = {
            "host": urlsplit(self.endpoint).netloc,
            "x-acs-action": "SendSms",
            "x-acs-content-sha256": hashlib.sha256(b"").hexdigest(),
            "x-acs-date": clock.now().strftime("%Y-%m-%dT%H:%M:%SZ"),
            "x-acs-signature-nonce": secrets.token_hex(16),
            "x-acs-version": "2017-05-25",
        }
        signature = sign(self.key_secret, query=query, headers=headers)
        signed = ";".join(sorted(headers))
        headers["authorization"] = (
            f"{ALGORITHM} Credential={self.key_id},SignedHeaders={signed},Signature={signature}"
        )
        return headers


def canonical_query(query: Mapping[str, str]) -> str:
    """Sorted and percent-encoded as the signature wants it: `A-Za-z0-9-_.~` stay as they are."""
    return "&".join(f"{quote(k, safe='~')}={quote(query[k], safe='~')}" for k in sorted(query))


def sign(key_secret: str, *, query: Mapping[str, str], headers: Mapping[str, str]) -> str:
    """Hex HMAC over the canonical request (a post to `/` with an empty body)."""
    names = sorted(headers)
    canonical = "\n".join(
        [
            "POST",
            "/",
            canonical_query(query),
            "".join(f"{name}:{headers[name].strip()}\n" for name in names),
            ";".join(names),
            headers["x-acs-content-sha256"],
        ]
    )
    text = f"{ALGORITHM}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    return hmac.new(key_secret.encode(), text.encode(), hashlib.sha256).hexdigest()
