"""Shapes of orders in the API. Money is in fen, weight in grams, days are Shanghai days.

A price or total in a body only says what was seen: it is compared and never used.
"""

from datetime import date, datetime
from typing import Annotated, Literal

from ninja import Field, Schema
from pydantic import AfterValidator

from shanhuo.api.goods_schemas import Count, Fen, Words
from shanhuo.api.schemas import LAST_PAGE
from shanhuo.orders.choices import Carrier, SlipMeans, SlipState

_FIRST_DAY, _LAST_DAY = date(2000, 1, 1), date(2100, 1, 1)


def _countable(day: date) -> date:
    """Far from the ends of the calendar, where a day has no next one."""
    if not _FIRST_DAY <= day <= _LAST_DAY:
        raise ValueError("not a day of this century")
    return day


Id = Annotated[str, Field(pattern=r"^[0-9a-hjkmnp-tv-z]{16}$", description="Public id.")]
MaybeId = Annotated[str, Field(pattern=r"^([0-9a-hjkmnp-tv-z]{16})?$")]
Day = Annotated[date, AfterValidator(_countable)]
Total = Annotated[int, Field(strict=True, ge=0, le=1_000_000_000_000)]
OrderStatus = Literal[
    "awaiting_pay", "preparing", "part_shipped", "shipped", "done", "cancelled", "expired"
]


class PeriodFilter(Schema):
    """Both days included."""

    since: Day | None = None
    until: Day | None = None


class ListFilter(PeriodFilter):
    """q: a number, or part of a title."""

    q: Words = Field("", max_length=60)
    page: int = Field(1, ge=1, le=LAST_PAGE)


class OrdersFilter(ListFilter):
    """Days of placing."""

    status: OrderStatus | None = None


class ShipmentsFilter(ListFilter):
    """q: parcel or order number; days of sending."""

    carrier: Carrier | None = None


class RefundsFilter(ListFilter):
    """q: refund, order or payment number; days on which they were promised."""

    status: Literal["wanted", "done"] | None = None


class SlipsFilter(ListFilter):
    """Days of buying."""

    state: SlipState | None = None


class CheckoutFilter(Schema):
    """address: one of yours, empty for the default; sku: only these of the basket; coupon: those
    of yours to use."""

    address: MaybeId = ""
    sku: list[Id] = Field(default_factory=list, max_length=50)
    coupon: list[Id] = Field(default_factory=list, max_length=50)


class StatementFilter(ListFilter):
    """Both days included; without them this month. as_creator: commissions, not sales."""

    as_creator: bool = False


# What is sent.


class QuantityIn(Schema):
    quantity: Count = Field(description="Pieces, 1 to 999.")


class WayIn(Schema):
    """via_post: the post that brought the buyer; via_sheet, via_slot: where it, or without one the
    product, was shown; via_session: the live session, which counts before a post. What is not
    public, shows something else or was shown to somebody else counts for nothing."""

    via_post: MaybeId = ""
    via_sheet: str = Field("", max_length=2_000)
    via_slot: int = Field(0, strict=True, ge=0, le=999)
    via_session: MaybeId = ""


class BasketIn(QuantityIn, WayIn):
    """More of a size, and what brought the buyer."""

    sku: Id


class AddressIn(Schema):
    """Where parcels go. `county` is an adcode, see `/api/places`."""

    county: str = Field(pattern=r"^\d{6}$")
    recipient: Words = Field(min_length=1, max_length=40, pattern=r"\S")
    phone: Words = Field(min_length=5, max_length=30)
    street: Words = Field(min_length=1, max_length=120, pattern=r"\S")
    is_default: bool = Field(False, strict=True)


class WantedIn(Schema):
    """A basket line as it was shown: pieces, and what one of them was to cost."""

    sku: Id
    quantity: Count
    unit_seen_fen: Fen


