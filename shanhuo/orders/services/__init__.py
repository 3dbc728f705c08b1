"""Everything that can happen to orders and to their money."""

from shanhuo.orders.services.basket import (
    BadQuantity,
    BasketFull,
    NoSuchAddress,
    Source,
    TooManyAddresses,
    add_to_basket,
    keep_address,
    remove_address,
    set_quantity,
    take_out,
)
from shanhuo.orders.services.ending import cancel_unpaid, release_if_unpaid
from shanhuo.orders.services.paying import MoneyArrived, take_payment
from shanhuo.orders.services.placing import (
    BasketChanged,
    NotDelivered,
    Placed,
    PriceChanged,
    TooManyUnpaid,
    Wanted,
    place_order,
)
from shanhuo.orders.services.refunding import (
    NothingToRefund,
    note_refund_sent,
    refund_shipped,
    refund_suspense,
    refund_unshipped,
)
from shanhuo.orders.services.settling import settle_order
from shanhuo.orders.services.shipping import NothingToShip, ParcelKnown, receive, ship

__all__ = [
    "BadQuantity",
    "BasketChanged",
    "BasketFull",
    "MoneyArrived",
    "NoSuchAddress",
    "NotDelivered",
    "NothingToRefund",
    "NothingToShip",
    "ParcelKnown",
    "Placed",
    "PriceChanged",
    "Source",
    "TooManyAddresses",
    "TooManyUnpaid",
    "Wanted",
    "add_to_basket",
    "cancel_unpaid",
    "keep_address",
    "note_refund_sent",
    "place_order",
    "receive",
    "refund_shipped",
    "refund_suspense",
    "refund_unshipped",
    "release_if_unpaid",
    "remove_address",
    "set_quantity",
    "settle_order",
    "ship",
    "take_out",
    "take_payment",
]
