"""What a post becomes while and after its media are prepared."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from shanhuo.content.media import shelf
from shanhuo.content.models import Clip, Photo, Post
from shanhuo.content.services.posting import queue_if_ready

_Status = Post.Status


@transaction.atomic
def store_clip(
    *,
    post_id: int,
    duration_ms: int,
    width: int,
    height: int,
    has_sound: bool,
    rungs: Sequence[str],
    content_digest: str,
    cover_fingerprint: str,
    now: datetime,
) -> None:
    """The files of a clip lie on the shelf: write down what they are and let the post go on.

    Safe to call twice; a post that was taken down meanwhile stays down.
    """
    post = Post.objects.select_for_update().get(pk=post_id)
    Clip.objects.update_or_create(
        post=post,
        defaults={
            "duration_ms": duration_ms,
            "width": width,
            "height": height,
            "has_sound": has_sound,
            "rungs": list(rungs),
        },
    )
    post.uploads.all().delete()
    _go_on(post, content_digest, cover_fingerprint, now=now)


@transaction.atomic
def store_photo(
    *,
    post_id: int,
    position: int,
    width: int,
    height: int,
    content_digest: str,
    cover_fingerprint: str,
    now: datetime,
) -> None:
    """One photo lies on the shelf; the post goes on when none of its uploads is left."""
    post = Post.objects.select_for_update().get(pk=post_id)
    Photo.objects.update_or_create(
        post=post, position=position, defaults={"width": width, "height": height}
    )
    post.uploads.filter(position=position).delete()
    if position != 0:
        content_digest, cover_fingerprint = post.content_digest, post.cover_fingerprint
    if post.uploads.exists():
        post.content_digest, post.cover_fingerprint = content_digest, cover_fingerprint
        post.save(update_fields=["content_digest", "cover_fingerprint"])
        return
    _go_on(post, content_digest, cover_fingerprint, now=now)


def _go_on(post: Post, digest: str, fingerprint: str, *, now: datetime) -> None:
    post.media_ready, post.media_problem, post.progress_percent = True, "", 100
    post.content_digest, post.cover_fingerprint = digest, fingerprint
    if post.status in (_Status.DRAFT, _Status.PROCESSING):
        queue_if_ready(post, now=now)
    post.save()


def note_progress(*, post_id: int, percent: int) -> None:
    """Show the author how far the preparation has come."""
    waiting = Post.objects.filter(pk=post_id, status=_Status.PROCESSING)
    waiting.update(progress_percent=max(0, min(percent, 99)))


@transaction.atomic
def turn_media_down(*, post_id: int, problem: str) -> None:
    """A file cannot be used: the post is a draft again, without media, and says why.

    Safe to call twice.
    """
    post = Post.objects.select_for_update().get(pk=post_id)
    post.uploads.all().delete()
    if post.status not in (_Status.DRAFT, _Status.PROCESSING):
        return
    post.photos.all().delete()
    post.status, post.media_problem = _Status.DRAFT, problem
    post.media_ready, post.progress_percent = False, 0
    post.save(update_fields=["status", "media_problem", "media_ready", "progress_percent"])
    transaction.on_commit(lambda: shelf.discard(post.media_key))
