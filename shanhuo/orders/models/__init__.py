"""The tables of orders; no other room imports them."""

from shanhuo.orders.models.basket import Address, BasketLine, FreightRule, PriceCut
from shanhuo.orders.models.coupon import Coupon, CouponBatch
from shanhuo.orders.models.delivery import Shipment, ShipmentLine
from shanhuo.orders.models.hot import HotClaim, HotSale
from shanhuo.orders.models.ledger import (
    CommissionShare,
    JournalEntry,
    LedgerAccount,
    Posting,
    Settlement,
)
from shanhuo.orders.models.order import LineCredit, Order, OrderLine, OrderStep
from shanhuo.orders.models.payment import Notice, Payment, Refund, RefundLine, SuspenseItem
from shanhuo.orders.models.slips import PurchaseSlip

__all__ = [
    "Address",
    "BasketLine",
    "CommissionShare",
    "Coupon",
    "CouponBatch",
    "FreightRule",
    "HotClaim",
    "HotSale",
    "JournalEntry",
    "LedgerAccount",
    "LineCredit",
    "Notice",
    "Order",
    "OrderLine",
    "OrderStep",
    "Payment",
    "Posting",
    "PriceCut",
    "PurchaseSlip",
    "Refund",
    "RefundLine",
    "Settlement",
    "Shipment",
    "ShipmentLine",
    "SuspenseItem",
]
