"""What a coupon takes off: one rule for the checkout that shows it and the order that uses it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from shanhuo.kernel.money import share_of, split
from shanhuo.kernel.prepared import prepared
from shanhuo.orders.models import Coupon, CouponBatch, OrderLine


@dataclass(frozen=True, slots=True)
class Held:
    """A coupon that somebody has. `products` are the ids of the goods it is for; empty: all of its
    merchant."""

    coupon: Coupon
    products: frozenset[int]

    @property
    def batch(self) -> CouponBatch:
        return self.coupon.batch

    def fits(self, line: OrderLine) -> bool:
        """The line is of the goods that it is for. The merchant is the caller's to compare."""
        return not self.products or line.product_id in self.products

    def missing_fen(self, lines: Sequence[OrderLine]) -> int:
        """How much more of its goods it asks for; 0 when it can be used."""
        return max(0, self.batch.threshold_fen - sum(self._weights(lines)))

    def use_on(self, lines: Sequence[OrderLine]) -> None:
        """Give each line its share of what the coupon takes off, by what the line costs; and to
        each share the platform's part of it. Both sum exactly."""
        off_fen = self.batch.off_fen
        platform_fen = share_of(off_fen, basis_points=self.batch.platform_basis_points)
        offs = split(off_fen, weights=self._weights(lines))
        for line, off, part in zip(lines, offs, split(platform_fen, weights=offs), strict=True):
            line.coupon_fen, line.coupon_platform_fen = off, part

    def _weights(self, lines: Sequence[OrderLine]) -> list[int]:
        """What each line costs after price cuts, freight apart; nothing where it does not fit."""
        return [line.quantity * line.unit_paid_fen if self.fits(line) else 0 for line in lines]


def purse(buyer_id: int, *, now: datetime) -> list[Held]:
    """The coupons that a person has and can still use, whoever's goods they are for: the most off
    first, then the one that ends first."""
    coupons = _unused(holder_id=buyer_id, now=now)
    chosen = products_of([coupon.batch_id for coupon in coupons])
    return [Held(coupon, chosen.get(coupon.batch_id, frozenset())) for coupon in coupons]


@prepared
def _unused(holder_id: int, now: datetime) -> QuerySet[Coupon]:
    unused = Coupon.objects.filter(holder=holder_id, order=None, batch__use_by__gt=now)
    ranked = unused.order_by("-batch__off_fen", "batch__use_by", "pk")
    return ranked.select_related("batch__merchant")


def products_of(batch_ids: Sequence[int]) -> dict[int, frozenset[int]]:
    """Batch -> ids of the products that its coupons are for; no entry where they are for all."""
    found: dict[int, set[int]] = {}
    for batch_id, product_id in _chosen(batch_ids=list(batch_ids)):
        found.setdefault(batch_id, set()).add(product_id)
    return {batch_id: frozenset(ids) for batch_id, ids in found.items()}


@prepared
def _chosen(batch_ids: Sequence[int]) -> QuerySet[Any, tuple[int, int]]:
    rows = CouponBatch.products.through.objects.filter(couponbatch__in=batch_ids)
    return rows.values_list("couponbatch_id", "product_id")
