from typing import Protocol

from django.conf import settings
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _

from shanhuo.kernel.errors import Refusal

_SENDERS = {
    "console": "shanhuo.people.sms.console.ConsoleSender",
    "aliyun": "shanhuo.people.sms.aliyun.AliyunSender",
    "tencent": "shanhuo.people.sms.tencent.TencentSender",
}


class SmsFailed(Refusal):
    code = "sms_failed"
    status = 503
    message = _("The text message could not be sent. Wait a minute and try again.")


class CodeSender(Protocol):
    """Sends a sign-in code; returns when the vendor has accepted it."""

    def send_code(self, *, phone: str, code: str) -> None:
        """phone: E.164. Raises SmsFailed; then the person has received nothing."""


def sender() -> CodeSender:
    """The sender named by `SHANHUO_SMS_BACKEND`, with its settings."""
    made: CodeSender = import_string(_SENDERS[settings.SMS["backend"]]).from_settings(settings.SMS)
    return made