class PlaceIn(Schema):
    """What `/api/checkout` showed. If anything differs by now, nothing is ordered."""

    address: Id
    lines: list[WantedIn] = Field(min_length=1, max_length=50)
    total_seen_fen: Total
    coupons: list[Id] = Field(default_factory=list, max_length=50)


class PayIn(Schema):
    on_phone: bool = Field(False, strict=True, description="The buyer pays on this very phone.")


class TakeBackIn(Schema):
    """Pieces by SKU; null: everything that was not shipped yet."""

    units: dict[Id, Count] | None = Field(None, max_length=50)


class ShipIn(TakeBackIn):
    """A parcel. Without `units` it holds everything that was not shipped yet."""

    carrier: Carrier
    tracking_number: str = Field(pattern=r"^[0-9A-Za-z-]{6,40}$")


class RefundIn(TakeBackIn):
    """Money back. With `was_shipped` for pieces that were sent, which then must be named."""

    reason: Literal["changed_mind", "out_of_stock", "damaged"]
    was_shipped: bool = Field(False, strict=True)


class SlipIn(Schema):
    """What a household brought and is paid; the baseline is what others pay in the place."""

    household: Id
    lot: Id
    grams: int = Field(strict=True, ge=1, le=100_000_000)
    price_fen_per_kg: Fen
    baseline_fen_per_kg: Fen
    means: SlipMeans
    bought_on: Day


# What is answered.


class WishOut(Schema):
    """A basket line at the price of this moment; nothing is held for it."""

    sku: str
    product: str
    title: str
    sku_name: str
    thumb: str
    quantity: int
    unit_price_fen: int
    unit_paid_fen: int
    sum_fen: int
    available_count: int
    is_short: bool


class CouponChoiceOut(Schema):
    """One of yours that is for goods of the parcel; `missing_fen` more of them and it can be
    used."""

    public_id: str
    off_fen: int
    threshold_fen: int
    use_by: datetime
    missing_fen: int
    is_used: bool


class ParcelOut(Schema):
    merchant_name: str
    wishes: list[WishOut]
    coupons: list[CouponChoiceOut]
    goods_fen: int
    discount_fen: int
    coupon_fen: int
    freight_fen: int
    total_fen: int


class BasketOut(Schema):
    """Without an address: `goods_fen` is after discounts, freight is not known yet."""

    parcels: list[ParcelOut]
    goods_fen: int
    can_be_ordered: bool


class AddressOut(Schema):
    id: str
    county: str
    place: str
    recipient: str
    phone: str
    street: str
    is_default: bool


class AddressesOut(Schema):
    addresses: list[AddressOut]


class CheckoutOut(BasketOut):
    """What would be ordered and what it costs. Freight is 0 as long as there is no address."""

    address: AddressOut | None
    freight_fen: int
    total_fen: int


class PlacedOut(Schema):
    """The payment, its orders, and when the hold on their stock ends."""

    payment: str
    orders: list[str]
    amount_fen: int
    expires_at: datetime


class OrderLineOut(Schema):
    sku: str
    product: str
    title: str
    sku_name: str
    quantity: int
    unit_price_fen: int
    unit_discount_fen: int
    unit_paid_fen: int
    coupon_fen: int
    freight_fen: int
    shipped_count: int
    cancelled_count: int
    returned_count: int


class OrderCardOut(Schema):
    """An order in a list. `refunded_fen`: promised back or given."""

    id: str
    payment: str
    status: OrderStatus
    merchant_name: str
    goods_fen: int
    discount_fen: int
    coupon_fen: int
    freight_fen: int
    total_fen: int
    refunded_fen: int
    placed_at: datetime
    paid_at: datetime | None
    shipped_at: datetime | None
    received_at: datetime | None
    settled_at: datetime | None
    lines: list[OrderLineOut]


class ShipmentOut(Schema):
    carrier: str
    tracking_number: str
    shipped_at: datetime
    units: dict[str, int] = Field(description="Pieces by SKU.")


