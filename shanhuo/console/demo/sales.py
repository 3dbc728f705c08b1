"""Limited sales of the demo: one has just opened, one opens tomorrow evening."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from shanhuo.console.demo.cast import Place
from shanhuo.kernel import clock
from shanhuo.orders import services as orders

if TYPE_CHECKING:
    from shanhuo.goods.models import Product

PIECES, PER_PERSON = 12, 2
PRICE_PER_CENT = 80
_EVENING = timedelta(hours=20)


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
