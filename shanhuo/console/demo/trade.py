"""Buying, sending, receiving, paying households: what people do with goods over three weeks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import TYPE_CHECKING

from shanhuo.console.demo.cast import Place
from shanhuo.goods import queries as goods
from shanhuo.kernel import clock, ids
from shanhuo.orders import queries as order_queries
from shanhuo.orders import services as orders
from shanhuo.orders.choices import RefundReason
from shanhuo.regions import queries as regions

if TYPE_CHECKING:
    from shanhuo.orders.models import Address, Order, Payment
    from shanhuo.people.models import Household, User

# Where the buyers live: city districts, so that the map shows goods leaving the mountains.
HOMES = ("110105", "310104", "440106", "510107", "500103", "420106", "330106", "610113", "320106")
RECEIVED_AFTER = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class Choice:
    """A SKU that a buyer wants, and the post that made them want it."""

    sku_id: int
    quantity: int
    source: orders.Source


def order(buyer: "User", choice: Choice, *, home: str, now: datetime) -> "Payment":
    """Basket, address, checkout: the way of every buyer."""
    orders.add_to_basket(
        buyer=buyer,
        sku_id=choice.sku_id,
        quantity=choice.quantity,
        source=choice.source,
        now=now,
    )
    address = order_queries.addresses_of(buyer).first() or _write_address(buyer, home, now=now)
    seen = order_queries.checkout_view(buyer=buyer, address=address, now=now)
    placed = orders.place_order(
        buyer=buyer,
        address=address.public_id,
        wanted=[orders.Wanted(wish.sku, wish.quantity, wish.unit_paid_fen) for wish in seen.wishes],
        total_seen_fen=seen.total_fen,
        key=ids.new_public_id(),
        now=now,
    )
    return order_queries.payments_of_buyer(buyer).get(public_id=placed.payment)


def _write_address(buyer: "User", home: str, *, now: datetime) -> "Address":
    county = regions.county_of(home)
    if county is None:
        raise LookupError(f"the reference data has no county {home}")
    return orders.keep_address(
        owner=buyer,
        county_id=county.pk,
        recipient=buyer.display_name,
        phone="19900000000",
        street="示例路 1 号（演示）",
        is_default=True,
        now=now,
    )


def send_parcels(place: Place, *, patience: timedelta, now: datetime) -> int:
    """The seller packs what was paid at least `patience` ago; returns how many parcels left."""
    waiting = order_queries.orders_of_merchants(place.seller).filter(
        status="preparing", paid_at__lte=now - patience
    )
    parcels = list(waiting.values_list("pk", flat=True))
    for order_id in parcels:
        orders.ship(
            order_id=order_id,
            carrier="sf",
            tracking_number=f"DEMO{order_id:08d}",
            actor=place.seller,
            now=now,
        )
    return len(parcels)


def receive_parcels(buyers: Sequence["User"], *, now: datetime) -> None:
    """Buyers say that the goods are there, three days after they left."""
    for buyer in buyers:
        arrived = order_queries.orders_of_buyer(buyer).filter(
            status="shipped", shipped_at__lte=now - RECEIVED_AFTER
        )
        for order_id in arrived.values_list("pk", flat=True):
            orders.receive(order_id=order_id, actor=buyer, now=now)


def complain(seller: "User", bought: "Order", *, now: datetime) -> None:
    """One unit arrived crushed: the seller gives its price back."""
    line = bought.lines.all()[0]
    orders.refund_shipped(
        order_id=bought.pk,
        reason=RefundReason.DAMAGED,
        actor=seller,
        quantities={line.pk: 1},
        now=now,
    )


def change_of_mind(buyer: "User", bought: "Order", *, now: datetime) -> None:
    """The buyer cancels before the parcel leaves, and gets everything back."""
    orders.refund_unshipped(
        order_id=bought.pk, reason=RefundReason.CHANGED_MIND, actor=buyer, now=now
    )


def pay_households(
    place: Place,
    households: Sequence["Household"],
    *,
    since: datetime,
    random: Random,
    now: datetime,
) -> int:
    """The cooperative pays by slip for what it sold since then, each household for its baskets.

    Returns how many slips were written.
    """
    lot = goods.lots_editable_by(place.seller).order_by("pk")[0]
    baskets = [random.randint(60, 160) for _ in households]
    sold_grams = _sold_grams(place, since=since, until=now)
    slips = 0
    for household, basket in zip(households, baskets, strict=True):
        grams = sold_grams * basket // sum(baskets)
        if not grams:
            continue
        orders.pay_household(
            actor=place.seller,
            household=household,
            lot=lot,
            grams=grams,
            price_fen_per_kg=place.script.paid_fen_per_kg,
            baseline_fen_per_kg=place.script.baseline_fen_per_kg,
            means="transfer",
            bought_on=clock.day_of(now),
            key=ids.new_public_id(),
            now=now,
        )
        slips += 1
    return slips


def _sold_grams(place: Place, *, since: datetime, until: datetime) -> int:
    paid = order_queries.orders_of_merchants(place.seller).filter(
        paid_at__gte=since, paid_at__lt=until
    )
    return sum(
        line.kept_count * line.grams_per_unit for order in paid for line in order.lines.all()
    )


def skus_of(place: Place) -> Mapping[str, int]:
    """SKU name -> id of the cooperative's sizes on sale."""
    return dict(goods.skus_editable_by(place.seller).values_list("name", "pk"))
