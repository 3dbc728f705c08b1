"""Everything that can be asked about posts, in shapes that pages and programs read."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Count, Q, QuerySet

from shanhuo.content import rules
from shanhuo.content.media import shelf
from shanhuo.content.models import Appeal, Comment, Follow, Like, Post, Report, Review, Upload
from shanhuo.content.textindex import POST_TEXT

ANSWER_WITHIN = timedelta(hours=24)
LOOK_ALIKE_BITS = 6
LOOK_ALIKE_DAYS = 90
_Status = Post.Status


@dataclass(frozen=True, slots=True)
class PostCard:
    """A post in a list. Addresses of media begin with `/media/` or, before publication, lead to
    its author and the reviewers only.

    `county_has_floor`: the county left the list of the 832, or is a key county (重点帮扶县).
    """

    id: int
    public_id: str
    kind: str
    status: str
    status_name: str
    caption: str
    author_id: int
    author_public_id: str
    author_name: str
    organisation_name: str
    adcode: str
    county_name: str
    county_has_floor: bool
    place_name: str
    product_id: int | None
    topics: tuple[str, ...]
    cover: str
    duration_ms: int
    photo_count: int
    published_at: datetime | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Film:
    """Where a clip can be played. `hls` is empty until the renditions are made."""

    hls: str
    mp4: str
    small_bytes: int
    duration_ms: int
    width: int
    height: int
    has_sound: bool


@dataclass(frozen=True, slots=True)
class ShownPhoto:
    """Addresses of a photo; `small` is for phones. Pixels are those of the large one."""

    large: str
    small: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class PostPage:
    """A post with everything that is shown of it. `film` is None while nothing can be played."""

    card: PostCard
    film: Film | None
    photos: tuple[ShownPhoto, ...]
    cover_jpeg: str


# Which rows: entry points start here and never fetch by bare id.


def published_posts() -> QuerySet[Post]:
    """What everybody may see, newest first."""
    return _with_names(Post.objects.filter(status=_Status.PUBLISHED)).order_by(
        "-published_at", "-pk"
    )


def posts_visible_to(user: Any) -> QuerySet[Post]:
    """Published posts, one's own, and for reviewers those that wait or were refused."""
    visible = Q(status=_Status.PUBLISHED)
    if getattr(user, "is_authenticated", False) and user.is_active:
        visible |= Q(author=user)
        if rules.may_review(user):
            visible |= ~Q(status__in=[_Status.DRAFT, _Status.PROCESSING])
    return _with_names(Post.objects.filter(visible))


def ids_written_by(user: Any) -> QuerySet[Post, int]:
    """Row ids of everything the user ever wrote."""
    return Post.objects.filter(author=user).values_list("pk", flat=True)


def posts_of(user: Any) -> QuerySet[Post]:
    """Everything the user wrote, newest first; withdrawn posts at the author's wish are gone."""
    mine = Post.objects.filter(author=user).exclude(
        status=_Status.WITHDRAWN, withdrawn_by_author=True
    )
    return _with_names(mine).order_by("-created_at", "-pk")


def liked_posts(user: Any) -> QuerySet[Post]:
    """Published posts that the user likes."""
    liked = Like.objects.filter(user=user).values("post")
    return published_posts().filter(pk__in=liked)


def unfinished_uploads(user: Any, *, now: datetime) -> QuerySet[Upload]:
    """What the user began to send and may go on sending, from any device."""
    open_uploads = Upload.objects.filter(post__author=user, finished_at=None, expires_at__gt=now)
    return open_uploads.select_related("post").order_by("-started_at")


def search(query: str) -> QuerySet[Post]:
    """Published posts that have every word of the query, newest first. Never raises."""
    return published_posts().filter(pk__in=POST_TEXT.matching(query))


def _with_names(posts: QuerySet[Post]) -> QuerySet[Post]:
    return posts.select_related("author", "organisation", "county", "clip").prefetch_related(
        "topics", "photos"
    )


# Shapes.


def cards(posts: Iterable[Post]) -> list[PostCard]:
    """Cards of rows that one of the querysets above gave: three statements however many."""
    return [card_of(post) for post in posts]


