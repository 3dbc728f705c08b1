"""Facts that orders publish. Amounts in fen; a county is its adcode, a product its public id.

Every fact of an order carries its lines, so that a reader of the log alone can count by county.
"""

from dataclasses import dataclass

from shanhuo.kernel.facts import Fact


@dataclass(frozen=True, slots=True)
class SoldLine:
    """One line of an order, or the part of it that a fact is about.

    `goods_fen` is at list price; the buyer paid `goods_fen - discount_fen + freight_fen`.
    `coupon_fen` is the part of `discount_fen` that a coupon took off; `discount_funder` bore the
    rest.
    `farm_gate_fen` is the estimate of the price chain; what was really paid stands in SlipPaid.
    """

    product: str
    sku: str
    county: str
    quantity: int
    grams: int
    goods_fen: int
    discount_fen: int
    discount_funder: str
    freight_fen: int
    farm_gate_fen: int
    creator: str
    via_post: str
    via_exposure: str
    via_session: str = ""
    coupon_fen: int = 0


@dataclass(frozen=True, slots=True)
class OrderFact(Fact):
    """What all facts of an order say. `buyer_key` tells buyers apart without naming them."""

    order: str
    payment: str
    merchant: str
    buyer_key: str
    buyer_county: str
    lines: list[SoldLine]


@dataclass(frozen=True, slots=True)
class OrderPlaced(OrderFact):
    """A buyer ordered; stock is held until the payment or its expiry."""


@dataclass(frozen=True, slots=True)
class OrderPaid(OrderFact):
    """The payment company confirmed the money for this order. `late`: it will be given back."""

    paid_fen: int
    late: bool


@dataclass(frozen=True, slots=True)
class OrderExpired(OrderFact):
    """Ended unpaid: the time ran out or the buyer cancelled. The stock is free again."""

    cancelled: bool


@dataclass(frozen=True, slots=True)
class OrderShipped(OrderFact):
    """A parcel left; `lines` are the units in it."""

    shipment: str
    complete: bool


@dataclass(frozen=True, slots=True)
class OrderReceived(OrderFact):
    """The buyer has the goods, by their own word or because the time for objections passed."""

    confirmed_by_buyer: bool


@dataclass(frozen=True, slots=True)
class OrderRefunded(OrderFact):
    """Money was promised back for the units in `lines`."""

    refund: str
    refunded_fen: int
    after_settlement: bool


@dataclass(frozen=True, slots=True)
class OrderSettled(OrderFact):
    """The money of the units that were kept was divided: `lines` are those units."""

    merchant_fen: int
    creator_fen: int
    platform_fee_fen: int
    freight_fen: int
    platform_discount_fen: int


FACTS_OF_ORDERS = (
    OrderPlaced,
    OrderPaid,
    OrderExpired,
    OrderShipped,
    OrderReceived,
    OrderRefunded,
    OrderSettled,
)


@dataclass(frozen=True, slots=True)
class SlipFact(Fact):
    """A purchase slip. `household_key` tells households apart without naming them."""

    slip: str
    merchant: str
    household_key: str
    household_kind: str
    county: str
    product: str
    lot: str
    grams: int
    paid_fen: int
    baseline_fen: int


@dataclass(frozen=True, slots=True)
class SlipPaid(SlipFact):
    """A household was paid for what it delivered; its gain is `paid_fen - baseline_fen`."""


@dataclass(frozen=True, slots=True)
class SlipReversed(SlipFact):
    """The slip `reverses` was taken back: subtract these (positive) amounts."""

    reverses: str
