"""Everything published, for rooms that read all of it: plain rows in the order of ids.

A model instance per post with everything around it costs half a millisecond, and a starting server
would read a million posts for ten minutes. These are tuples, in three statements a batch.
"""

import os
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

from django.conf import settings
from django.db.models import QuerySet

from shanhuo.content.models import Photo, Post
from shanhuo.content.queries import Film
from shanhuo.kernel.prepared import prepared

_SMALL = "480p.mp4"


class PublishedPost(NamedTuple):
    """A post as lists show it. Addresses begin with `/media/`; `film` is None for photos.

    `county_has_floor`: the county left the list of the 832, or is a key county (重点帮扶县).
    """

    id: int
    public_id: str
    kind: str
    caption: str
    topics: tuple[str, ...]
    cover: str
    photos: tuple[str, ...]
    film: Film | None
    author_id: int
    author_public_id: str
    author_name: str
    adcode: str
    county_name: str
    county_has_floor: bool
    product_id: int | None
    village_id: int | None
    published_at: datetime


class _Row(NamedTuple):
    """The columns that are read, in this order."""

    pk: int
    status: str
    public_id: str
    kind: str
    caption: str
    media_key: str
    published_at: datetime
    author_id: int
    author__public_id: str
    author__display_name: str
    county__adcode: str
    county__name: str
    county__exit_year: int | None
    county__key_county_basis: str
    product_id: int | None
    village_id: int | None
    clip__duration_ms: int | None
    clip__width: int
    clip__height: int
    clip__has_sound: bool


def published_after(post_id: int, *, most: int) -> tuple[list[PublishedPost], int | None]:
    """What is published among the next `most` posts, in the order of ids, and the last id that was
    looked at; None when there is nothing behind it.

    Looks at posts of every status: asked for published ones, SQLite goes through all of them again
    to find the next few.
    """
    rows = [_Row._make(row) for row in _next(most)(after=post_id)]
    return _read(rows), rows[-1].pk if len(rows) == most else None


def published_among(ids: Collection[int]) -> list[PublishedPost]:
    """Those of `ids` that are published, in the order of ids."""
    rows = Post.objects.filter(pk__in=ids).order_by("pk").values_list(*_Row._fields)
    return _read([_Row._make(row) for row in rows])


@cache
def _next(most: int) -> Callable[..., list[tuple[Any, ...]]]:
    """A prepared question for so many rows behind a post."""

    @prepared
    def following(after: int) -> QuerySet[Post, tuple[Any, ...]]:
        rows = Post.objects.filter(pk__gt=after).order_by("pk")
        return rows.values_list(*_Row._fields)[:most]

    return following


def _read(rows: list[_Row]) -> list[PublishedPost]:
    rows = [row for row in rows if row.status == Post.Status.PUBLISHED]
    ids = [row.pk for row in rows]
    topics, photos = _by_post(_topics(ids=ids)), _by_post(_photos(ids=ids))
    return [_post(row, topics.get(row.pk, ()), photos.get(row.pk, ())) for row in rows]


@prepared
def _topics(ids: Sequence[int]) -> QuerySet[Any, tuple[int, str]]:
    named = Post.topics.through._default_manager.filter(post__in=ids)
    return named.order_by("pk").values_list("post_id", "topic__name")


@prepared
def _photos(ids: Sequence[int]) -> QuerySet[Photo, tuple[int, int]]:
    taken = Photo.objects.filter(post__in=ids).order_by("post", "position")
    return taken.values_list("post_id", "position")


def _by_post(pairs: Iterable[tuple[int, Any]]) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = defaultdict(list)
    for post, value in pairs:
        found[post].append(value)
    return found


def _post(row: _Row, topics: Iterable[str], photos: Iterable[int]) -> PublishedPost:
    folder = f"{settings.MEDIA_URL}posts/{row.media_key}/"
    return PublishedPost(
        id=row.pk,
        public_id=row.public_id,
        kind=row.kind,
        caption=row.caption,
        topics=tuple(topics),
        cover=folder + "cover.webp",
        photos=tuple(f"{folder}{position}.webp" for position in photos),
        film=None if row.clip__duration_ms is None else _film(row, folder),
        author_id=row.author_id,
        author_public_id=row.author__public_id,
        author_name=row.author__display_name,
        adcode=row.county__adcode,
        county_name=row.county__name,
        county_has_floor=row.county__exit_year is not None or bool(row.county__key_county_basis),
        product_id=row.product_id,
        village_id=row.village_id,
        published_at=row.published_at,
    )


def _film(row: _Row, folder: str) -> Film:
    """What is published has its media: the renditions are made."""
    return Film(
        hls=folder + "master.m3u8",
        mp4=folder + _SMALL,
        small_bytes=_bytes_of(f"{settings.PRIVATE_DIR}/posts/{row.media_key}/{_SMALL}"),
        duration_ms=row.clip__duration_ms or 0,
        width=row.clip__width,
        height=row.clip__height,
        has_sound=row.clip__has_sound,
    )


def _bytes_of(path: str) -> int:
    try:
        return os.stat(path).st_size  # noqa: PTH116  a Path costs more than the question
    except FileNotFoundError:
        return 0
