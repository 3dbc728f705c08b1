"""Coupons as those see them who may take one, who have one, who give them out and who pay."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, F, Q, QuerySet, Sum

from shanhuo.kernel.money import BASIS_POINTS
from shanhuo.orders.choices import CouponState
from shanhuo.orders.models import Coupon, CouponBatch
from shanhuo.people import rules as people

AnyBatch = CouponBatch
_USED = Q(coupons__order__isnull=False)
_PAID = Q(coupons__order__paid_at__isnull=False)


def coupons_in_public(*, now: datetime) -> QuerySet[CouponBatch]:
    """What everybody may take on the pages of the goods, now or until it was all taken."""
    return _given_out(now).filter(session="")


def coupons_of_product(product_id: int, merchant_id: int, *, now: datetime) -> list[CouponBatch]:
    """Those of them that are for this product, the most off first."""
    goods = Q(products=None) | Q(products=product_id)
    return list(coupons_in_public(now=now).filter(goods, merchant=merchant_id))


def coupons_for_room(batch_ids: Iterable[int], *, now: datetime) -> list[CouponBatch]:
    """What a session gives out, of what can be taken at all."""
    return list(_given_out(now).filter(pk__in=batch_ids))


def coupons_of_merchants(
    merchant_ids: Collection[int], *, session: str, now: datetime
) -> list[CouponBatch]:
    """What the merchants have to give out in a session: their own for it, and those for all."""
    rows = _given_out(now).filter(merchant__in=merchant_ids, session__in=["", session])
    return list(rows.prefetch_related("products"))


def _given_out(now: datetime) -> QuerySet[CouponBatch]:
    open_ = CouponBatch.objects.filter(
        opens_at__lte=now, closes_at__gt=now, stopped_at=None, agreed_at__isnull=False
    )
    verified = open_.filter(merchant__status="verified").select_related("merchant")
    return verified.order_by("-off_fen", "use_by", "pk")


@dataclass(frozen=True, slots=True)
class CouponView:
    """A batch as it stands for one reader: `taken` is how many the reader has."""

    batch: CouponBatch
    taken: int

    @property
    def has_all(self) -> bool:
        """The reader has as many as one person can have, used ones counted."""
        return self.taken >= self.batch.per_person

    @property
    def can_be_taken(self) -> bool:
        return self.batch.left_count > 0 and not self.has_all


def coupon_views(batches: Iterable[CouponBatch], *, user: Any) -> list[CouponView]:
    """In the order of `batches`. A reader who is nobody costs no question."""
    rows = list(batches)
    taken: dict[int, int] = {}
    if rows and getattr(user, "pk", None):
        mine = Coupon.objects.filter(holder=user, batch__in=rows).values("batch")
        taken = dict(mine.annotate(count=Count("pk")).values_list("batch", "count"))
    return [CouponView(row, taken.get(row.pk, 0)) for row in rows]


def batches_had(user: Any, *, now: datetime) -> list[str]:
    """Public ids of the batches, not over yet, of which the reader has as many as one person can
    have: for a page that hears later what is given out. Nobody has none."""
    if not getattr(user, "pk", None):
        return []
    taken = Coupon.objects.filter(holder=user, batch__closes_at__gt=now).values("batch__public_id")
    had = taken.annotate(count=Count("pk")).filter(count__gte=F("batch__per_person"))
    return list(had.values_list("batch__public_id", flat=True))


def coupons_of(user: Any) -> QuerySet[Coupon]:
    """A person's own: those that can be used first, then what became of the others."""
    mine = Coupon.objects.filter(holder=user).select_related("batch__merchant__county", "order")
    return mine.prefetch_related("batch__products").order_by("used_at", "batch__use_by", "pk")


def batches_of_merchants(user: Any) -> QuerySet[CouponBatch]:
    """Batches of the user's merchants with what came of them, the latest first.

    `used_count` are in orders, `paid_count` in paid ones, of which `paid_off_fen` was taken off.
    """
    return _with_outcome(CouponBatch.objects.filter(merchant__in=people.merchant_ids(user)))


def batches_of_platform() -> QuerySet[CouponBatch]:
    """Those of which the platform bears a part, for operators and auditors."""
    return _with_outcome(CouponBatch.objects.filter(platform_basis_points__gt=0))


def batches_to_agree_to(*, now: datetime) -> int:
    """How many wait for the platform's word."""
    waiting = CouponBatch.objects.filter(agreed_at=None, stopped_at=None, closes_at__gt=now)
    return waiting.count()


