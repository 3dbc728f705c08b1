"""Published posts, as the feed needs them, from the rooms that own them."""

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta

import msgspec
from django.conf import settings

from shanhuo.content import queries as content
from shanhuo.content.events import PostPublished, PostWithdrawn
from shanhuo.content.queries import Film, PostPage
from shanhuo.goods import queries as goods
from shanhuo.goods.queries import ProductCard
from shanhuo.kernel import clock, facts
from shanhuo.traffic import moments
from shanhuo.traffic.catalogue import EVERY_MONTH, Card

AT_A_TIME = 500
LITTLE = timedelta(seconds=1)


def published(*, now: datetime, ids: Collection[int] | None = None) -> Iterator[Card]:
    """Cards of all published posts, or of those among `ids` that are published."""
    batch: list[PostPage] = []
    for post in content.published_pages(ids):
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


def _cards(batch: list[PostPage], now: datetime) -> Iterator[Card]:
    wanted = {post.card.product_id for post in batch if post.card.product_id}
    products = goods.cards_by_id(wanted, day=clock.day_of(now)) if wanted else {}
    for post in batch:
        card, product = post.card, products.get(post.card.product_id or 0)
        assert card.published_at is not None  # noqa: S101  as every published post
        yield Card(
            post_id=card.id,
            author_id=card.author_id,
            county=int(card.adcode),
            product_id=product.id if product else 0,
            topics=card.topics,
            season_mask=_season(product),
            published_ms=moments.to_ms(card.published_at),
            priority=card.county_has_floor,
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


def _body(post: PostPage, product: ProductCard | None) -> bytes:
    """The post's JSON without its braces: why stands before it, counts follow (`bodies`)."""
    card = post.card
    shown = {
        "id": card.public_id,
        "kind": card.kind,
        "caption": card.caption,
        "topics": card.topics,
        "cover": card.cover,
        "photos": [photo.large for photo in post.photos],
        "video": _video(post.film) if post.film else None,
        "author": {"id": card.author_public_id, "name": card.author_name},
        "county": {"code": card.adcode, "name": card.county_name},
        "product": _product(product) if product else None,
        "published_at": card.published_at,
    }
    return msgspec.json.encode(shown)[1:-1]


def _video(film: Film) -> dict[str, object]:
    """`bytes` is what the small file costs a viewer."""
    return {
        "hls": film.hls,
        "mp4": film.mp4,
        "bytes": film.small_bytes,
        "duration_ms": film.duration_ms,
        "width": film.width,
        "height": film.height,
        "has_sound": film.has_sound,
    }


def _product(product: ProductCard) -> dict[str, object]:
    return {
        "id": product.public_id,
        "title": product.title,
        "price_fen": product.price_from_fen,
        "cover": f"{settings.MEDIA_URL}{product.thumb}" if product.thumb else "",
        "available": product.is_available,
    }
