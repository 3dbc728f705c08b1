"""What waits on a seller's desk."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Exists, F, OuterRef

from shanhuo.goods.models import Lot, Product
from shanhuo.goods.queries.rows import lots_editable_by, products_editable_by, skus_editable_by


@dataclass(frozen=True, slots=True)
class SellerWork:
    """What a seller should look at today: counts of products, lots and sizes."""

    draft_products: int
    draft_lots: int
    unsellable_products: int
    ending_lots: int
    low_skus: int


ENDS_SOON = timedelta(days=7)
LOW_STOCK = 5


def seller_work(user: Any, *, day: date) -> SellerWork:
    """Drafts, products on sale without a lot that may be sold, lots that end within a week, and
    sizes of which at most five units are free."""
    products = products_editable_by(user)
    lots = lots_editable_by(user)
    sellable = Lot.objects.sellable_on(day).filter(
        product=OuterRef("pk"), committed_grams__lt=F("declared_grams")
    )
    listed = products.filter(status=Product.Status.LISTED)
    low = skus_editable_by(user).filter(
        is_active=True,
        product__status=Product.Status.LISTED,
        stock_count__lte=F("held_count") + LOW_STOCK,
    )
    ending = lots.sellable_on(day).filter(valid_until__lte=day + ENDS_SOON)
    return SellerWork(
        draft_products=products.filter(status=Product.Status.DRAFT).count(),
        draft_lots=lots.filter(status=Lot.Status.DRAFT).count(),
        unsellable_products=listed.exclude(Exists(sellable)).count(),
        ending_lots=ending.count(),
        low_skus=low.count(),
    )
