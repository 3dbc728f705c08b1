"""The money of an order is divided among its parties, line by line."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction

from shanhuo.kernel import facts
from shanhuo.kernel.money import split
from shanhuo.orders import ledger, sold
from shanhuo.orders.choices import Funder
from shanhuo.orders.events import OrderSettled
from shanhuo.orders.models import (
    CommissionShare,
    JournalEntry,
    LineCredit,
    Order,
    OrderLine,
    Refund,
    Settlement,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from shanhuo.people.models import Organisation


@dataclass(frozen=True, slots=True)
class Part:
    """What one creator gets of a division, and bears of its discount."""

    creator: "Organisation"
    commission_fen: int
    discount_fen: int


@dataclass(frozen=True, slots=True)
class Division:
    """Who gets what of some units of a line. Negative when a refund takes it back.

    kept_before: units that the settlement and earlier refunds had left with the parties.
    """

    line: OrderLine
    quantity: int
    freight_fen: int
    kept_before: int = 0
    credits: "Sequence[LineCredit]" = ()

    @property
    def goods_fen(self) -> int:
        """At list price."""
        return self.quantity * self.line.unit_price_fen

    @property
    def discount_fen(self) -> int:
        return self.quantity * self.line.unit_discount_fen

    @property
    def coupon_fen(self) -> int:
        return self._between(self.line.coupon_on)

    @property
    def coupon_platform_fen(self) -> int:
        """The platform's part of the coupon; the merchant bears the rest."""
        return self._between(self.line.coupon_platform_on)

    def _between(self, of_units: "Callable[[int], int]") -> int:
        """From the units kept before to the units kept afterwards."""
        return of_units(self.kept_before + self.quantity) - of_units(self.kept_before)

    @property
    def fee_fen(self) -> int:
        return self.quantity * self.line.unit_fee_fen

    @property
    def commission_fen(self) -> int:
        """For the creator, before a discount that the creator bears."""
        return self.quantity * self.line.unit_commission_fen

    @property
    def platform_discount_fen(self) -> int:
        """What the platform bears, of discount and coupon."""
        borne = self.discount_fen if self.line.discount_funder == Funder.PLATFORM else 0
        return borne + self.coupon_platform_fen

    @property
    def merchant_fen(self) -> int:
        """What the merchant keeps, freight included."""
        borne = self.coupon_fen - self.coupon_platform_fen
        if self.line.discount_funder == Funder.MERCHANT:
            borne += self.discount_fen
        return self.goods_fen - self.fee_fen - self.commission_fen - borne + self.freight_fen

    @property
    def creator_fen(self) -> int:
        """What the creator keeps."""
        borne = self.discount_fen if self.line.discount_funder == Funder.CREATOR else 0
        return self.commission_fen - borne

    def parts(self) -> list[Part]:
        """The commission, and a discount that creators bear, by creator.

        Each gets the difference between the split of all units kept afterwards and before: rounding
        never leaves anybody a fen when everything has been given back.
        """
        if self.line.creator is None:
            return []
        borne = self.line.discount_funder == Funder.CREATOR
        commissions = self._split(self.line.unit_commission_fen)
        discounts = self._split(self.line.unit_discount_fen if borne else 0)
        creators = [credit.creator for credit in self.credits] or [self.line.creator]
        return [Part(*part) for part in zip(creators, commissions, discounts, strict=True)]

    def _split(self, unit_fen: int) -> list[int]:
        weights = [credit.basis_points for credit in self.credits] or [1]
        before = split(self.kept_before * unit_fen, weights=weights)
        after = split((self.kept_before + self.quantity) * unit_fen, weights=weights)
        return [now - then for now, then in zip(after, before, strict=True)]

    def moves(self, merchant_id: str) -> list[ledger.Move]:
        """All shares leave `held`; whoever bears discount and coupon pays them in there."""
        merchant, parts = ledger.merchant(merchant_id), self.parts()
        return [
            *self._borne(merchant, parts),
            self._move(merchant, ledger.HELD, self.coupon_fen - self.coupon_platform_fen),
            self._move(ledger.PLATFORM_FUNDER, ledger.HELD, self.coupon_platform_fen),
            self._move(ledger.HELD, merchant, self.goods_fen - self.fee_fen - self.commission_fen),
            self._move(ledger.HELD, ledger.PLATFORM, self.fee_fen),
            *(
                self._move(ledger.HELD, ledger.creator(part.creator.public_id), part.commission_fen)
                for part in parts
            ),
            self._move(ledger.HELD, ledger.freight(merchant_id), self.freight_fen),
        ]

    def _borne(self, merchant: str, parts: list[Part]) -> list[ledger.Move]:
        """A discount that a creator would bear is the platform's where there is no creator."""
        if self.line.discount_funder == Funder.CREATOR and parts:
            return [
                self._move(ledger.creator(part.creator.public_id), ledger.HELD, part.discount_fen)
                for part in parts
            ]
        accounts: dict[str, str] = {Funder.MERCHANT: merchant, Funder.CREATOR: ledger.PLATFORM}
        funder = accounts.get(self.line.discount_funder, ledger.PLATFORM_FUNDER)
        return [self._move(funder, ledger.HELD, self.discount_fen)]

    def _move(self, source: str, target: str, amount_fen: int) -> ledger.Move:
        """A negative amount goes the other way."""
        if amount_fen < 0:
            source, target = target, source
        return ledger.Move(source, target, abs(amount_fen), self.line)