class ShippedOut(ShipmentOut):
    """A parcel in the list of all parcels."""

    order: str


class ShipmentsOut(Schema):
    shipments: list[ShippedOut]
    count: int
    next_page: int | None


class RefundOut(Schema):
    """status: wanted until the payment company has sent it, then done."""

    id: str
    amount_fen: int
    reason: str
    status: str
    made_at: datetime
    done_at: datetime | None


class RefundedOut(RefundOut):
    """A refund in the list of all refunds; `order` is null for money without an order."""

    order: str | None
    trade_no: str


class RefundsOut(Schema):
    refunds: list[RefundedOut]
    count: int
    next_page: int | None


class OrderOut(OrderCardOut):
    """An order with the way of its parcels and money."""

    county: str
    place: str
    recipient: str
    phone: str
    street: str
    shipments: list[ShipmentOut]
    refunds: list[RefundOut]


class OrdersOut(Schema):
    orders: list[OrderCardOut]
    count: int
    next_page: int | None


class PaymentOut(Schema):
    """A checkout. status: waiting, paid or closed; only the payment company's word changes it."""

    id: str
    status: str
    amount_fen: int
    refunded_fen: int
    expires_at: datetime
    paid_at: datetime | None
    orders: list[OrderCardOut]


class HandOverOut(Schema):
    """Where to pay: an address to open, or (`as_code`) to be drawn as a code and scanned."""

    address: str
    as_code: bool


class ReceiptLineOut(Schema):
    """`is_settled`: fee, commission and the merchant's part are final; the rest of the chain is
    what the merchant declared. `household_count` is null below ten."""

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


class ReceiptOut(Schema):
    lines: list[ReceiptLineOut]
    is_settled: bool
    farm_gate_fen: int


class StatementRowOut(Schema):
    """A settled line; a correction takes one back and is negative."""

    settled_at: datetime
    order: str
    title: str
    sku_name: str
    is_correction: bool
    quantity: int
    goods_fen: int
    merchant_discount_fen: int
    platform_discount_fen: int
    creator_discount_fen: int
    fee_fen: int
    commission_fen: int
    freight_fen: int
    net_fen: int


class StatementOut(Schema):
    """Rows of one page; the sums are of the whole period."""

    since: date
    until: date
    rows: list[StatementRowOut]
    count: int
    next_page: int | None
    goods_fen: int
    fee_fen: int
    commission_fen: int
    net_fen: int


class PayeeOut(Schema):
    """A household that agreed to be on the books; its name is masked."""

    id: str
    number: str
    masked_name: str
    village: str


class PayeesOut(Schema):
    households: list[PayeeOut]


class SlipOut(Schema):
    """A slip of negatives takes back the one in `reverses`. `household` is null once it left."""

    id: str
    household: PayeeOut | None
    product: str
    product_title: str
    lot: str
    lot_number: str
    grams: int
    price_fen_per_kg: int
    baseline_fen_per_kg: int
    paid_fen: int
    baseline_fen: int
    premium_fen: int
    means: str
    bought_on: date
    reverses: str | None
    reversed_by: str | None


class SlipsOut(Schema):
    slips: list[SlipOut]
    count: int
    next_page: int | None


class HouseholdLineOut(Schema):
    """`household` is null once it has left the books. premium_fen: paid above the local price."""

    household: PayeeOut | None
    slip_count: int
    grams: int
    paid_fen: int
    baseline_fen: int
    premium_fen: int


class HouseholdSheetOut(Schema):
    since: date
    until: date
    households: list[HouseholdLineOut]


class LotBalanceOut(Schema):
    """A product: settled by buyers, promised to the farm gate by its price chain, paid by slips."""

    product_title: str
    settled_count: int
    merchant_fen: int
    farm_gate_fen: int
    slips_fen: int
    slips_grams: int
    difference_fen: int


class SlipBalanceOut(Schema):
    since: date
    until: date
    products: list[LotBalanceOut]