def card_of(post: Post) -> PostCard:
    clip = getattr(post, "clip", None)
    return PostCard(
        id=post.pk,
        public_id=post.public_id,
        kind=post.kind,
        status=post.status,
        status_name=str(post.get_status_display()),
        caption=post.caption,
        author_id=post.author_id,
        author_public_id=post.author.public_id,
        author_name=post.author.display_name,
        organisation_name=post.organisation.name,
        adcode=post.county.adcode,
        county_name=post.county.name,
        county_has_floor=post.county.was_poor_county or post.county.is_key_county,
        place_name=post.place_name,
        product_id=post.product_id,
        topics=tuple(topic.name for topic in post.topics.all()),
        cover=_address(post, "cover.webp") if post.media_ready else "",
        duration_ms=clip.duration_ms if clip else 0,
        photo_count=len(post.photos.all()),
        published_at=post.published_at,
        created_at=post.created_at,
    )


def page_of(post: Post) -> PostPage:
    return PostPage(
        card=card_of(post),
        film=_film(post) if post.kind == Post.Kind.CLIP else None,
        photos=tuple(_photos(post)) if post.media_ready else (),
        cover_jpeg=_address(post, "cover.jpg") if post.media_ready else "",
    )


def _photos(post: Post) -> Iterator[ShownPhoto]:
    for photo in post.photos.all():
        large, small = f"{photo.position}.webp", f"{photo.position}-small.webp"
        yield ShownPhoto(_address(post, large), _address(post, small), photo.width, photo.height)


def _film(post: Post) -> Film | None:
    clip = getattr(post, "clip", None)
    folder = shelf.private_folder(post.media_key)
    if clip is not None and post.media_ready:
        small = folder / "480p.mp4"
        return Film(
            hls=_address(post, "master.m3u8"),
            mp4=_address(post, small.name),
            small_bytes=small.stat().st_size if small.exists() else 0,
            duration_ms=clip.duration_ms,
            width=clip.width,
            height=clip.height,
            has_sound=clip.has_sound,
        )
    quick = folder / "quick.mp4"
    if not quick.exists():
        return None
    return Film(
        hls="",
        mp4=_address(post, quick.name),
        small_bytes=quick.stat().st_size,
        duration_ms=0,
        width=0,
        height=0,
        has_sound=True,
    )


def _address(post: Post, name: str) -> str:
    if post.status == _Status.PUBLISHED:
        return f"{settings.MEDIA_URL}posts/{post.media_key}/{name}"
    return f"{shelf.PRIVATE_URL}{post.public_id}/{name}"


# Around a post.


def comments_of(post: Post, viewer: Any) -> QuerySet[Comment]:
    """Visible comments, and the viewer's own that still wait, newest first."""
    visible = Q(status=Comment.Status.VISIBLE)
    if getattr(viewer, "is_authenticated", False):
        visible |= Q(status=Comment.Status.HELD, author=viewer)
    said = Comment.objects.filter(visible, post=post)
    return said.select_related("author").order_by("-created_at", "-pk")


def comments_by(user: Any) -> QuerySet[Comment]:
    """What the user said and did not take back."""
    return Comment.objects.filter(author=user).exclude(status=Comment.Status.HIDDEN)


def author_id_of(public_id: str) -> int | None:
    """Row id of somebody who has published; None for everybody else."""
    posts = Post.objects.filter(author__public_id=public_id, status=_Status.PUBLISHED)
    return posts.values_list("author_id", flat=True).first()


def authors_of_posts() -> dict[int, int]:
    """Row id of every post that was ever public -> row id of its author."""
    return dict(Post.objects.exclude(published_at=None).values_list("pk", "author"))


def likes_it(user: Any, post: Post) -> bool:
    return _signed_in(user) and Like.objects.filter(user=user, post=post).exists()


def follows(user: Any, author_id: int) -> bool:
    return _signed_in(user) and Follow.objects.filter(follower=user, author_id=author_id).exists()


