"""What the front page shows: clips, goods of the season, and the counties they come from."""

from dataclasses import dataclass
from datetime import date

from django.db.models import Count

from shanhuo.content import queries as content
from shanhuo.content.queries import PostCard
from shanhuo.goods import queries as goods
from shanhuo.goods.queries import ProductCard

TILES = 8
CHIPS = 12
NEWEST = 40


@dataclass(frozen=True, slots=True)
class CountyChip:
    """A county that has goods on sale."""

    adcode: str
    name: str


def fresh_posts() -> list[PostCard]:
    """The newest post of each author: nobody fills the front page."""
    newest = content.cards(content.published_posts()[:NEWEST])
    by_author = {card.author_id: card for card in reversed(newest)}
    return sorted(by_author.values(), key=newest.index)[:TILES]


def goods_of_the_season(day: date) -> list[ProductCard]:
    """What is fresh in this month and admitted by its county; where little is, whatever is new."""
    admitted = goods.in_pool(goods.products_on_sale())
    fresh = goods.in_season(admitted, day.month).order_by("-listed_at")[:TILES]
    cards = goods.cards(fresh, day=day)
    if len(cards) >= TILES:
        return cards
    newest = goods.products_on_sale().order_by("-listed_at")[: 2 * TILES]
    shown = {card.id for card in cards}
    more = [card for card in goods.cards(newest, day=day) if card.id not in shown]
    return [*cards, *more][:TILES]


def counties_with_goods() -> list[CountyChip]:
    """Counties by number of products, the most first."""
    rows = (
        goods.products_on_sale()
        .values("county")
        .annotate(count=Count("pk"))
        .order_by("-count", "county__adcode")
        .values_list("county__adcode", "county__name")[:CHIPS]
    )
    return [CountyChip(adcode, name) for adcode, name in rows]
