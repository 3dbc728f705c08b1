"""Coupons of a room, as hosts and viewers see them."""

from datetime import datetime

from shanhuo.live import rules
from shanhuo.live.models import CouponOut, Session
from shanhuo.orders import queries as orders
from shanhuo.orders.queries import AnyBatch


def coupons_out(session_id: int, *, now: datetime) -> list[AnyBatch]:
    """What is given out in the room this second, the most off first."""
    out = batches_out(session_id)
    return orders.coupons_for_room(out, now=now) if out else []


def batches_out(session_id: int) -> set[int]:
    """Ids of the batches that the hosts put out and did not take back."""
    rows = CouponOut.objects.filter(session=session_id, taken_back_at=None)
    return set(rows.values_list("batch", flat=True))


def coupons_at_hand(session: Session, *, now: datetime) -> list[AnyBatch]:
    """What the hosts can give out: of the merchants on stage, for this session or for all."""
    return orders.coupons_of_merchants(
        rules.merchants_on_stage(session), session=session.public_id, now=now
    )
