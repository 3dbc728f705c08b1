"""Published posts, as the feed needs them, from the rooms that own them."""

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta

import msgspec
from django.conf import settings

from shanhuo.content import reading
from shanhuo.content.events import PostPublished, PostWithdrawn
from shanhuo.content.queries import Film
from shanhuo.content.reading import PublishedPost
from shanhuo.goods import queries as goods
from shanhuo.goods.queries import ProductCard
from shanhuo.kernel import clock, facts
from shanhuo.traffic import moments
from shanhuo.traffic.catalogue import AT_A_TIME, EVERY_MONTH, Card

LITTLE = timedelta(seconds=1)

Products = dict[int, ProductCard | None]
"""By id; None is not on sale."""


def published(ids: Collection[int], *, now: datetime) -> list[Card]:
    """Cards of those among `ids` that are published."""
    return _cards(reading.published_among(ids), {}, now)


def published_after(
    post_id: int, products: Products, *, most: int, now: datetime
) -> tuple[list[Card], int | None]:
    """Cards of what is published among the next `most` posts, in the order of ids, and the last id
    that was looked at; None when there is nothing behind it.

    products: those that were met on this way so far; new ones are added.
    """
    found, last = reading.published_after(post_id, most=most)
    return _cards(found, products, now), last


def all_published(*, now: datetime) -> Iterator[Card]:
    """Cards of all published posts, in the order of ids."""
    last: int | None = 0
    products: Products = {}
    while last is not None:
        cards, last = published_after(last, products, most=AT_A_TIME, now=now)
        yield from cards


def changes(*, since: datetime, now: datetime) -> tuple[list[int], list[int]]:
    """Ids of posts that were published, and withdrawn for good, since then."""
    period = {"since": since, "until": now + LITTLE}
    published = facts.read_lately(PostPublished, **period)
    up = {fact.payload["post_id"]: fact.at for fact in published}
    down = {fact.payload["post_id"]: fact.at for fact in facts.read_lately(PostWithdrawn, **period)}
    withdrawn = [post for post, at in down.items() if post not in up or up[post] <= at]
    return [post for post in up if post not in withdrawn], withdrawn


def _cards(batch: list[PublishedPost], products: Products, now: datetime) -> list[Card]:
    new = {post.product_id for post in batch if post.product_id} - products.keys()
    if new:
        cards = goods.cards_by_id(new, day=clock.day_of(now))
        products.update((product, cards.get(product)) for product in new)
    return [_card(post, products.get(post.product_id or 0)) for post in batch]


def _card(post: PublishedPost, product: ProductCard | None) -> Card:
    return Card(
        post_id=post.id,
        author_id=post.author_id,
        county=int(post.adcode),
        product_id=product.id if product else 0,
        topics=post.topics,
        season_mask=product.season_mask & EVERY_MONTH if product else 0,
        published_ms=moments.to_ms(post.published_at),
        priority=post.county_has_floor,
        body=_body(post, product),
        village_id=post.village_id or 0,
    )


def _body(post: PublishedPost, product: ProductCard | None) -> bytes:
    """The post's JSON without its braces: why stands before it, counts follow (`bodies`)."""
    shown = {
        "id": post.public_id,
        "kind": post.kind,
        "caption": post.caption,
        "topics": post.topics,
        "cover": post.cover,
        "photos": post.photos,
        "video": _video(post.film) if post.film else None,
        "author": {"id": post.author_public_id, "name": post.author_name},
        "county": {"code": post.adcode, "name": post.county_name},
        "product": product_shown(product) if product else None,
        "published_at": post.published_at,
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


def product_shown(product: ProductCard) -> dict[str, object]:
    """A product as the card of what sells it names it."""
    return {
        "id": product.public_id,
        "title": product.title,
        "price_fen": product.price_from_fen,
        "cover": f"{settings.MEDIA_URL}{product.thumb}" if product.thumb else "",
        "available": product.is_available,
    }
