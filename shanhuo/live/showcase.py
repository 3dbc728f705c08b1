"""What stands between a product and the screen, and the price it has there."""

from datetime import datetime

from shanhuo.goods.queries import ProductNow
from shanhuo.live.models import Session, ShowcaseItem
from shanhuo.live.states import ItemProblem


def problem_of(
    item: ShowcaseItem, product: ProductNow | None, session: Session, *, now: datetime
) -> ItemProblem | None:
    """Why this must not be on the screen; None if it may."""
    if product is None or not product.is_on_sale:
        return ItemProblem.WITHDRAWN
    if product.has_left_pool:
        return ItemProblem.POOL
    if not was_looked_at(item, session):
        return ItemProblem.UNCHECKED
    if not product.left_count and not _offers_something(item, now=now):
        return ItemProblem.STOCK
    return None


def was_looked_at(item: ShowcaseItem, session: Session) -> bool:
    """It stood in the showcase when the session was submitted, or somebody passed it since."""
    if item.passed_at is not None:
        return True
    return session.submitted_at is not None and item.added_at <= session.submitted_at


def screen_price_fen(item: ShowcaseItem, product: ProductNow, *, now: datetime) -> int:
    """The lowest price that is shown: of a limited offer that is not over, or of the sizes."""
    sale = item.hot_sale
    if sale is None or sale.is_over_at(now):
        return product.price_from_fen
    return min(sale.price_fen, product.price_from_fen or sale.price_fen)


def _offers_something(item: ShowcaseItem, *, now: datetime) -> bool:
    sale = item.hot_sale
    return sale is not None and not sale.is_over_at(now) and sale.left_count > 0
