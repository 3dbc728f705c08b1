"""The goods of a session (小黄车): put in, put in order, talked about, pinned, offered, taken out.

Every verb locks the session's row first, so that two hosts with two phones take turns, and raises
its `room_version`, so that the room hears of it with the next tick.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext_lazy as _

from shanhuo.goods import queries as goods
from shanhuo.kernel import audit, clock
from shanhuo.kernel.errors import Refusal
from shanhuo.live import rules
from shanhuo.live.models import Cast, CouponOut, Explanation, Pin, Session, ShowcaseItem
from shanhuo.live.showcase import problem_of, screen_price_fen
from shanhuo.live.states import ExplainState, ItemProblem, SessionStatus, UnpinReason
from shanhuo.live.telling import tell_room
from shanhuo.live.transitions import WrongStatus
from shanhuo.orders import services as orders
from shanhuo.people import rules as people

if TYPE_CHECKING:
    from shanhuo.orders.models import HotSale
    from shanhuo.people.models import User

S = SessionStatus
MOST_ITEMS = 100
PLANNED = frozenset({S.DRAFT, S.SUBMITTED, S.SCHEDULED, S.ON_AIR, S.INTERRUPTED})
RUNNING = frozenset({S.ON_AIR, S.INTERRUPTED})
_REASONS = {ItemProblem.POOL: UnpinReason.POOL, ItemProblem.STOCK: UnpinReason.STOCK}


class NotYourShowcase(Refusal):
    code = "not_your_showcase"
    status = 403
    message = _("Only the hosts of this session change its showcase.")


class NoSuchItem(Refusal):
    code = "no_such_item"
    status = 404
    message = _("This product is not in the showcase, or not any more.")


class NotForThisShowcase(Refusal):
    code = "not_for_this_showcase"
    message = _(
        "This product may not be sold here: it is not on sale, it left its county's pool, or its "
        "merchant neither takes part, nor is in the pool, nor pays creators."
    )


class ShowcaseFull(Refusal):
    code = "showcase_full"
    message = _("A showcase holds at most %(most)s goods.")


class ShowcaseMoved(Refusal):
    code = "showcase_moved"
    message = _("The showcase has changed meanwhile. Look at it again.")


class NotToBePinned(Refusal):
    """`details["problem"]` is an ItemProblem code."""

    code = "not_to_be_pinned"
    message = _("This product cannot be on the screen now. %(words)s")


class OfferRunning(Refusal):
    code = "offer_running"
    message = _("This product has a limited offer that is not over yet.")


class NotYourGoods(Refusal):
    code = "not_your_goods"
    status = 403
    message = _("Only the merchant of a product makes limited offers of it.")


class OwnLook(Refusal):
    code = "own_look"
    status = 403
    message = _("Somebody who is not in the session has to look at what was added to it.")


@transaction.atomic
def add_item(*, session_id: int, product_id: int, by: "User", now: datetime) -> ShowcaseItem:
    """Put a product at the end of the showcase. Twice is once.

    What comes after the session was submitted stays unseen until `pass_item`.
    Raises NotYourShowcase, WrongStatus, NotForThisShowcase or ShowcaseFull.
    """
    session = _lock(session_id, by=by, while_=PLANNED)
    present = ShowcaseItem.objects.filter(session=session, removed_at=None)
    known = present.filter(product=product_id).first()
    if known is not None:
        return known
    if present.count() >= MOST_ITEMS:
        raise ShowcaseFull(most=MOST_ITEMS)
    product = goods.products_now([product_id], day=clock.day_of(now)).get(product_id)
    if product is None or not _may_be_sold(product, session):
        raise NotForThisShowcase
    last = present.aggregate(last=Max("position"))["last"]
    item = ShowcaseItem.objects.create(
        session=session,
        product_id=product_id,
        brought_by=Cast.objects.filter(session=session, user=by).first(),
        position=0 if last is None else last + 1,
        added_at=now,
    )
    tell_room(session)
    return item


@transaction.atomic
def pass_item(*, item_id: int, by: "User", now: datetime) -> None:
    """An operator, or an officer of the session's county, has looked at a product that came after
    the check. Raises OwnLook or NoSuchItem."""
    item = _item(item_id)
    session = Session.objects.select_for_update(no_key=True).get(pk=item.session_id)
    if not rules.can_pass_items(by, session):
        raise OwnLook
    ShowcaseItem.objects.filter(pk=item.pk, passed_at=None).update(passed_by=by, passed_at=now)
    audit.record(
        verb="live.item_passed",
        actor=by,
        subject=f"live.Session:{session.public_id}",
        detail={"product": item.product.public_id},
        now=now,
    )
    tell_room(session)


@transaction.atomic
def remove_item(*, item_id: int, by: "User", now: datetime) -> None:
    """Take a product out; its row stays in the record. Raises what `add_item` does, NoSuchItem."""
    item = _item(item_id)
    session = _lock(item.session_id, by=by, while_=PLANNED)
    _stop(session, now=now, only=item.pk)
    _unpin(session, UnpinReason.REMOVED, now=now, only=item.pk)
    ShowcaseItem.objects.filter(pk=item.pk, removed_at=None).update(removed_at=now)
    tell_room(session)


@transaction.atomic
def reorder(*, session_id: int, item_ids: Sequence[int], by: "User") -> None:
    """Put the goods in this order: exactly the present ones, or ShowcaseMoved."""
    session = _lock(session_id, by=by, while_=PLANNED)
    present = ShowcaseItem.objects.filter(session=session, removed_at=None)
    if sorted(item_ids) != sorted(present.values_list("pk", flat=True)):
        raise ShowcaseMoved
    for position, item_id in enumerate(item_ids):
        ShowcaseItem.objects.filter(pk=item_id).update(position=position)
    tell_room(session)


@transaction.atomic
def pin(*, item_id: int, by: "User", now: datetime) -> None:
    """Put a product on the screen, instead of what is there, and remember the price shown.

    Raises NotYourShowcase, WrongStatus, NoSuchItem or NotToBePinned.
    """
    item = _item(item_id)
    session = _lock(item.session_id, by=by, while_=rules.SHOWN)
    product = goods.products_now([item.product_id], day=clock.day_of(now)).get(item.product_id)
    problem = problem_of(item, product, session, now=now)
    if problem or product is None:
        problem = problem or ItemProblem.WITHDRAWN
        raise NotToBePinned(problem=problem.value, words=problem.label)
    _unpin(session, UnpinReason.REPLACED, now=now)
    _show(item, screen_price_fen(item, product, now=now), now=now)
    tell_room(session)


@transaction.atomic
def unpin(*, session_id: int, by: "User", now: datetime) -> None:
    """Clear the screen. Safe to call twice."""
    session = _lock(session_id, by=by, while_=rules.SHOWN)
    _unpin(session, UnpinReason.HOST, now=now)
    tell_room(session)


@transaction.atomic
def start_explaining(*, item_id: int, by: "User", now: datetime) -> None:
    """讲解中: the host talks about this product from now on, and no longer about another one."""
    item = _item(item_id)
    session = _lock(item.session_id, by=by, while_=RUNNING)
    if item.state == ExplainState.EXPLAINING:
        return
    _stop(session, now=now)
    ShowcaseItem.objects.filter(pk=item.pk).update(state=ExplainState.EXPLAINING)
    Explanation.objects.create(item=item, started_at=now)
    tell_room(session)


@transaction.atomic
def stop_explaining(*, session_id: int, by: "User", now: datetime) -> None:
    """已讲解. Safe to call twice."""
    session = _lock(session_id, by=by, while_=RUNNING)
    _stop(session, now=now)
    tell_room(session)


@transaction.atomic
def attach_offer(
    *,
    item_id: int,
    sku: str,
    price_fen: int,
    stock_count: int,
    per_person: int,
    opens_at: datetime,
    closes_at: datetime,
    by: "User",
    now: datetime,
) -> "HotSale":
    """A limited offer (秒杀) of one size (its public id) of a product, made by its merchant.

    Raises NotYourShowcase, WrongStatus, NoSuchItem, NotYourGoods, OfferRunning, orders.BadSale,
    goods.OutOfStock or goods.NotForSale.
    """
    item = _item(item_id)
    session = _lock(item.session_id, by=by, while_=PLANNED)
    if item.product.merchant_id not in people.merchant_ids(by):
        raise NotYourGoods
    if item.hot_sale is not None and not item.hot_sale.is_over_at(now):
        raise OfferRunning
    size = goods.offers([sku], day=clock.day_of(now)).get(sku)
    if size is None or size.product_id != item.product_id:
        raise NoSuchItem
    sale = orders.open_hot_sale(
        sku_id=size.sku_id,
        usual_fen=size.price_fen,
        price_fen=price_fen,
        stock_count=stock_count,
        per_person=per_person,
        opens_at=opens_at,
        closes_at=closes_at,
        actor=by,
        now=now,
        session=session.public_id,
    )
    ShowcaseItem.objects.filter(pk=item.pk).update(hot_sale=sale)
    _look_again(ShowcaseItem.objects.get(pk=item.pk), session, now=now)
    return sale


def look_at_product(*, product: str, now: datetime) -> None:
    """Something about a product (public id) changed: what must not be on a screen leaves it, and a
    screen that showed another price shows the new one from now on. Safe to call late or twice."""
    items = ShowcaseItem.objects.filter(
        product__public_id=product, removed_at=None, session__status__in=rules.SHOWN
    )
    for session_id in items.order_by("session").values_list("session", flat=True).distinct():
        with transaction.atomic():
            session = Session.objects.select_for_update(no_key=True).get(pk=session_id)
            for item in items.filter(session=session).select_related("hot_sale"):
                _look_again(item, session, now=now)


@transaction.atomic
def end_showcase(*, session_id: int, now: datetime) -> None:
    """The session ended: nothing is on a screen, talked about or given out any more. Safe twice."""
    session = Session.objects.select_for_update(no_key=True).get(pk=session_id)
    _stop(session, now=now)
    _unpin(session, UnpinReason.ENDED, now=now)
    CouponOut.objects.filter(session=session, taken_back_at=None).update(taken_back_at=now)
    tell_room(session)


def _lock(session_id: int, *, by: "User", while_: frozenset[SessionStatus]) -> Session:
    session = Session.objects.select_for_update(no_key=True).get(pk=session_id)
    if not rules.can_direct(by, session):
        raise NotYourShowcase
    if session.status not in while_:
        raise WrongStatus
    return session


def _item(item_id: int) -> ShowcaseItem:
    present = ShowcaseItem.objects.filter(pk=item_id, removed_at=None)
    item = present.select_related("product", "hot_sale").first()
    if item is None:
        raise NoSuchItem
    return item


def _may_be_sold(product: goods.ProductNow, session: Session) -> bool:
    """On sale, and with its merchant's word: by taking part, by the pool, or by a commission that
    it offers to whoever brings buyers."""
    if not product.is_on_sale or product.has_left_pool:
        return False
    agreed = product.is_in_pool or product.pays_creators
    return agreed or product.merchant_id in rules.merchants_on_stage(session)


def _look_again(item: ShowcaseItem, session: Session, *, now: datetime) -> None:
    tell_room(session)
    if item.pinned_at is None:
        return
    product = goods.products_now([item.product_id], day=clock.day_of(now)).get(item.product_id)
    problem = problem_of(item, product, session, now=now)
    if problem or product is None:
        _unpin(
            session,
            _REASONS.get(problem or ItemProblem.WITHDRAWN, UnpinReason.WITHDRAWN),
            now=now,
            only=item.pk,
        )
        return
    price_fen = screen_price_fen(item, product, now=now)
    if not Pin.objects.filter(item=item, ended_at=None, price_fen=price_fen).exists():
        _unpin(session, UnpinReason.REPLACED, now=now, only=item.pk)
        _show(item, price_fen, now=now)


def _show(item: ShowcaseItem, price_fen: int, *, now: datetime) -> None:
    ShowcaseItem.objects.filter(pk=item.pk).update(pinned_at=now)
    Pin.objects.create(item=item, price_fen=price_fen, pinned_at=now)


def _unpin(session: Session, why: UnpinReason, *, now: datetime, only: int | None = None) -> None:
    pinned = ShowcaseItem.objects.filter(session=session, pinned_at__isnull=False)
    if only is not None:
        pinned = pinned.filter(pk=only)
    shown = Pin.objects.filter(item__in=pinned.values("pk"), ended_at=None)
    shown.update(ended_at=now, ended_why=why)
    pinned.update(pinned_at=None)


def _stop(session: Session, *, now: datetime, only: int | None = None) -> None:
    talked = ShowcaseItem.objects.filter(session=session, state=ExplainState.EXPLAINING)
    if only is not None:
        talked = talked.filter(pk=only)
    Explanation.objects.filter(item__in=talked.values("pk"), ended_at=None).update(ended_at=now)
    talked.update(state=ExplainState.EXPLAINED)
