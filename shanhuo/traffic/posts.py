"""Published posts, as the feed needs them, from the rooms that own them."""

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta

import msgspec
from django.conf import settings

from shanhuo.content import published as content
from shanhuo.content.events import PostPublished, PostWithdrawn
from shanhuo.content.published import ShownPost
from shanhuo.goods import queries as goods
from shanhuo.goods.queries import ProductCard
from shanhuo.kernel import clock, facts
from shanhuo.traffic.catalogue import EVERY_MONTH, Card

AT_A_TIME = 500
LITTLE = timedelta(seconds=1)


def published(*, now: datetime, ids: Collection[int] | None = None) -> Iterator[Card]:
    """Cards of all published posts, or of those among `ids` that are published."""
    batch: list[ShownPost] = []
    for post in content.shown_posts(ids):
        batch.append(post)
        if len(batch) == AT_A_TIME:
            yield from _cards(batch, now)
            batch = []
    yield from _cards(batch, now)


def changes(*, since: datetime, now: datetime) -> tuple[list[int], list[int]]:
    """Ids of posts that were published, and withdrawn for good, since then."""
    up = {fact.payload["post_id"]: fact.at for fact in _log(PostPublished, since, now)}
    down = {fact.payload["post_id"]: fact.at for fact in _log(PostWithdrawn, since, now)}
    withdrawn = [post for post, at in down.items() if post not in up or up[post] <= at]
    return [post for post in up if post not in withdrawn], withdrawn


def _log(
    fact: type[PostPublished] | type[PostWithdrawn], since: datetime, now: datetime
) -> Iterator[facts.RecordedFact]:
    return facts.read_log(fact, since=since, until=now + LITTLE)


def _cards(batch: list[ShownPost], now: datetime) -> Iterator[Card]:
    wanted = {post.product_id for post in batch if post.product_id}
    products = goods.cards_by_id(wanted, day=clock.day_of(now)) if wanted else {}
    for post in batch:
        product = products.get(post.product_id or 0)
        yield Card(
            post_id=post.id,
            author_id=post.author_id,
            county=int(post.adcode),
            product_id=product.id if product else 0,
            topics=post.topics,
            season_mask=_season(product),
            published_ms=int(post.published_at.timestamp() * 1000),
            priority=post.county_has_floor,
            body=_body(post, product),
        )


def _season(product: ProductCard | None) -> int:
    """Months of the product as bits; a post without one has no season."""
    if product is None:
        return 0
    mask = 0
    for first, last in product.season:
        for step in range((last - first) % 12 + 1):
            mask |= 1 << ((first + step - 1) % 12)
    return mask & EVERY_MONTH


def _body(post: ShownPost, product: ProductCard | None) -> bytes:
    """The post's JSON without its braces: why stands before it, counts follow (`bodies`)."""
    shown = {
        "id": post.public_id,
        "kind": post.kind,
        "caption": post.caption,
        "topics": post.topics,
        "cover": post.cover,
        "photos": post.photos,
        "video": post.video,
        "author": {"id": post.author_public_id, "name": post.author_name},
        "county": {"code": post.adcode, "name": post.county_name},
        "product": _product(product) if product else None,
        "published_at": post.published_at,
    }
    return msgspec.json.encode(shown)[1:-1]


def _product(product: ProductCard) -> dict[str, object]:
    return {
        "id": product.public_id,
        "title": product.title,
        "price_fen": product.price_from_fen,
        "cover": f"{settings.MEDIA_URL}{product.thumb}" if product.thumb else "",
        "available": product.is_available,
    }
