"""A merchant's freight rule and price cuts."""

from collections.abc import Collection
from datetime import datetime

from django.db.models import QuerySet

from shanhuo.orders.choices import Funder
from shanhuo.orders.models import FreightRule, PriceCut


def freight_rule(merchant_id: int) -> FreightRule | None:
    """None where sending is free."""
    return FreightRule.objects.filter(merchant=merchant_id).first()


def price_cuts_of(merchant_ids: Collection[int], *, now: datetime) -> QuerySet[PriceCut]:
    """Cuts that run now or will, the first to end first."""
    cuts = PriceCut.objects.filter(sku__product__merchant__in=merchant_ids, ends_at__gt=now)
    return cuts.select_related("sku__product").order_by("ends_at", "pk")


def price_cuts_of_platform(*, now: datetime) -> QuerySet[PriceCut]:
    """Cuts that the platform bears and that run now or will."""
    cuts = PriceCut.objects.filter(funder=Funder.PLATFORM, ends_at__gt=now)
    return cuts.select_related("sku__product").order_by("ends_at", "pk")
