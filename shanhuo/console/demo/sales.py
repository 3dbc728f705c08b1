"""Limited sales of the demo: one has just opened, one opens tomorrow evening. And coupons."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from shanhuo.console.demo.cast import Cast, Place
from shanhuo.kernel import clock
from shanhuo.orders import services as orders

if TYPE_CHECKING:
    from shanhuo.goods.models import Product

PIECES, PER_PERSON = 12, 2
PRICE_PER_CENT = 80
_EVENING = timedelta(hours=20)
COUPONS, FROM_FEN = 300, 5900
COUPONS_FOR = timedelta(days=10)


def announce(places: Sequence[Place], products: Sequence["Product"], *, now: datetime) -> None:
    """By the first two cooperatives, of the first size of their product each."""
    tomorrow = clock.start_of(clock.day_of(now)) + timedelta(days=1)
    times = [(now, timedelta(days=3)), (tomorrow + _EVENING, timedelta(hours=2))]
    for place, product, (opens_at, lasts) in zip(places, products, times, strict=False):
        sku = product.skus.order_by("pk")[0]
        orders.open_hot_sale(
            sku_id=sku.pk,
            usual_fen=sku.price_fen,
            price_fen=sku.price_fen * PRICE_PER_CENT // 100,
            stock_count=PIECES,
            per_person=PER_PERSON,
            opens_at=opens_at,
            closes_at=opens_at + lasts,
            actor=place.seller,
            now=now,
        )


def offer_coupons(cast: Cast, *, now: datetime) -> None:
    """The first two cooperatives give coupons; the platform bears half of the second's, and has
    still to agree to a part of the third's."""
    terms = [(800, 0, False), (1000, 5000, True), (1500, 3000, False)]
    for place, (off_fen, share, is_agreed) in zip(cast.places, terms, strict=False):
        batch = orders.offer_coupons(
            merchant_id=place.cooperative.pk,
            threshold_fen=FROM_FEN,
            off_fen=off_fen,
            platform_basis_points=share,
            stock_count=COUPONS,
            per_person=1,
            opens_at=now,
            closes_at=now + COUPONS_FOR,
            use_by=now + 2 * COUPONS_FOR,
            actor=place.seller,
            now=now,
        )
        if is_agreed:
            orders.agree_to_coupons(batch_id=batch.pk, actor=cast.operator, now=now)
