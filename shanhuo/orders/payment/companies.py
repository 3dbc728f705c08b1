"""Which payment companies this platform works with."""

from collections.abc import Callable

from django.conf import settings

from shanhuo.config import config
from shanhuo.orders.payment import alipay, demo, wechat
from shanhuo.orders.payment.port import PaymentCompany

_COMPANIES: dict[str, Callable[[], PaymentCompany]] = {
    demo.DemoCompany.name: demo.from_config,
    wechat.WeChatPay.name: wechat.from_config,
    alipay.Alipay.name: alipay.from_config,
}


def company(name: str) -> PaymentCompany:
    """The client of a company that a payment names. Raises KeyError for an unknown one."""
    return _COMPANIES[name]()


def is_open(name: str) -> bool:
    """Whether notices of this company are listened to.

    The demo company never is on a production platform: its money is not real.
    """
    ours = config()
    return {
        demo.DemoCompany.name: bool(settings.DEMO or settings.DEBUG),
        wechat.WeChatPay.name: bool(ours.wechat_merchant_id),
        alipay.Alipay.name: bool(ours.alipay_app_id),
    }.get(name, False)
