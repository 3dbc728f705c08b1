"""From order lines to the lines of facts."""

from collections.abc import Iterable, Mapping
from typing import Any

from shanhuo.kernel.encryption import keyed_hash
from shanhuo.orders.events import SoldLine
from shanhuo.orders.models import Order, OrderLine


def header(order: Order) -> dict[str, Any]:
    """The fields that every fact of an order has, except its lines."""
    return {
        "order": order.public_id,
        "payment": order.payment.public_id,
        "merchant": order.merchant.public_id,
        "buyer_key": buyer_key(order.buyer.public_id),
        "buyer_county": order.county.adcode,
    }


def buyer_key(buyer: str) -> str:
    """What stands for a buyer in facts: the keyed hash of the account's public id."""
    return keyed_hash("buyer", buyer)


def lines_of(order: Order) -> list[OrderLine]:
    """The order's lines, ready to be told."""
    return list(OrderLine.objects.filter(order=order).told().order_by("pk"))


def whole(lines: Iterable[OrderLine]) -> list[SoldLine]:
    """The lines as they were ordered."""
    return [_told(line, line.quantity, line.freight_fen, line.coupon_fen) for line in lines]


def part(
    lines: Iterable[OrderLine],
    quantities: Mapping[int, int],
    *,
    freight: Mapping[int, int] | None = None,
    coupon: Mapping[int, int],
) -> list[SoldLine]:
    """Some units of some lines: line id -> units, and the fen of freight and coupon that go with
    them."""
    return [
        _told(line, quantities[line.pk], (freight or {}).get(line.pk, 0), coupon[line.pk])
        for line in lines
        if quantities.get(line.pk)
    ]


def _told(line: OrderLine, units: int, freight_fen: int, coupon_fen: int) -> SoldLine:
    return SoldLine(
        product=line.product.public_id,
        sku=line.sku.public_id,
        county=line.county.adcode,
        quantity=units,
        grams=units * line.grams_per_unit,
        goods_fen=units * line.unit_price_fen,
        discount_fen=units * line.unit_discount_fen + coupon_fen,
        discount_funder=line.discount_funder,
        freight_fen=freight_fen,
        farm_gate_fen=units * int(line.chain.get("farm_gate_fen", 0)),
        creator=line.creator.public_id if line.creator else "",
        via_post=line.via_post,
        via_exposure=line.via_exposure,
        via_session=line.via_session,
        coupon_fen=coupon_fen,
    )
