"""What an operator may set: one typed object, read from the environment or from secret files.

Every field is `SHANHUO_<NAME>` in the environment, or a file of that name in `SHANHUO_SECRETS_DIR`.
"""

import os
from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, field_validator
from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings, SettingsConfigDict

INSECURE_KEY = "insecure-key-for-development-and-demo-only"


class Config(BaseSettings):
    """Defaults give a working development platform; production refuses the insecure ones."""

    model_config = SettingsConfigDict(
        env_prefix="SHANHUO_",
        extra="ignore",
    )

    secret_key: SecretStr = SecretStr(INSECURE_KEY)
    field_key: SecretStr = Field(
        default=SecretStr(INSECURE_KEY),
        description="One key, or several with commas: the first encrypts, all decrypt.",
    )
    hash_key: SecretStr = Field(
        default=SecretStr(""), description="Finds rows by number or name; empty: last field key."
    )
    debug: bool = False
    demo: bool = False
    data_dir: Path = Path("var")
    database_url: str = ""
    public_origin: str = "http://localhost:8000"
    allowed_hosts: list[str] = Field(default=["localhost", "127.0.0.1", "[::1]"])
    proxy_count: int = Field(default=0, ge=0, le=5)
    rtmp_host: str = Field(default="0.0.0.0", description="Where encoders may come from.")  # noqa: S104
    rtmp_port: int = Field(default=1935, ge=1, lt=32768, description="Of encoders (OBS).")
    rtmp_relays: list[str] = Field(
        default=["127.0.0.1", "::1"], description="Where an nginx-rtmp of ours may ask from."
    )
    rtmp_relay_secret: SecretStr = Field(
        default=SecretStr(""), description="What it shows when it asks; empty: nobody asks."
    )
    rooms_port: int = Field(
        default=0, ge=0, lt=32768, description="Of live rooms; 0: two above the port of the pages."
    )
    rooms_url: str = Field(
        default="", description="Where browsers find live rooms behind a proxy: wss://…/room"
    )
    rooms_sockets_per_address: int = Field(
        default=200, ge=1, description="More from one address only watch, without a socket."
    )
    redis_url: str = Field(default="", description="Optional; holds nothing that may not be lost.")
    map_approval_number: str = ""
    sms_backend: Literal["console", "aliyun", "tencent"] = "console"
    sms_key_id: str = ""
    sms_key_secret: SecretStr = SecretStr("")
    sms_app_id: str = ""
    sms_sign_name: str = ""
    sms_template: str = ""
    sms_endpoint: str = ""
    sms_countries: list[str] = Field(default=["86"], description="Calling codes that get codes.")
    sms_daily_cap: int = Field(default=5000, ge=1, description="Codes a day, whole site.")
    platform_fee_basis_points: int = Field(
        default=0, ge=0, le=3000, description="What the platform keeps of a price, at least."
    )
    job_lease_seconds: int = Field(
        default=30, ge=3, le=600, description="A dead worker's job runs again after this long."
    )
    # Shown in the footer, as the law asks of a public site; empty ones are left out.
    operator_name: str = ""
    icp_number: str = ""
    police_filing_number: str = ""
    business_licence_number: str = ""
    complaints_phone: str = ""
    ranker_weights: dict[str, float] = Field(
        default={"long_view": 1.0, "purchase_click": 3.0, "visit": 1.0},
        description="What an expected long view, purchase click and county visit are worth.",
    )
    supported_most: int = Field(
        default=3, ge=0, le=10, description="Of ten places, those that grants may fill at most."
    )
    hold_minutes: int = Field(default=15, ge=1, le=1440)
    auto_receipt_days: int = Field(default=10, ge=1, le=60)
    settle_after_days: int = Field(default=7, ge=0, le=60)
    payment_company: Literal["demo", "wechat", "alipay"] = "demo"
    # The lines of the payment companies: see docs/money.md and demopay/README.md.
    demopay_url: str = "http://127.0.0.1:8001"
    demopay_dir: Path | None = Field(default=None, description="Default: demopay in data_dir.")
    demopay_merchant_id: str = "shanhuo-demo"
    demopay_app_id: str = "shanhuo-web"
    wechat_url: str = "https://api.mch.weixin.qq.com"
    wechat_merchant_id: str = ""
    wechat_app_id: str = ""
    wechat_serial: str = Field(default="", description="Serial of our merchant certificate.")
    wechat_private_key: SecretStr = SecretStr("")
    wechat_api_v3_key: SecretStr = SecretStr("")
    wechat_public_key_id: str = Field(default="", description="PUB_KEY_ID_… of WeChat Pay.")
    wechat_public_key: str = Field(default="", description="WeChat Pay's public key, PEM.")
    alipay_url: str = "https://openapi.alipay.com/gateway.do"
    alipay_app_id: str = ""
    alipay_seller_id: str = Field(default="", description="Our Alipay account, 2088…")
    alipay_private_key: SecretStr = Field(default=SecretStr(""), description="PEM or Base64.")
    alipay_public_key: str = Field(default="", description="Alipay's public key, PEM or Base64.")

    @field_validator("database_url")
    @classmethod
    def _known_database(cls, url: str) -> str:
        if url and not url.startswith(("postgresql://", "postgres://")):
            raise PydanticCustomError(
                "database", "SQLite is the empty setting, PostgreSQL is postgresql://…"
            )
        return url

    @property
    def field_keys(self) -> list[str]:
        return [key.strip() for key in self.field_key.get_secret_value().split(",")]


@cache
def config() -> Config:
    """The configuration of this process; read once."""
    # The folder of secrets is asked for now: `--demo` names it after this module was imported.
    folder = os.environ.get("SHANHUO_SECRETS_DIR") or None
    return Config(_secrets_dir=folder)  # type: ignore[call-arg]
