"""Everything that can happen to orders and to their money."""

from shanhuo.orders.payment.port import CompanyUnreachable, MoneyArrived, NoticeRefused
from shanhuo.orders.services.agreeing import (
    PaymentOver,
    ask_back,
    end_if_unpaid,
    hand_over,
    read_notice,
    send_refund,
    take_refund,
)
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
from shanhuo.orders.services.paying import take_payment
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
from shanhuo.orders.services.slips import (
    BadSlipPrice,
    BadWeight,
    NotYetBought,
    SlipReversedBefore,
    pay_household,
    reverse_slip,
)
from shanhuo.orders.services.terms import BadCut, cut_price, set_freight

__all__ = [
    "BadCut",
    "BadQuantity",
    "BadSlipPrice",
    "BadWeight",
    "BasketChanged",
    "BasketFull",
    "CompanyUnreachable",
    "MoneyArrived",
    "NoSuchAddress",
    "NotDelivered",
    "NotYetBought",
    "NothingToRefund",
    "NothingToShip",
    "NoticeRefused",
    "ParcelKnown",
    "PaymentOver",
    "Placed",
    "PriceChanged",
    "SlipReversedBefore",
    "Source",
    "TooManyAddresses",
    "TooManyUnpaid",
    "Wanted",
    "add_to_basket",
    "ask_back",
    "cancel_unpaid",
    "cut_price",
    "end_if_unpaid",
    "hand_over",
    "keep_address",
    "note_refund_sent",
    "pay_household",
    "place_order",
    "read_notice",
    "receive",
    "refund_shipped",
    "refund_suspense",
    "refund_unshipped",
    "release_if_unpaid",
    "remove_address",
    "reverse_slip",
    "send_refund",
    "set_freight",
    "set_quantity",
    "settle_order",
    "ship",
    "take_out",
    "take_payment",
    "take_refund",
]
