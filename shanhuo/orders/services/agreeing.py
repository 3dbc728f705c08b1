"""What passes between us and the payment companies: handing over, notices, asking back, sending."""

from collections.abc import Mapping
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from shanhuo.kernel.errors import Refusal
from shanhuo.orders import policy
from shanhuo.orders.models import Notice, Payment, Refund
from shanhuo.orders.payment.companies import company, is_open
from shanhuo.orders.payment.port import (
    CompanyUnreachable,
    HandOver,
    MoneyArrived,
    MoneyReturned,
    NoticeRefused,
    PaymentWish,
    RefundWish,
)
from shanhuo.orders.services.ending import release_if_unpaid
from shanhuo.orders.services.paying import note_down, take_payment
from shanhuo.orders.services.refunding import note_refund_sent


class PaymentOver(Refusal):
    code = "payment_over"
    message = _("This order is paid already, or its time has run out.")


def hand_over(
    *, payment: Payment, description: str, client_address: str, on_phone: bool, now: datetime
) -> HandOver:
    """Send the buyer to the payment company. Safe to call again.

    Raises PaymentOver or CompanyUnreachable; the order stays as it is.
    """
    if payment.status != Payment.Status.WAITING or payment.expires_at <= now:
        raise PaymentOver
    place = company(payment.company).hand_over(
        PaymentWish(
            trade_no=payment.public_id,
            amount_fen=payment.amount_fen,
            description=description,
            expires_at=payment.expires_at,
            return_url=f"{settings.PUBLIC_ORIGIN}/checkout/{payment.public_id}",
            client_address=client_address,
            on_phone=on_phone,
        )
    )
    Payment.objects.filter(pk=payment.pk, handed_over_at=None).update(handed_over_at=now)
    return place


def read_notice(
    *, company_name: str, headers: Mapping[str, str], body: bytes, now: datetime
) -> str:
    """Apply what a payment company sent us; returns what it wants to hear.

    Raises NoticeRefused; then nothing happened.
    """
    if not is_open(company_name):
        raise NoticeRefused
    sender = company(company_name)
    told = sender.read_notice(headers=headers, body=body, now=now)
    if isinstance(told, MoneyArrived):
        take_payment(arrived=told, now=now)
    elif isinstance(told, MoneyReturned):
        take_refund(returned=told, now=now)
    return sender.accepted


@transaction.atomic
def take_refund(*, returned: MoneyReturned, now: datetime) -> bool:
    """A refund has reached the buyer; False if we knew, or never asked for it."""
    fresh = note_refund_sent(refund_no=returned.refund_no, company=returned.company, now=now)
    note_down(
        company=returned.company,
        notice_id=returned.notice_id,
        kind="refunded",
        trade_no=returned.trade_no,
        amount_fen=returned.amount_fen,
        outcome=Notice.Outcome.APPLIED if fresh else Notice.Outcome.REPEATED,
        now=now,
    )
    return fresh


def ask_back(*, payment_id: int, now: datetime) -> bool:
    """Ask the company about a payment whose notice did not come; True if it is paid.

    Raises CompanyUnreachable.
    """
    payment = Payment.objects.get(pk=payment_id)
    Payment.objects.filter(pk=payment_id).update(asked_at=now)
    arrived = company(payment.company).ask_payment(payment.public_id)
    if arrived is not None:
        take_payment(arrived=arrived, now=now)
    return arrived is not None


def end_if_unpaid(*, payment_id: int, now: datetime) -> bool:
    """The hold is over: give the stock back, unless the buyer has just paid.

    A buyer who went to pay may have done it in the last second. So we ask the company first, and
    close the payment there; an unreachable company keeps the stock for some minutes more, and money
    that comes after that goes back by itself.
    """
    payment = Payment.objects.get(pk=payment_id)
    if payment.status == Payment.Status.WAITING and payment.handed_over_at is not None:
        try:
            if ask_back(payment_id=payment_id, now=now):
                return False
            if not company(payment.company).close(payment.public_id):
                return False
        except CompanyUnreachable:
            if now < payment.expires_at + policy.COMPANY_SILENT_FOR:
                return False
    return release_if_unpaid(payment_id=payment_id, now=now)


def send_refund(*, refund_id: int, now: datetime) -> bool:
    """Ask the company to send a promised refund; True if it is back. Safe to call again.

    Raises CompanyUnreachable.
    """
    refund = Refund.objects.select_related("payment", "suspense").get(pk=refund_id)
    total = refund.payment.amount_fen if refund.payment else refund.amount_fen
    done = company(refund.company).refund(
        RefundWish(
            refund_no=refund.public_id,
            trade_no=refund.trade_no,
            amount_fen=refund.amount_fen,
            total_fen=total,
            reason=str(refund.get_reason_display()),
        )
    )
    Refund.objects.filter(pk=refund_id, sent_at=None).update(sent_at=now)
    if done:
        note_refund_sent(refund_no=refund.public_id, company=refund.company, now=now)
    return done
