"""What an author does with a post: write, change, send, take down."""

import re
import unicodedata
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from shanhuo.content import rules, words
from shanhuo.content.events import PostWithdrawn
from shanhuo.content.media import shelf
from shanhuo.content.models import Post, Review, Topic
from shanhuo.content.reasons import Reason
from shanhuo.content.textindex import POST_TEXT
from shanhuo.kernel import audit, facts
from shanhuo.kernel.errors import Refusal
from shanhuo.regions import queries as regions

MAX_TOPICS = 5
_Status = Post.Status
EDITABLE = (_Status.DRAFT, _Status.PROCESSING, _Status.REFUSED)


class NotYourOrganisation(Refusal):
    code = "not_your_organisation"
    status = 403
    message = _("You can only post for a verified creator account or shop that you belong to.")


class NotYourPost(Refusal):
    code = "not_your_post"
    status = 404
    message = _("There is no such post among yours.")


class PostClosed(Refusal):
    code = "post_closed"
    status = 409
    message = _("This post can no longer be changed. Take it down and make a new one.")


class TooManyTopics(Refusal):
    code = "too_many_topics"
    status = 422
    message = _("At most %(most)s topics, of at most 30 characters each.")


@transaction.atomic
def draft_post(
    *,
    author: Any,
    organisation_id: int,
    county_id: int,
    kind: str,
    now: datetime,
    caption: str = "",
    topics: Sequence[str] = (),
    place_name: str = "",
    product_id: int | None = None,
    wants_review: bool = False,
) -> Post:
    """Keep the author's words before any byte of media is sent.

    topics: at most five, with or without #. place_name: where it is that of a village of the
    county, the post is of the village. Raises NotYourOrganisation, TooManyTopics.
    """
    if organisation_id not in rules.speaks_for(author):
        raise NotYourOrganisation
    names = topic_names(topics)
    post = Post.objects.create(
        author=author,
        organisation_id=organisation_id,
        county_id=county_id,
        village_id=regions.village_named(county_id, place_name),
        product_id=product_id,
        kind=Post.Kind(kind),
        caption=caption,
        place_name=place_name,
        words_found=words.found_in(caption, place_name, *names),
        wants_review=wants_review,
        created_at=now,
    )
    post.topics.set(_topics(names))
    return post


@transaction.atomic
def change_post(
    *,
    post_id: int,
    author: Any,
    caption: str,
    topics: Sequence[str] = (),
    place_name: str = "",
    product_id: int | None = None,
) -> Post:
    """Replace the words of a post that nobody is reviewing or reading.

    Raises NotYourPost, PostClosed, TooManyTopics.
    """
    post = own_post(post_id=post_id, author=author)
    if post.status not in EDITABLE:
        raise PostClosed
    names = topic_names(topics)
    post.caption, post.place_name, post.product_id = caption, place_name, product_id
    post.village_id = regions.village_named(post.county_id, place_name)
    post.words_found = words.found_in(caption, place_name, *names)
    post.save(update_fields=["caption", "place_name", "village", "product", "words_found"])
    post.topics.set(_topics(names))
    return post


@transaction.atomic
def send_to_review(*, post_id: int, author: Any, now: datetime) -> Post:
    """Ask for publication; it waits for its media if they are not ready yet. Safe to call twice.

    Raises NotYourPost, PostClosed.
    """
    post = own_post(post_id=post_id, author=author)
    if post.status in (_Status.IN_REVIEW, _Status.PUBLISHED):
        return post
    if post.status not in EDITABLE:
        raise PostClosed
    post.wants_review = True
    queue_if_ready(post, now=now)
    post.save(update_fields=["wants_review", "status", "queued_at"])
    return post


@transaction.atomic
def withdraw_post(
    *, post_id: int, by: Any, now: datetime, reason: str = "", note: str = ""
) -> None:
    """Take a post down for good. Safe to call twice.

    reason: a `Reason` code; an operator gives one, and the author reads it. Raises NotYourPost for
    anybody but the author and an operator.
    """
    post = Post.objects.select_for_update().select_related("county").filter(pk=post_id).first()
    if post is None or not rules.may_take_down(by, post):
        raise NotYourPost
    if post.status == _Status.WITHDRAWN:
        return
    was_public = post.status == _Status.PUBLISHED
    post.status, post.withdrawn_at = _Status.WITHDRAWN, now
    post.withdrawn_by_author = rules.is_author(by, post)
    post.save(update_fields=["status", "withdrawn_at", "withdrawn_by_author"])
    if reason:
        _note_reason(post, by, reason, note, now=now)
    audit.record(verb="post.withdraw", subject=f"content.Post:{post.public_id}", actor=by, now=now)
    if was_public:
        _take_off_the_shelf(post, now=now)


def _note_reason(post: Post, by: Any, reason: str, note: str, *, now: datetime) -> None:
    """As a second look, so that the author reads it where the first one stands."""
    Review.objects.create(
        post=post,
        look=Review.Look.SECOND,
        reviewer=by,
        approved=False,
        reason=Reason(reason),
        note=note,
        waited_since=now,
        decided_at=now,
    )


def _take_off_the_shelf(post: Post, *, now: datetime) -> None:
    """Nobody finds it or plays it any more; rooms above hear of it."""
    POST_TEXT.remove(post.pk)
    transaction.on_commit(lambda: shelf.hide(post.media_key))
    facts.record(
        PostWithdrawn(
            post_id=post.pk,
            public_id=post.public_id,
            county=post.county.adcode,
            author_id=post.author_id,
            product_id=post.product_id,
            by="author" if post.withdrawn_by_author else "operator",
        ),
        now=now,
    )


def own_post(*, post_id: int, author: Any) -> Post:
    """The author's post, locked. Raises NotYourPost."""
    post = Post.objects.select_for_update().filter(pk=post_id).first()
    if post is None or not rules.is_author(author, post):
        raise NotYourPost
    return post


def queue_if_ready(post: Post, *, now: datetime) -> None:
    """Move a post on as far as its media allow; the caller saves `status` and `queued_at`."""
    if not post.media_ready:
        return
    post.status = _Status.IN_REVIEW if post.wants_review else _Status.DRAFT
    post.queued_at = now if post.wants_review else None


def topic_names(topics: Sequence[str]) -> list[str]:
    """Names as they are kept: no # signs, no outer spaces, each once. Raises TooManyTopics."""
    folded = (unicodedata.normalize("NFKC", topic) for topic in topics)
    names = [re.sub(r"[#\s]+", "", topic) for topic in folded]
    unique = list(dict.fromkeys(name for name in names if name))
    if len(unique) > MAX_TOPICS or any(len(name) > 30 for name in unique):
        raise TooManyTopics(most=MAX_TOPICS)
    return unique


def _topics(names: Sequence[str]) -> list[Topic]:
    return [Topic.objects.get_or_create(name=name)[0] for name in names]