@transaction.atomic
def settle_order(*, order_id: int, now: datetime) -> bool:
    """Divide the money of a received order among its parties. Safe to run late or twice."""
    received = Order.objects.filter(pk=order_id, status=Order.Status.DONE, settled_at=None)
    # The update is the claim: of two workers, exactly one sees a row change.
    if not received.update(settled_at=now):
        return False
    order = Order.objects.told().get(pk=order_id)
    lines = sold.lines_of(order)
    credits = _credits(lines)
    divisions = [
        Division(line, line.kept_count, _kept_freight(line), credits=credits[line.pk])
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

    Runs in the refund's transaction, after it counted the units on their lines; the freight has
    been used and stays.
    """
    credits = _credits(units)
    divisions = [
        Division(line, -quantity, 0, line.kept_count + quantity, credits[line.pk])
        for line, quantity in units.items()
    ]
    _write(order, divisions, refund=refund, key=f"settled:{refund.public_id}", now=now)


def _credits(lines: "Iterable[OrderLine]") -> dict[int, list[LineCredit]]:
    """By line; a fixed order, so that a correction divides as the settlement did."""
    found: dict[int, list[LineCredit]] = {line.pk: [] for line in lines}
    rows = LineCredit.objects.filter(line__in=list(found)).select_related("creator")
    for credit in rows.order_by("pk"):
        found[credit.line_id].append(credit)
    return found


def _kept_freight(line: OrderLine) -> int:
    return line.freight_fen - line.freight_fen * line.cancelled_count // line.quantity


def _write(
    order: Order,
    parts: "Sequence[Division]",
    *,
    refund: Refund | None,
    key: str,
    now: datetime,
) -> None:
    rows = Settlement.objects.bulk_create(
        _settlement(order, part, refund=refund, now=now) for part in parts
    )
    CommissionShare.objects.bulk_create(
        CommissionShare(
            settlement=row,
            creator=share.creator,
            commission_fen=share.commission_fen,
            discount_fen=share.discount_fen,
        )
        for row, part in zip(rows, parts, strict=True)
        if part.credits
        for share in part.parts()
    )
    ledger.post(
        key=key,
        kind=JournalEntry.Kind.SETTLED,
        moves=[move for part in parts for move in part.moves(order.merchant.public_id)],
        at=now,
        order=order,
    )


def _settlement(
    order: Order, part: Division, *, refund: Refund | None, now: datetime
) -> Settlement:
    return Settlement(
        line=part.line,
        refund=refund,
        merchant=order.merchant,
        creator=part.line.creator,
        settled_at=now,
        quantity=part.quantity,
        goods_fen=part.goods_fen,
        discount_fen=part.discount_fen,
        discount_funder=part.line.discount_funder,
        coupon_fen=part.coupon_fen,
        coupon_platform_fen=part.coupon_platform_fen,
        fee_fen=part.fee_fen,
        commission_fen=part.commission_fen,
        freight_fen=part.freight_fen,
        merchant_fen=part.merchant_fen,
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
            coupon={part.line.pk: part.coupon_fen for part in divisions},
        ),
        merchant_fen=sum(part.merchant_fen for part in divisions),
        creator_fen=sum(part.creator_fen for part in divisions),
        platform_fee_fen=sum(part.fee_fen for part in divisions),
        freight_fen=sum(part.freight_fen for part in divisions),
        platform_discount_fen=sum(part.platform_discount_fen for part in divisions),
    )
    facts.record(fact, now=now)