def _with_outcome(batches: QuerySet[CouponBatch]) -> QuerySet[CouponBatch]:
    told = batches.annotate(
        used_count=Count("coupons", filter=_USED),
        paid_count=Count("coupons", filter=_PAID),
        paid_off_fen=Sum("coupons__order__coupon_fen", filter=_PAID, default=0),
    )
    named = told.select_related("merchant").prefetch_related("products")
    return named.order_by("-opens_at", "-pk")


def find_batches(
    batches: QuerySet[CouponBatch], *, now: datetime, q: str = "", state: str = ""
) -> QuerySet[CouponBatch]:
    """The filters above a list of batches: number, name of the merchant or of a product; state."""
    if q:
        titled = CouponBatch.objects.filter(products__title__icontains=q).values("pk")
        number = Q(public_id=q.lower())
        batches = batches.filter(number | Q(merchant__name__icontains=q) | Q(pk__in=titled))
    stopped, over = Q(stopped_at__isnull=False), Q(closes_at__lte=now)
    agreed = Q(agreed_at__isnull=False) & ~stopped & ~over
    opened = agreed & Q(opens_at__lte=now)
    states = {
        CouponState.WAITING: Q(agreed_at=None) & ~stopped & ~over,
        CouponState.COMING: agreed & Q(opens_at__gt=now),
        CouponState.OPEN: opened & Q(left_count__gt=0),
        CouponState.ALL_TAKEN: opened & Q(left_count=0),
        CouponState.STOPPED: stopped,
        CouponState.OVER: over & ~stopped,
    }
    return batches.filter(states[CouponState(state)]) if state else batches


@dataclass(frozen=True, slots=True)
class SessionCoupons:
    """What a session gave out of one batch: how many were taken there, are in orders, are in paid
    orders, and what they took off these."""

    session: str
    batch: str
    off_fen: int
    threshold_fen: int
    taken_count: int
    used_count: int
    paid_count: int
    paid_off_fen: int


def coupons_of_sessions(sessions: Collection[str]) -> list[SessionCoupons]:
    """By session and batch, in the order in which batches were made."""
    paid = Q(order__paid_at__isnull=False)
    rows = (
        Coupon.objects.filter(via_session__in=sessions)
        .values("via_session", "batch__public_id", "batch__off_fen", "batch__threshold_fen")
        .annotate(
            taken=Count("pk"),
            used=Count("order"),
            paid=Count("order", filter=paid),
            off=Sum("order__coupon_fen", filter=paid, default=0),
        )
        .order_by("batch")
    )
    terms = ("via_session", "batch__public_id", "batch__off_fen", "batch__threshold_fen")
    return [
        SessionCoupons(*row) for row in rows.values_list(*terms, "taken", "used", "paid", "off")
    ]


@dataclass(frozen=True, slots=True)
class CouponRecord:
    """A batch as evidence: its terms, who bears what, and how many were taken and used."""

    id: int
    batch: str
    merchant: str
    products: list[str]
    threshold_fen: int
    off_fen: int
    platform_basis_points: int
    merchant_basis_points: int
    stock_count: int
    left_count: int
    per_person: int
    opens_at: datetime
    closes_at: datetime
    use_by: datetime
    stopped_at: datetime | None
    taken_in_session: int
    used_in_session: int


def coupon_records(batch_ids: Collection[int], *, session: str) -> list[CouponRecord]:
    """In the order in which they were made."""
    here = Q(coupons__via_session=session)
    batches = CouponBatch.objects.filter(pk__in=batch_ids).select_related("merchant")
    told = batches.annotate(
        taken_here=Count("coupons", filter=here), used_here=Count("coupons", filter=here & _USED)
    )
    return [_record(batch) for batch in told.prefetch_related("products").order_by("pk")]


def _record(batch: Any) -> CouponRecord:
    return CouponRecord(
        id=batch.pk,
        batch=batch.public_id,
        merchant=batch.merchant.public_id,
        products=[product.public_id for product in batch.products.all()],
        threshold_fen=batch.threshold_fen,
        off_fen=batch.off_fen,
        platform_basis_points=batch.platform_basis_points,
        merchant_basis_points=BASIS_POINTS - batch.platform_basis_points,
        stock_count=batch.stock_count,
        left_count=batch.left_count,
        per_person=batch.per_person,
        opens_at=batch.opens_at,
        closes_at=batch.closes_at,
        use_by=batch.use_by,
        stopped_at=batch.stopped_at,
        taken_in_session=batch.taken_here,
        used_in_session=batch.used_here,
    )
