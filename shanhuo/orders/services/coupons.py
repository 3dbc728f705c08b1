"""Coupons: offered by a merchant, agreed to by the platform, taken by people, used for an order."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from shanhuo.goods import queries as goods
from shanhuo.kernel import audit
from shanhuo.kernel.encryption import keyed_hash
from shanhuo.kernel.errors import Refusal
from shanhuo.kernel.money import BASIS_POINTS
from shanhuo.orders.choices import CouponState
from shanhuo.orders.models import Coupon, CouponBatch, Order
from shanhuo.people import rules as people

if TYPE_CHECKING:
    from shanhuo.people.models import User

LARGEST_BATCH = 1_000_000
MOST_PER_PERSON = 20


class BadCoupons(Refusal):
    code = "bad_coupons"
    status = 422
    message = _(
        "Coupons need a number, take off less than they ask for, are for goods of one merchant, "
        "and can be used at least as long as they can be taken."
    )


class MinorsTakeNone(Refusal):
    code = "youth_mode"
    status = 403
    message = _("Coupons are for people who may buy here.")


class CouponsNotOpen(Refusal):
    code = "coupons_not_open"
    message = _("These coupons cannot be taken yet.")


class CouponsAllTaken(Refusal):
    code = "coupons_all_taken"
    message = _("All coupons of this kind have been taken.")


class CouponsOver(Refusal):
    code = "coupons_over"
    message = _("These coupons cannot be taken any more.")


class EnoughCoupons(Refusal):
    code = "enough_coupons"
    message = _("You have as many of these coupons as one person can have.")


class OnlyInTheRoom(Refusal):
    code = "only_in_the_room"
    message = _("These coupons are given out in a live session only.")


_REFUSALS: Mapping[CouponState, type[Refusal]] = {
    CouponState.WAITING: CouponsNotOpen,
    CouponState.COMING: CouponsNotOpen,
    CouponState.ALL_TAKEN: CouponsAllTaken,
    CouponState.STOPPED: CouponsOver,
    CouponState.OVER: CouponsOver,
}


@transaction.atomic
def offer_coupons(
    *,
    merchant_id: int,
    product_ids: Collection[int] = (),
    threshold_fen: int,
    off_fen: int,
    platform_basis_points: int = 0,
    stock_count: int,
    per_person: int,
    opens_at: datetime,
    closes_at: datetime,
    use_by: datetime,
    session: str = "",
    actor: "User",
    now: datetime,
) -> CouponBatch:
    """A merchant makes a batch. Where the platform shall bear a part, it waits for its word.

    product_ids: the goods that it is for; none means all of the merchant. session: the live session
    (public id) in which alone it is given out. Raises BadCoupons.
    """
    sane = (
        1 <= off_fen < threshold_fen
        and 0 <= platform_basis_points <= BASIS_POINTS
        and 1 <= stock_count <= LARGEST_BATCH
        and 1 <= per_person <= min(stock_count, MOST_PER_PERSON)
        and opens_at < closes_at <= use_by
        and closes_at > now
        and goods.are_of_merchant(product_ids, merchant_id)
    )
    if not sane:
        raise BadCoupons
    batch = CouponBatch.objects.create(
        merchant_id=merchant_id,
        threshold_fen=threshold_fen,
        off_fen=off_fen,
        platform_basis_points=platform_basis_points,
        stock_count=stock_count,
        left_count=stock_count,
        per_person=per_person,
        opens_at=opens_at,
        closes_at=closes_at,
        use_by=use_by,
        session=session,
        made_by=actor,
        made_at=now,
        agreed_at=None if platform_basis_points else now,
    )
    batch.products.set(product_ids)
    _note("orders.coupons", batch, actor, now=now)
    return batch


@transaction.atomic
def agree_to_coupons(*, batch_id: int, actor: "User", now: datetime) -> bool:
    """An operator: the platform bears its part. False if there is nothing to agree to any more."""
    waiting = CouponBatch.objects.filter(
        pk=batch_id, agreed_at=None, stopped_at=None, closes_at__gt=now
    )
    if not waiting.update(agreed_at=now):
        return False
    _note("orders.coupons_agreed", CouponBatch.objects.get(pk=batch_id), actor, now=now)
    return True


@transaction.atomic
def stop_coupons(*, batch_id: int, actor: "User", now: datetime) -> bool:
    """Nobody takes one any more, False if that was so; what people have stays good."""
    running = CouponBatch.objects.filter(pk=batch_id, stopped_at=None, closes_at__gt=now)
    if not running.update(stopped_at=now):
        return False
    _note("orders.coupons_stopped", CouponBatch.objects.get(pk=batch_id), actor, now=now)
    return True


@transaction.atomic
def take_coupon(*, batch_id: int, by: "User", session: str = "", now: datetime) -> Coupon:
    """One coupon for whoever asks, until all are taken. session: the room that gives it out.

    Raises MinorsTakeNone, EnoughCoupons, OnlyInTheRoom, CouponsNotOpen, CouponsAllTaken or
    CouponsOver.
    """
    if not people.may_trade(by):
        raise MinorsTakeNone
    # The row's lock: of many who ask, each sees what the one before has left.
    batch = CouponBatch.objects.select_for_update(no_key=True).get(pk=batch_id)
    person_key = _person_key(batch, by)
    same_person = Q(holder=by) | Q(person_key=person_key)
    number = Coupon.objects.filter(same_person, batch=batch).count() + 1
    if number > batch.per_person:
        raise EnoughCoupons
    if batch.session not in ("", session):
        raise OnlyInTheRoom
    state = batch.state_at(now)
    if state is not CouponState.OPEN:
        raise _REFUSALS[state]
    CouponBatch.objects.filter(pk=batch.pk).update(left_count=F("left_count") - 1)
    return Coupon.objects.create(
        batch=batch,
        holder=by,
        person_key=person_key,
        number=number,
        taken_at=now,
        via_session=session,
    )


def forget_persons(*, now: datetime) -> int:
    """When nobody can take one any more, nobody needs to be told apart: the marks of telephones go,
    and each coupon keeps one of its own. Safe to call again."""
    over = Q(batch__closes_at__lte=now) | Q(batch__stopped_at__isnull=False)
    marked = Coupon.objects.filter(over).exclude(person_key=F("public_id"))
    return marked.update(person_key=F("public_id"))


def use_coupon(coupon: Coupon, *, order: Order, now: datetime) -> bool:
    """Bind a coupon to the order it was taken off from, in the order's transaction; False if it is
    used meanwhile."""
    # The update is the claim: of two checkouts, exactly one sees a row change.
    unused = Coupon.objects.filter(pk=coupon.pk, order=None)
    return bool(unused.update(order=order, used_at=now))


def give_coupon_back(*orders: Order) -> None:
    """The orders came to nothing: who used a coupon for one has it again. Safe to call twice."""
    Coupon.objects.filter(order__in=orders).update(order=None, used_at=None)


def _person_key(batch: CouponBatch, person: "User") -> str:
    """By telephone, so that a second account is the same person; an account without one is a
    person of its own."""
    who = person.phone_digest or person.public_id
    return keyed_hash("coupon.person", f"{batch.public_id}:{who}")


def _note(verb: str, batch: CouponBatch, actor: "User", *, now: datetime) -> None:
    audit.record(
        verb=verb,
        subject=f"orders.CouponBatch:{batch.public_id}",
        actor=actor,
        detail={
            "off_fen": batch.off_fen,
            "threshold_fen": batch.threshold_fen,
            "stock_count": batch.stock_count,
            "platform_basis_points": batch.platform_basis_points,
        },
        now=now,
    )
