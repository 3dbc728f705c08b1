"""Coupons in a room: put out by its hosts, taken by its viewers, taken back."""

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from shanhuo.kernel.errors import Refusal
from shanhuo.live import queries, rules
from shanhuo.live.models import CouponOut, Session
from shanhuo.live.services.showcase import RUNNING, NotYourShowcase
from shanhuo.live.telling import tell_room
from shanhuo.live.transitions import WrongStatus
from shanhuo.orders import services as orders

if TYPE_CHECKING:
    from shanhuo.orders.models import Coupon
    from shanhuo.people.models import User


class NotForThisRoom(Refusal):
    code = "not_for_this_room"
    message = _(
        "These coupons cannot be given out here: their merchant takes no part, or they ended."
    )


class NotGivenOut(Refusal):
    code = "not_given_out"
    message = _("The hosts have taken these coupons back.")


@transaction.atomic
def put_out(*, session_id: int, batch: str, by: "User", now: datetime) -> None:
    """Give coupons (public id of the batch) out in the room. Twice is once.

    Only those of merchants on stage. Raises NotYourShowcase, WrongStatus or NotForThisRoom.
    """
    session = _lock(session_id, by=by)
    found = {one.public_id: one for one in queries.coupons_at_hand(session, now=now)}
    if batch not in found:
        raise NotForThisRoom
    CouponOut.objects.get_or_create(
        session=session,
        batch=found[batch],
        taken_back_at=None,
        defaults={"put_out_by": by, "put_out_at": now},
    )
    tell_room(session)


@transaction.atomic
def take_back(*, session_id: int, batch: str, by: "User", now: datetime) -> None:
    """Nobody takes one here any more. Safe to call twice. Raises NotYourShowcase or WrongStatus."""
    session = _lock(session_id, by=by)
    out = CouponOut.objects.filter(session=session, taken_back_at=None, batch__public_id=batch)
    out.update(taken_back_at=now)
    tell_room(session)


def take(*, session_id: int, batch: str, by: "User", now: datetime) -> "Coupon":
    """A viewer takes one while it is given out. Raises NotGivenOut, or what orders.take_coupon
    does."""
    session = Session.objects.filter(pk=session_id, status__in=RUNNING).first()
    out = CouponOut.objects.filter(
        session=session_id, taken_back_at=None, batch__public_id=batch
    ).first()
    if session is None or out is None:
        raise NotGivenOut
    return orders.take_coupon(batch_id=out.batch_id, by=by, session=session.public_id, now=now)


def _lock(session_id: int, *, by: "User") -> Session:
    session = Session.objects.select_for_update(no_key=True).get(pk=session_id)
    if not rules.can_direct(by, session):
        raise NotYourShowcase
    if session.status not in RUNNING:
        raise WrongStatus
    return session
