"""Money is promised back, by line and unit, to the fen; a task then sends what is promised."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from shanhuo.goods import services as goods
from shanhuo.kernel import audit, facts
from shanhuo.kernel.errors import Refusal
from shanhuo.orders import ledger, sold
from shanhuo.orders.choices import RefundReason
from shanhuo.orders.events import OrderRefunded
from shanhuo.orders.models import (
    JournalEntry,
    Order,
    OrderLine,
    Payment,
    Refund,
    RefundLine,
    SuspenseItem,
)
from shanhuo.orders.services.coupons import give_coupon_back
from shanhuo.orders.services.settling import book_correction
from shanhuo.orders.transitions import WrongStatus, move

if TYPE_CHECKING:
    from shanhuo.people.models import User

S = Order.Status
PAID_AND_UNSENT = {S.PREPARING, S.PART_SHIPPED}
AFTER_SHIPPING = {S.PART_SHIPPED, S.SHIPPED, S.DONE}


class NothingToRefund(Refusal):
    code = "nothing_to_refund"
    message = _("These units were shipped or refunded already.")


@dataclass(frozen=True, slots=True)
class Share:
    """Units of one line that are refunded, and what they cost the buyer."""

    line: OrderLine
    quantity: int
    freight_fen: int
    coupon_fen: int

    @property
    def goods_fen(self) -> int:
        """After price cut and coupon."""
        return self.quantity * self.line.unit_paid_fen - self.coupon_fen

    @property
    def amount_fen(self) -> int:
        return self.goods_fen + self.freight_fen


@transaction.atomic
def refund_unshipped(
    *,
    order_id: int,
    now: datetime,
    reason: str,
    actor: "User | None",
    quantities: Mapping[int, int] | None = None,
) -> Refund:
    """Take units back that have not been shipped: goods and their share of the freight.

    quantities: order line id -> units; None means all that is left. When nothing stays open, the
    order is cancelled (or counts as shipped, if a parcel has gone).
    Raises WrongStatus or NothingToRefund.
    """
    order, lines = _lock(order_id)
    if order.status not in PAID_AND_UNSENT:
        raise WrongStatus
    wanted = quantities if quantities is not None else {x.pk: x.open_count for x in lines}
    shares = _shares(lines, wanted, available=lambda line: line.open_count, with_freight=True)
    for share in shares:
        share.line.cancelled_count += share.quantity
        share.line.save(update_fields=["cancelled_count"])
    refund = _promise(order, shares, lines, reason=reason, was_shipped=False, actor=actor, now=now)
    goods.put_back_taken_stock(
        reference=order.public_id, units={x.line.sku_id: x.quantity for x in shares}
    )
    if not any(line.open_count for line in lines):
        _close(order, lines, now=now, actor=actor)
    return refund


@transaction.atomic
def refund_shipped(
    *,
    order_id: int,
    now: datetime,
    reason: str,
    actor: "User | None",
    quantities: Mapping[int, int],
) -> Refund:
    """The seller gives back the price of units that were shipped; the freight has been used.

    After settlement every party returns its part. Raises WrongStatus or NothingToRefund.
    """
    order, lines = _lock(order_id)
    if order.status not in AFTER_SHIPPING:
        raise WrongStatus
    shares = _shares(
        lines,
        quantities,
        available=lambda line: line.shipped_count - line.returned_count,
        with_freight=False,
    )
    for share in shares:
        share.line.returned_count += share.quantity
        share.line.save(update_fields=["returned_count"])
    return _promise(order, shares, lines, reason=reason, was_shipped=True, actor=actor, now=now)


def promise_back(*, order: Order, lines: Sequence[OrderLine], reason: str, now: datetime) -> Refund:
    """All of an order that was paid too late: its stock was given back long ago."""
    shares = _shares(
        lines,
        {line.pk: line.quantity for line in lines},
        available=lambda line: line.open_count,
        with_freight=True,
    )
    for share in shares:
        share.line.cancelled_count += share.quantity
        share.line.save(update_fields=["cancelled_count"])
    return _promise(order, shares, lines, reason=reason, was_shipped=False, actor=None, now=now)


@transaction.atomic
def refund_suspense(*, item_id: int, actor: "User", now: datetime) -> Refund:
    """An operator sends money that belongs to no order back to where it came from.

    Raises NothingToRefund if that was done before, or if the money is not in our currency.
    """
    item = SuspenseItem.objects.select_for_update().get(pk=item_id)
    if item.resolved_at or item.reason == SuspenseItem.Reason.WRONG_CURRENCY:
        raise NothingToRefund
    item.resolved_at, item.resolved_by = now, actor
    item.save(update_fields=["resolved_at", "resolved_by"])
    refund = Refund.objects.create(
        suspense=item,
        company=item.company,
        trade_no=item.trade_no,
        amount_fen=item.amount_fen,
        reason=RefundReason.SUSPENSE,
        asked_by=actor,
        made_at=now,
    )
    move_ = ledger.Move(ledger.SUSPENSE, ledger.REFUNDS, refund.amount_fen)
    _book(refund, [move_], now=now)
    return refund


@transaction.atomic
def note_refund_sent(*, refund_no: str, company: str, now: datetime) -> bool:
    """The company says that the money is back; False if we knew, or never asked for it."""
    claimed = Refund.objects.filter(
        public_id=refund_no, company=company, status=Refund.Status.WANTED
    )
    if not claimed.update(status=Refund.Status.DONE, done_at=now):
        return False
    refund = Refund.objects.get(public_id=refund_no)
    ledger.post(
        key=f"sent:{refund.public_id}",
        kind=JournalEntry.Kind.REFUND_SENT,
        moves=[ledger.Move(ledger.REFUNDS, ledger.gateway(company), refund.amount_fen)],
        at=now,
        order=refund.order,
    )
    return True


def _lock(order_id: int) -> tuple[Order, list[OrderLine]]:
    """The payment, then the order: the order in which everybody locks them."""
    Payment.objects.select_for_update(no_key=True).get(orders=order_id)
    order = Order.objects.select_for_update(of=("self",), no_key=True).told().get(pk=order_id)
    return order, sold.lines_of(order)


def _shares(
    lines: Sequence[OrderLine],
    wanted: Mapping[int, int],
    *,
    available: Callable[[OrderLine], int],
    with_freight: bool,
) -> list[Share]:
    by_id = {line.pk: line for line in lines}
    shares = []
    for line_id, units in wanted.items():
        if not units:
            continue
        line = by_id.get(line_id)
        if line is None or not 1 <= units <= available(line):
            raise NothingToRefund
        freight = _freight_of(line, units) if with_freight else 0
        coupon = line.coupon_on(line.kept_count) - line.coupon_on(line.kept_count - units)
        shares.append(Share(line, units, freight, coupon))
    if not sum(share.amount_fen for share in shares):
        raise NothingToRefund
    return shares


def _freight_of(line: OrderLine, units: int) -> int:
    """Freight of the next `units` to be cancelled: whatever the portions, they sum to the whole."""

    def until(count: int) -> int:
        return line.freight_fen * count // line.quantity

    return until(line.cancelled_count + units) - until(line.cancelled_count)


def _promise(
    order: Order,
    shares: Sequence[Share],
    lines: Sequence[OrderLine],
    *,
    reason: str,
    was_shipped: bool,
    actor: "User | None",
    now: datetime,
) -> Refund:
    more = F("refunded_fen") + sum(share.amount_fen for share in shares)
    Order.objects.filter(pk=order.pk).update(refunded_fen=more)
    Payment.objects.filter(pk=order.payment_id).update(refunded_fen=more)
    refund = _refund(order, shares, reason=reason, was_shipped=was_shipped, actor=actor, now=now)
    if order.settled_at:
        units = {share.line: share.quantity for share in shares}
        book_correction(order=order, refund=refund, units=units, now=now)
    _book(refund, [ledger.Move(ledger.HELD, ledger.REFUNDS, refund.amount_fen)], now=now)
    _tell(order, refund, shares, lines, now=now)
    return refund


def _refund(
    order: Order,
    shares: Sequence[Share],
    *,
    reason: str,
    was_shipped: bool,
    actor: "User | None",
    now: datetime,
) -> Refund:
    refund = Refund.objects.create(
        payment=order.payment,
        order=order,
        company=order.payment.company,
        trade_no=order.payment.public_id,
        amount_fen=sum(share.amount_fen for share in shares),
        reason=reason,
        asked_by=actor,
        made_at=now,
    )
    RefundLine.objects.bulk_create(
        RefundLine(
            refund=refund,
            line=share.line,
            quantity=share.quantity,
            goods_fen=share.goods_fen,
            freight_fen=share.freight_fen,
            was_shipped=was_shipped,
        )
        for share in shares
    )
    return refund


def _book(refund: Refund, moves: list[ledger.Move], *, now: datetime) -> None:
    ledger.post(
        key=f"promised:{refund.public_id}",
        kind=JournalEntry.Kind.REFUND_PROMISED,
        moves=moves,
        at=now,
        order=refund.order,
    )
    audit.record(
        verb="orders.refund",
        subject=f"orders.Refund:{refund.public_id}",
        actor=refund.asked_by,
        detail={"amount_fen": refund.amount_fen, "reason": refund.reason},
        now=now,
    )


def _tell(
    order: Order,
    refund: Refund,
    shares: Sequence[Share],
    lines: Sequence[OrderLine],
    *,
    now: datetime,
) -> None:
    told = sold.part(
        lines,
        {share.line.pk: share.quantity for share in shares},
        freight={share.line.pk: share.freight_fen for share in shares},
        coupon={share.line.pk: share.coupon_fen for share in shares},
    )
    fact = OrderRefunded(
        **sold.header(order),
        lines=told,
        refund=refund.public_id,
        refunded_fen=refund.amount_fen,
        after_settlement=bool(order.settled_at),
    )
    facts.record(fact, now=now)


def _close(
    order: Order, lines: Sequence[OrderLine], *, now: datetime, actor: "User | None"
) -> None:
    if any(line.shipped_count for line in lines):
        move([order], to=S.SHIPPED, now=now, actor=actor, shipped_at=now)
    else:
        move([order], to=S.CANCELLED, now=now, actor=actor)
        give_coupon_back(order)
