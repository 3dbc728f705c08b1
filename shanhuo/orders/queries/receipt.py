"""What a buyer may know about where the money went."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from shanhuo.goods import queries as goods
from shanhuo.orders.choices import Funder
from shanhuo.orders.models import Order, OrderLine, Settlement
from shanhuo.orders.queries.slips import households_paid_for


@dataclass(frozen=True, slots=True)
class ReceiptLine:
    """The way of a line's money. `is_settled`: fee, commission and merchant's part are what was
    really paid; farm gate, packing and the rest of the chain always are the merchant's estimate.

    `household_count` is None where fewer than ten households were paid for the lots.
    """

    title: str
    sku_name: str
    quantity: int
    paid_fen: int
    discount_fen: int
    discount_funder: str
    coupon_fen: int
    coupon_platform_fen: int
    farm_gate_fen: int
    packing_fen: int
    chain_freight_fen: int
    fee_fen: int
    commission_fen: int
    merchant_rest_fen: int
    freight_fen: int
    is_settled: bool
    lots: list[str]
    household_count: int | None
    has_slips: bool

    def parts(self) -> list[tuple[str, int]]:
        """The list price cut up, for a drawing: (what for, fen)."""
        parts = [
            (_("Farm gate"), self.farm_gate_fen),
            (_("Sorting and packing"), self.packing_fen),
            (_("Freight inside the price"), self.chain_freight_fen),
            (_("Platform fee"), self.fee_fen),
            (_("Creator's commission"), self.commission_fen),
            (_("Merchant"), self.merchant_rest_fen),
        ]
        return [(label, fen) for label, fen in parts if fen > 0]

    @property
    def coupon_merchant_fen(self) -> int:
        """The merchant's part of the coupon."""
        return self.coupon_fen - self.coupon_platform_fen

    @property
    def funder_name(self) -> str:
        """Who bore the discount."""
        return str(Funder(self.discount_funder).label) if self.discount_funder else ""


@dataclass(frozen=True, slots=True)
class Receipt:
    """One order's receipt."""

    order: Order
    lines: list[ReceiptLine]

    @property
    def is_settled(self) -> bool:
        return all(line.is_settled for line in self.lines)

    @property
    def farm_gate_fen(self) -> int:
        return sum(line.farm_gate_fen for line in self.lines)


def receipt_of(order: Order) -> Receipt:
    """The receipt of an order that the caller found among the visible ones."""
    lots = goods.lots_of_order(order.public_id)
    settled = {
        row.line_id: row for row in Settlement.objects.filter(line__order=order, refund=None)
    }
    return Receipt(
        order=order,
        lines=[
            _line(line, settled.get(line.pk), lots.get(line.sku_id, []))
            for line in order.lines.all()
            if line.kept_count
        ],
    )


def _line(line: OrderLine, settled: Settlement | None, lots: list[goods.OrderLot]) -> ReceiptLine:
    units = line.kept_count
    chain = {part: units * int(line.chain.get(part, 0)) for part in line.chain}
    goods_fen = units * line.unit_price_fen
    fee = settled.fee_fen if settled else units * line.unit_fee_fen
    commission = settled.commission_fen if settled else units * line.unit_commission_fen
    farm_gate = chain.get("farm_gate_fen", 0)
    packing = chain.get("packing_fen", 0)
    inner_freight = chain.get("freight_fen", 0)
    paid = households_paid_for([lot.lot_id for lot in lots])
    return ReceiptLine(
        title=line.title,
        sku_name=line.sku_name,
        quantity=units,
        paid_fen=units * line.unit_paid_fen - line.coupon_on(units),
        discount_fen=units * line.unit_discount_fen,
        discount_funder=line.discount_funder,
        coupon_fen=line.coupon_on(units),
        coupon_platform_fen=line.coupon_platform_on(units),
        farm_gate_fen=farm_gate,
        packing_fen=packing,
        chain_freight_fen=inner_freight,
        fee_fen=fee,
        commission_fen=commission,
        merchant_rest_fen=goods_fen - farm_gate - packing - inner_freight - fee - commission,
        freight_fen=line.freight_fen * units // line.quantity,
        is_settled=settled is not None,
        lots=[lot.number for lot in lots],
        household_count=paid if paid >= 10 else None,
        has_slips=paid > 0,
    )
