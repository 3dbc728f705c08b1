"""What the worker does for orders: find what is due, one service call each."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet

from shanhuo.kernel import clock, jobs
from shanhuo.orders import ledger, policy
from shanhuo.orders.models import HotClaim, HotSale, Order, Payment, Refund
from shanhuo.orders.payment.port import CompanyUnreachable
from shanhuo.orders.services import agreeing, coupons, hot, settling, shipping

AT_ONCE = 500
_log = logging.getLogger(__name__)


@jobs.every(timedelta(seconds=10))
@jobs.task()
def end_unpaid() -> int:
    """Checkouts whose hold is over."""
    now = clock.now()
    due = Payment.objects.filter(status=Payment.Status.WAITING, expires_at__lte=now)
    return _each(due.order_by("expires_at"), agreeing.end_if_unpaid, "payment_id", now)


@jobs.every(timedelta(seconds=15))
@jobs.task()
def ask_back() -> int:
    """Checkouts whose buyer went to pay and of which nobody told us: ask, at growing intervals."""
    now = clock.now()
    due = Payment.objects.filter(
        Q(asked_at=None) | Q(asked_at__lt=now - policy.ASK_BACK_AFTER),
        status=Payment.Status.WAITING,
        handed_over_at__lt=now - policy.ASK_BACK_AFTER,
    )
    return _each(due.order_by("handed_over_at"), agreeing.ask_back, "payment_id", now)


@jobs.every(timedelta(seconds=10))
@jobs.task()
def send_refunds() -> int:
    """Refunds that are promised and not back yet."""
    now = clock.now()
    due = Refund.objects.filter(status=Refund.Status.WANTED)
    return _each(due.order_by("made_at"), agreeing.send_refund, "refund_id", now)


@jobs.every(timedelta(seconds=10))
@jobs.task()
def give_claims_back() -> int:
    """Units of hot sales that were kept and not ordered in time."""
    now = clock.now()
    due = HotClaim.objects.filter(status=HotClaim.Status.HELD, expires_at__lte=now)
    return _each(due.order_by("expires_at"), hot.give_claim_back, "claim_id", now)


@jobs.every(timedelta(minutes=1))
@jobs.task()
def end_hot_sales() -> int:
    """Hot sales that have closed."""
    now = clock.now()
    due = HotSale.objects.filter(ended_at=None, closes_at__lte=now)
    return _each(due.order_by("closes_at"), hot.end_hot_sale, "sale_id", now)


@jobs.every(timedelta(hours=1))
@jobs.task()
def receive_silently() -> int:
    """Orders that arrived long ago and whose buyer has not said so."""
    now = clock.now()
    due = Order.objects.filter(
        status=Order.Status.SHIPPED, shipped_at__lte=now - policy.receipt_after()
    )
    return _each(due.order_by("shipped_at"), shipping.receive, "order_id", now)


@jobs.every(timedelta(minutes=1))
@jobs.task()
def settle() -> int:
    """Orders whose time for objections is over."""
    now = clock.now()
    due = Order.objects.filter(
        status=Order.Status.DONE, settled_at=None, received_at__lte=now - policy.settle_after()
    )
    return _each(due.order_by("received_at"), settling.settle_order, "order_id", now)


@jobs.every(timedelta(days=1))
@jobs.task()
def forget_who_took_coupons() -> int:
    """The marks of telephones in batches that are over."""
    return coupons.forget_persons(now=clock.now())


@jobs.every(timedelta(days=1))
@jobs.task()
def check_ledger() -> int:
    """Every night: the equations of the books. An equation that fails is an error in the log."""
    findings = ledger.check()
    for finding in findings:
        _log.error(
            "ledger: %s: expected %s fen, found %s fen",
            finding.equation,
            finding.expected_fen,
            finding.found_fen,
        )
    return len(findings)


def _each(rows: QuerySet[Any], act: Callable[..., bool], id_name: str, now: datetime) -> int:
    """Act on each row by itself: one that fails does not keep the others waiting."""
    done = 0
    for pk in rows.values_list("pk", flat=True)[:AT_ONCE]:
        try:
            done += act(**{id_name: pk}, now=now)
        except CompanyUnreachable:
            _log.warning("payment company unreachable: %s=%s", id_name, pk)
    return done
