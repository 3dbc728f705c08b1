"""What must hold before a platform takes money."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register

from shanhuo.config import config


@register(deploy=True)
def money_is_real(**_kwargs: Any) -> list[CheckMessage]:
    """A production platform must not take the demo company's play money for real."""
    if config().payment_company != "demo" or settings.DEMO:
        return []
    return [
        Error(
            "The demo payment company moves no real money.",
            hint="Set SHANHUO_PAYMENT_COMPANY=wechat and its SHANHUO_WECHAT_… keys.",
            id="orders.E001",
        )
    ]
