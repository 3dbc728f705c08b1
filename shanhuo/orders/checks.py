"""What must hold before a platform takes money."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register

from shanhuo.config import config
from shanhuo.orders.payment.companies import company, is_open


@register(deploy=True)
def money_is_real(**_kwargs: Any) -> list[CheckMessage]:
    """A production platform must not take the demo company's play money for real."""
    if config().payment_company != "demo" or settings.DEMO:
        return []
    return [
        Error(
            "The demo payment company moves no real money.",
            hint="Set SHANHUO_PAYMENT_COMPANY to wechat or alipay, with its keys.",
            id="orders.E001",
        )
    ]


@register(deploy=True)
def money_has_keys(**_kwargs: Any) -> list[CheckMessage]:
    """The chosen company's keys must be readable before the first buyer stands at the till."""
    name = config().payment_company
    if name == "demo":
        return []
    try:
        company(name)
        is_ready = is_open(name)
    except (ValueError, TypeError):
        is_ready = False
    if is_ready:
        return []
    hint = f"Set every SHANHUO_{name.upper()}_… that shanhuo/config.py names."
    return [Error("The keys of the payment company cannot be read.", hint=hint, id="orders.E002")]
