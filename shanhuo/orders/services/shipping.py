"""The goods travel: parcels leave, and arrive."""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from shanhuo.kernel import facts
from shanhuo.kernel.errors import Refusal
from shanhuo.orders import sold
from shanhuo.orders.events import OrderReceived, OrderShipped
from shanhuo.orders.models import Order, OrderLine, Shipment, ShipmentLine
from shanhuo.orders.transitions import WrongStatus, move

if TYPE_CHECKING:
    from shanhuo.people.models import User

S = Order.Status


class NothingToShip(Refusal):
    code = "nothing_to_ship"
    message = _("These units were shipped or refunded already.")


class ParcelKnown(Refusal):
    code = "parcel_known"
    message = _("This parcel number is already written down for the order.")


@transaction.atomic
def ship(
    *,
    order_id: int,
    carrier: str,
    tracking_number: str,
    actor: "User",
    now: datetime,
    quantities: Mapping[int, int] | None = None,
) -> Shipment:
    """A parcel leaves. quantities: order line id -> units; None means all that is left.

    Raises WrongStatus, NothingToShip or ParcelKnown.
    """
    order = _lock(order_id)
    if order.status not in {S.PREPARING, S.PART_SHIPPED}:
        raise WrongStatus
    lines = {line.pk: line for line in sold.lines_of(order)}
    leaving = _leaving(lines, quantities)
    shipment = _write_parcel(order, carrier, tracking_number, leaving, actor=actor, now=now)
    coupon = {line_id: _count_out(lines[line_id], units) for line_id, units in leaving.items()}
    complete = not any(line.open_count for line in lines.values())
    _advance(order, complete=complete, actor=actor, now=now)
    fact = OrderShipped(
        **sold.header(order),
        lines=sold.part(lines.values(), leaving, coupon=coupon),
        shipment=shipment.public_id,
        complete=complete,
    )
    facts.record(fact, now=now)
    return shipment


@transaction.atomic
def receive(*, order_id: int, now: datetime, actor: "User | None" = None) -> bool:
    """The goods are there: the buyer says so, or (no actor) the time for objections has passed.

    False if the order is not under way: received before, or not shipped completely.
    """
    order = _lock(order_id)
    if order.status != S.SHIPPED:
        return False
    move([order], to=S.DONE, now=now, actor=actor, received_at=now)
    fact = OrderReceived(
        **sold.header(order),
        lines=sold.whole(sold.lines_of(order)),
        confirmed_by_buyer=actor is not None,
    )
    facts.record(fact, now=now)
    return True


def _lock(order_id: int) -> Order:
    rows = Order.objects.select_for_update(of=("self",), no_key=True)
    return rows.told().get(pk=order_id)


def _leaving(
    lines: Mapping[int, OrderLine], quantities: Mapping[int, int] | None
) -> dict[int, int]:
    """Units of each line that goes into the parcel. Raises NothingToShip."""
    if quantities is None:
        quantities = {line_id: line.open_count for line_id, line in lines.items()}
    leaving = {line_id: units for line_id, units in quantities.items() if units}
    if not leaving or any(
        line_id not in lines or not 1 <= units <= lines[line_id].open_count
        for line_id, units in leaving.items()
    ):
        raise NothingToShip
    return leaving


def _count_out(line: OrderLine, units: int) -> int:
    """Returns what the coupon took off these units, in fen."""
    before = line.coupon_on(line.shipped_count)
    line.shipped_count += units
    line.save(update_fields=["shipped_count"])
    return line.coupon_on(line.shipped_count) - before


def _write_parcel(
    order: Order,
    carrier: str,
    tracking_number: str,
    leaving: Mapping[int, int],
    *,
    actor: "User",
    now: datetime,
) -> Shipment:
    try:
        with transaction.atomic():
            shipment = Shipment.objects.create(
                order=order,
                carrier=carrier,
                tracking_number=tracking_number,
                shipped_at=now,
                shipped_by=actor,
            )
    except IntegrityError as known:
        raise ParcelKnown from known
    ShipmentLine.objects.bulk_create(
        ShipmentLine(shipment=shipment, line_id=line_id, quantity=units)
        for line_id, units in leaving.items()
    )
    return shipment


def _advance(order: Order, *, complete: bool, actor: "User", now: datetime) -> None:
    if complete:
        move([order], to=S.SHIPPED, now=now, actor=actor, shipped_at=now)
    elif order.status == S.PREPARING:
        move([order], to=S.PART_SHIPPED, now=now, actor=actor)
