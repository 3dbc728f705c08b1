"""Money arrives: what a payment company told us becomes a paid order, or waits in suspense.

Nothing else makes an order paid. Who calls has verified the company's signature, or has asked the
company itself.
"""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import F, QuerySet

from shanhuo.goods import services as goods
from shanhuo.kernel import facts
from shanhuo.kernel.prepared import prepared
from shanhuo.kernel.rows import change, insert
from shanhuo.orders import ledger, sold
from shanhuo.orders.choices import RefundReason
from shanhuo.orders.events import OrderPaid
from shanhuo.orders.models import (
    JournalEntry,
    Notice,
    Order,
    OrderLine,
    Payment,
    SuspenseItem,
)
from shanhuo.orders.payment.port import OUR_CURRENCY, MoneyArrived
from shanhuo.orders.services.refunding import promise_back
from shanhuo.orders.transitions import move

Outcome = Notice.Outcome
Reason = SuspenseItem.Reason


@transaction.atomic
def take_payment(*, arrived: MoneyArrived, now: datetime) -> Outcome:
    """Apply a proved payment once, however often and in whatever order the company tells it."""
    found = _locked_payment(public_id=arrived.trade_no, company=arrived.company)
    outcome = _apply(found[0] if found else None, arrived, now=now)
    note_down(
        company=arrived.company,
        notice_id=arrived.notice_id,
        kind="paid",
        trade_no=arrived.trade_no,
        amount_fen=arrived.amount_fen,
        outcome=outcome,
        now=now,
    )
    return outcome


@prepared
def _locked_payment(public_id: str, company: str) -> QuerySet[Payment]:
    found = Payment.objects.filter(public_id=public_id, company=company)
    return found.select_for_update(no_key=True)


def note_down(
    *,
    company: str,
    notice_id: str,
    kind: str,
    trade_no: str,
    amount_fen: int,
    outcome: Outcome,
    now: datetime,
) -> None:
    """Keep a genuine notice and count its repetitions, in the caller's transaction."""
    notice = Notice(
        company=company,
        notice_id=notice_id,
        kind=kind,
        trade_no=trade_no[:64],
        amount_fen=amount_fen,
        received_at=now,
        outcome=outcome,
    )
    if not insert([notice], unless_there=True):
        known = Notice.objects.filter(company=company, notice_id=notice_id)
        known.update(times=F("times") + 1)


def _apply(payment: Payment | None, arrived: MoneyArrived, *, now: datetime) -> Outcome:
    if payment is None:
        return _put_aside(arrived, Reason.NO_ORDER, now=now)
    if payment.status == Payment.Status.PAID:
        if payment.transaction_id == arrived.transaction_id:
            return Outcome.REPEATED
        return _put_aside(arrived, Reason.PAID_TWICE, now=now)
    if arrived.currency != OUR_CURRENCY:
        return _put_aside(arrived, Reason.WRONG_CURRENCY, now=now)
    if arrived.amount_fen != payment.amount_fen:
        return _put_aside(arrived, Reason.WRONG_AMOUNT, now=now)
    _mark_paid(payment, arrived, now=now)
    return Outcome.APPLIED


def _mark_paid(payment: Payment, arrived: MoneyArrived, *, now: datetime) -> None:
    late = payment.status == Payment.Status.CLOSED
    paid = Payment.Status.PAID
    change([payment], status=paid, transaction_id=arrived.transaction_id, paid_at=now)
    orders = _orders(payment_id=payment.pk)
    _book(payment, now=now)
    lines = _lines(orders)
    if late:
        change(orders, paid_at=now)
    else:
        move(orders, to=Order.Status.PREPARING, now=now, paid_at=now)
    for order in orders:
        if late:
            promise_back(order=order, lines=lines[order.pk], reason=RefundReason.PAID_LATE, now=now)
        else:
            goods.take_held_stock(reference=order.public_id)
        fact = OrderPaid(
            **sold.header(order),
            lines=sold.whole(lines[order.pk]),
            paid_fen=order.total_fen,
            late=late,
        )
        facts.record(fact, now=now)


@prepared
def _orders(payment_id: int) -> QuerySet[Order]:
    """Merchants ascend, as everywhere that stock of several merchants is touched."""
    return Order.objects.filter(payment=payment_id).order_by("merchant_id").told()


def _lines(orders: Sequence[Order]) -> dict[int, list[OrderLine]]:
    by_order: dict[int, list[OrderLine]] = {order.pk: [] for order in orders}
    for line in _lines_of(order_ids=list(by_order)):
        by_order[line.order_id].append(line)
    return by_order


@prepared
def _lines_of(order_ids: Sequence[int]) -> QuerySet[OrderLine]:
    return OrderLine.objects.filter(order__in=order_ids).told().order_by("pk")


def _book(payment: Payment, *, now: datetime) -> None:
    ledger.post(
        key=f"paid:{payment.public_id}",
        kind=JournalEntry.Kind.PAID,
        moves=[
            ledger.Move(ledger.gateway(payment.company), ledger.HELD, payment.amount_fen),
        ],
        at=now,
    )


def _put_aside(arrived: MoneyArrived, reason: Reason, *, now: datetime) -> Outcome:
    """Money that fits nothing is kept where an operator sees it; once per transaction."""
    item, first_time = SuspenseItem.objects.get_or_create(
        company=arrived.company,
        transaction_id=arrived.transaction_id,
        defaults={
            "trade_no": arrived.trade_no[:64],
            "amount_fen": arrived.amount_fen,
            "currency": arrived.currency[:8],
            "reason": reason,
            "received_at": now,
        },
    )
    if not first_time:
        return Outcome.REPEATED
    if reason != Reason.WRONG_CURRENCY:
        ledger.post(
            key=f"suspense:{item.public_id}",
            kind=JournalEntry.Kind.SUSPENSE,
            moves=[
                ledger.Move(ledger.gateway(arrived.company), ledger.SUSPENSE, arrived.amount_fen),
            ],
            at=now,
        )
    return Outcome.SUSPENSE
