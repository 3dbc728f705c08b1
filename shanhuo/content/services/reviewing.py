"""Review before publication: two looks by two people, reasons, appeal."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from shanhuo.content import rules
from shanhuo.content.events import PostPublished
from shanhuo.content.media import shelf
from shanhuo.content.models import Appeal, Post, Review
from shanhuo.content.reasons import Reason
from shanhuo.content.services.posting import own_post
from shanhuo.content.textindex import POST_TEXT, texts_of
from shanhuo.kernel import audit, facts
from shanhuo.kernel.errors import Refusal

_Status = Post.Status


class NotAReviewer(Refusal):
    code = "not_a_reviewer"
    status = 403
    message = _("Only the platform's reviewers may decide.")


class AlreadyDecided(Refusal):
    code = "already_decided"
    status = 409
    message = _("Somebody else has decided on this post meanwhile.")


class SecondPersonNeeded(Refusal):
    code = "second_person_needed"
    status = 409
    message = _("You refused or wrote this post yourself: somebody else must decide.")


class NoAppeal(Refusal):
    code = "no_appeal"
    status = 409
    message = _("There is no refusal to appeal against, or it has had its second look.")


@transaction.atomic
def publish_post(*, post_id: int, reviewer: Any, now: datetime) -> None:
    """Approve a waiting post: from now on everybody may see it.

    Raises NotAReviewer, AlreadyDecided, SecondPersonNeeded.
    """
    post = _waiting_post(post_id=post_id, reviewer=reviewer)
    _decide(post, reviewer=reviewer, approved=True, now=now)
    # Files first: an address without its row harms nobody, a row without its film does.
    shelf.show(post.media_key)
    post.status, post.published_at = _Status.PUBLISHED, now
    post.save(update_fields=["status", "published_at"])
    POST_TEXT.put(post.pk, *texts_of(post))
    facts.record(_published(post), now=now)


@transaction.atomic
def refuse_post(*, post_id: int, reviewer: Any, reason: str, now: datetime, note: str = "") -> None:
    """Refuse a waiting post, naming the rule. reason: a `Reason` code.

    Raises NotAReviewer, AlreadyDecided, SecondPersonNeeded.
    """
    post = _waiting_post(post_id=post_id, reviewer=reviewer)
    _decide(post, reviewer=reviewer, approved=False, now=now, reason=Reason(reason), note=note)
    post.status = _Status.REFUSED
    post.save(update_fields=["status"])


@transaction.atomic
def appeal(*, post_id: int, author: Any, text: str, now: datetime) -> None:
    """Ask for a second look by somebody else. Raises NotYourPost, NoAppeal."""
    post = own_post(post_id=post_id, author=author)
    refusal = post.reviews.order_by("-pk").first()
    if post.status != _Status.REFUSED or refusal is None or refusal.look == Review.Look.SECOND:
        raise NoAppeal
    Appeal.objects.create(post=post, refusal=refusal, text=text, made_at=now)
    post.status, post.queued_at = _Status.APPEALED, now
    post.save(update_fields=["status", "queued_at"])


def _waiting_post(*, post_id: int, reviewer: Any) -> Post:
    """The post, locked, if this person may decide on it now."""
    if not rules.may_review(reviewer):
        raise NotAReviewer
    post = Post.objects.select_for_update().get(pk=post_id)
    if post.status not in (_Status.IN_REVIEW, _Status.APPEALED):
        raise AlreadyDecided
    if reviewer.pk in (post.author_id, _first_reviewer_id(post)):
        raise SecondPersonNeeded
    return post


def _first_reviewer_id(post: Post) -> int | None:
    """Who refused the post that now waits for its second look."""
    open_appeal = post.appeals.filter(answer=None).select_related("refusal").first()
    return open_appeal.refusal.reviewer_id if open_appeal else None


def _decide(
    post: Post, *, reviewer: Any, approved: bool, now: datetime, reason: str = "", note: str = ""
) -> None:
    open_appeal = post.appeals.filter(answer=None).first()
    review = Review.objects.create(
        post=post,
        look=Review.Look.SECOND if open_appeal else Review.Look.FIRST,
        reviewer=reviewer,
        approved=approved,
        reason=reason,
        note=note,
        waited_since=post.queued_at or now,
        decided_at=now,
    )
    if open_appeal:
        open_appeal.answer = review
        open_appeal.save(update_fields=["answer"])
    audit.record(
        verb="post.approve" if approved else "post.refuse",
        subject=f"content.Post:{post.public_id}",
        actor=reviewer,
        detail={"reason": reason, "look": review.look},
        now=now,
    )


def _published(post: Post) -> PostPublished:
    clip = getattr(post, "clip", None)
    return PostPublished(
        post_id=post.pk,
        public_id=post.public_id,
        county=post.county.adcode,
        author_id=post.author_id,
        product_id=post.product_id,
        topics=[topic.name for topic in post.topics.all()],
        kind=post.kind,
        duration_ms=clip.duration_ms if clip else 0,
    )
