"""Published posts as others show them: the feed, search, a county's page."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import QuerySet

from shanhuo.content.media import shelf
from shanhuo.content.models import Post

COVER = "cover.webp"
PLAYLIST = "master.m3u8"
SMALL_FILM = "480p.mp4"
QUICK_FILM = "quick.mp4"


@dataclass(frozen=True, slots=True)
class ShownFilm:
    """Where to play a clip, sizes in pixels; `bytes` is what the small file costs a reader.

    `hls` is "" until the renditions are made; `mp4` can be played from the first moment on.
    """

    hls: str
    mp4: str
    bytes: int
    duration_ms: int
    width: int
    height: int
    has_sound: bool


@dataclass(frozen=True, slots=True)
class ShownPost:
    """A published post. Addresses begin with `/media/`.

    `county_has_floor`: the county left the list of the 832, or is a key county (重点帮扶县).
    """

    id: int
    public_id: str
    kind: str
    caption: str
    topics: tuple[str, ...]
    author_id: int
    author_public_id: str
    author_name: str
    adcode: str
    county_name: str
    county_has_floor: bool
    product_id: int | None
    published_at: datetime
    cover: str
    photos: tuple[str, ...]
    video: ShownFilm | None


def shown_posts(ids: Collection[int] | None = None) -> Iterator[ShownPost]:
    """All published posts, or those among `ids`; streamed, in five statements per 2,000."""
    rows: QuerySet[Post] = Post.objects.filter(status=Post.Status.PUBLISHED)
    if ids is not None:
        rows = rows.filter(pk__in=ids)
    rows = rows.select_related("author", "organisation", "county", "clip")
    for post in rows.prefetch_related("topics", "photos").iterator(chunk_size=2_000):
        yield _shown(post)


def _shown(post: Any) -> ShownPost:
    return ShownPost(
        id=post.pk,
        public_id=post.public_id,
        kind=post.kind,
        caption=post.caption,
        topics=tuple(topic.name for topic in post.topics.all()),
        author_id=post.author_id,
        author_public_id=post.author.public_id,
        author_name=post.author.display_name,
        adcode=post.county.adcode,
        county_name=post.county.name,
        county_has_floor=post.county.was_poor_county or post.county.is_key_county,
        product_id=post.product_id,
        published_at=post.published_at,
        cover=_address(post, COVER),
        photos=tuple(_address(post, f"{photo.position}.webp") for photo in post.photos.all()),
        video=_film(post) if post.kind == Post.Kind.CLIP else None,
    )


def _film(post: Any) -> ShownFilm | None:
    clip = getattr(post, "clip", None)
    if clip is None:
        return None
    folder = shelf.public_folder(post.media_key)
    ready = (folder / SMALL_FILM).exists()
    film = SMALL_FILM if ready else QUICK_FILM
    path = folder / film
    return ShownFilm(
        hls=_address(post, PLAYLIST) if ready else "",
        mp4=_address(post, film),
        bytes=path.stat().st_size if path.exists() else 0,
        duration_ms=clip.duration_ms,
        width=clip.width,
        height=clip.height,
        has_sound=clip.has_sound,
    )


def _address(post: Any, name: str) -> str:
    return f"{settings.MEDIA_URL}posts/{post.media_key}/{name}"
