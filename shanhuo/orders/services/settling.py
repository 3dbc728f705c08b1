"""The money of an order is divided among its parties, line by line."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction

from shanhuo.kernel import facts
from shanhuo.orders import ledger, sold
from shanhuo.orders.choices import Funder
from shanhuo.orders.events import OrderSettled
from shanhuo.orders.models import JournalEntry, Order, OrderLine, Refund, Settlement

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True)
class Division:
    """Who gets what of some units of a line. Negative when a refund takes it back."""

    line: OrderLine
    quantity: int
    freight_fen: int

    @property
    def goods_fen(self) -> int:
        """At list price."""
        return self.quantity * self.line.unit_price_fen

    @property
    def discount_fen(self) -> int:
        return self.quantity * self.line.unit_discount_fen

    @property
    def fee_fen(self) -> int:
        return self.quantity * self.line.unit_fee_fen

    @property
    def commission_fen(self) -> int:
        """For the creator, before a discount that the creator bears."""
        return self.quantity * self.line.unit_commission_fen

    @property
    def merchant_fen(self) -> int:
        """What the merchant keeps, freight included."""
        borne = self.discount_fen if self.line.discount_funder == Funder.MERCHANT else 0
        return self.goods_fen - self.fee_fen - self.commission_fen - borne + self.freight_fen

    @property
    def creator_fen(self) -> int:
        """What the creator keeps."""
        borne = self.discount_fen if self.line.discount_funder == Funder.CREATOR else 0
        return self.commission_fen - borne

    def moves(self, merchant_id: str) -> list[ledger.Move]:
        """All shares leave `held`; whoever bears the discount pays it in there."""
        line = self.line
        merchant, creator = ledger.merchant(merchant_id), _creator_account(line)
        return [
            self._move(_funder_account(line, merchant, creator), ledger.HELD, self.discount_fen),
            self._move(ledger.HELD, merchant, self.goods_fen - self.fee_fen - self.commission_fen),
            self._move(ledger.HELD, ledger.PLATFORM, self.fee_fen),
            self._move(ledger.HELD, creator, self.commission_fen),
            self._move(ledger.HELD, ledger.freight(merchant_id), self.freight_fen),
        ]

    def _move(self, source: str, target: str, amount_fen: int) -> ledger.Move:
        """A negative amount goes the other way."""
        if amount_fen < 0:
            source, target = target, source
        return ledger.Move(source, target, abs(amount_fen), self.line)


def _creator_account(line: OrderLine) -> str:
    """A line without a creator has neither commission nor a discount borne by one."""
    return ledger.creator(line.creator.public_id) if line.creator else ledger.PLATFORM


def _funder_account(line: OrderLine, merchant: str, creator: str) -> str:
    accounts: dict[str, str] = {Funder.MERCHANT: merchant, Funder.CREATOR: creator}
    return accounts.get(line.discount_funder, ledger.PLATFORM_FUNDER)


@transaction.atomic
def settle_order(*, order_id: int, now: datetime) -> bool:
    """Divide the money of a received order among its parties. Safe to run late or twice."""
    received = Order.objects.filter(pk=order_id, status=Order.Status.DONE, settled_at=None)
    # The update is the claim: of two workers, exactly one sees a row change.
    if not received.update(settled_at=now):
        return False
    order = Order.objects.told().get(pk=order_id)
    lines = sold.lines_of(order)
    divisions = [
        Division(line, line.kept_count, _kept_freight(line))
        for line in lines
        if line.kept_count or _kept_freight(line)
    ]
    _write(order, divisions, refund=None, key=f"settled:{order.public_id}", now=now)
    _tell(order, lines, divisions, now=now)
    return True


def book_correction(
    *, order: Order, refund: Refund, units: Mapping[OrderLine, int], now: datetime
) -> None:
    """A settled order is refunded: every party returns its part of these units.

    Runs in the refund's transaction; the freight has been used and stays.
    """
    divisions = [Division(line, -quantity, 0) for line, quantity in units.items()]
    _write(order, divisions, refund=refund, key=f"settled:{refund.public_id}", now=now)


def _kept_freight(line: OrderLine) -> int:
    return line.freight_fen - line.freight_fen * line.cancelled_count // line.quantity


def _write(
    order: Order,
    divisions: "Iterable[Division]",
    *,
    refund: Refund | None,
    key: str,
    now: datetime,
) -> None:
    parts = list(divisions)
    Settlement.objects.bulk_create(
        Settlement(
            line=part.line,
            refund=refund,
            merchant=order.merchant,
            creator=part.line.creator,
            settled_at=now,
            quantity=part.quantity,
            goods_fen=part.goods_fen,
            discount_fen=part.discount_fen,
            discount_funder=part.line.discount_funder,
            fee_fen=part.fee_fen,
            commission_fen=part.commission_fen,
            freight_fen=part.freight_fen,
            merchant_fen=part.merchant_fen,
        )
        for part in parts
    )
    ledger.post(
        key=key,
        kind=JournalEntry.Kind.SETTLED,
        moves=[move for part in parts for move in part.moves(order.merchant.public_id)],
        at=now,
        order=order,
    )


def _tell(
    order: Order, lines: list[OrderLine], divisions: list[Division], *, now: datetime
) -> None:
    fact = OrderSettled(
        **sold.header(order),
        lines=sold.part(
            lines,
            {part.line.pk: part.quantity for part in divisions},
            freight={part.line.pk: part.freight_fen for part in divisions},
        ),
        merchant_fen=sum(part.merchant_fen for part in divisions),
        creator_fen=sum(part.creator_fen for part in divisions),
        platform_fee_fen=sum(part.fee_fen for part in divisions),
        freight_fen=sum(part.freight_fen for part in divisions),
        platform_discount_fen=sum(
            part.discount_fen for part in divisions if part.line.discount_funder == Funder.PLATFORM
        ),
    )
    facts.record(fact, now=now)