def follower_count(author_id: int) -> int:
    """How many people follow an author now; a state, not a counter of signals."""
    return Follow.objects.filter(author_id=author_id).count()


def _signed_in(user: Any) -> bool:
    return bool(getattr(user, "is_authenticated", False))


# Review.


@dataclass(frozen=True, slots=True)
class Waiting:
    """A post in the queue. `look_alikes` are published or waiting posts of equal or like media."""

    post: Post
    waited: timedelta
    is_late: bool
    appeal: Appeal | None
    look_alikes: tuple[Post, ...]


def review_queue() -> QuerySet[Post]:
    """Posts that a reviewer is awaited for, the longest waiting first."""
    waiting = Post.objects.filter(status__in=[_Status.IN_REVIEW, _Status.APPEALED])
    return _with_names(waiting).order_by("queued_at", "pk")


def waiting_line(post: Post, *, now: datetime) -> Waiting:
    """A post of the queue with what a reviewer should know."""
    waited = now - (post.queued_at or now)
    return Waiting(
        post=post,
        waited=waited,
        is_late=waited > ANSWER_WITHIN,
        appeal=post.appeals.filter(answer=None).select_related("refusal__reviewer").first(),
        look_alikes=look_alikes(post),
    )


def look_alikes(post: Post) -> tuple[Post, ...]:
    """Other posts with the same bytes, or a cover that differs in few of its 64 bits."""
    since = post.created_at - timedelta(days=LOOK_ALIKE_DAYS)
    others = Post.objects.exclude(pk=post.pk).exclude(status=_Status.DRAFT)
    rows = others.filter(created_at__gte=since, media_ready=True)
    prints = rows.values_list("pk", "content_digest", "cover_fingerprint")
    alike = [
        pk
        for pk, digest, cover in prints
        if (digest and digest == post.content_digest) or _near(cover, post.cover_fingerprint)
    ]
    return tuple(others.filter(pk__in=alike[:5]).select_related("author"))


def _near(one: str, other: str) -> bool:
    # A cover of one colour says nothing: all its bits are equal.
    if not one or not other or set(one) == {"0"}:
        return False
    return (int(one, 16) ^ int(other, 16)).bit_count() <= LOOK_ALIKE_BITS


def last_refusal(post: Post) -> Review | None:
    """Why the post was refused; None if it was not, or the last look approved it."""
    review = post.reviews.order_by("-pk").first()
    return review if review and not review.approved else None


def can_appeal(post: Post) -> bool:
    """Refused once, and not yet looked at by a second person."""
    refusal = last_refusal(post)
    first = refusal is not None and refusal.look == Review.Look.FIRST
    return post.status == _Status.REFUSED and first


def held_comments() -> QuerySet[Comment]:
    """Comments with a listed word, or reported: the longest waiting first."""
    reported = Q(reports__settled_at=None, reports__isnull=False)
    waiting = Comment.objects.filter(Q(status=Comment.Status.HELD) | reported)
    visible = waiting.exclude(status=Comment.Status.HIDDEN).distinct()
    return visible.select_related("author", "post").order_by("created_at", "pk")


def reported_posts() -> QuerySet[Post]:
    """Published posts with open reports, most reported first; `report_count` is annotated."""
    open_reports = Q(reports__settled_at=None, reports__comment=None, reports__isnull=False)
    counted = published_posts().annotate(
        report_count=Count("reports", filter=open_reports, distinct=True)
    )
    return counted.filter(report_count__gt=0).order_by("-report_count", "pk")


def open_reports_of(post: Post) -> QuerySet[Report]:
    return post.reports.filter(settled_at=None, comment=None).order_by("made_at")


@dataclass(frozen=True, slots=True)
class QueueState:
    """What waits for the reviewers, and how much of it for longer than it should."""

    waiting_count: int
    late_count: int
    comment_count: int
    report_count: int


def queue_state(*, now: datetime) -> QueueState:
    queue = review_queue()
    return QueueState(
        waiting_count=queue.count(),
        late_count=queue.filter(queued_at__lt=now - ANSWER_WITHIN).count(),
        comment_count=held_comments().count(),
        report_count=reported_posts().count(),
    )
