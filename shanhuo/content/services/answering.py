"""What others do with a post: say something, like it, follow its author, report it."""

from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from shanhuo.content import limits, rules, words
from shanhuo.content.models import Comment, Follow, Like, Post, Report
from shanhuo.content.reasons import Reason
from shanhuo.content.services.posting import NotYourPost
from shanhuo.content.services.reviewing import NotAReviewer
from shanhuo.kernel import audit
from shanhuo.kernel import limits as counters
from shanhuo.kernel.errors import Refusal

COMMENT_LENGTH = 300


class NoSuchPost(Refusal):
    code = "no_such_post"
    status = 404
    message = _("This post is not there, or no longer.")


class EmptyComment(Refusal):
    code = "empty_comment"
    status = 422
    message = _("Write between 1 and %(most)s characters.")


class NotYourself(Refusal):
    code = "not_yourself"
    status = 422
    message = _("You cannot follow yourself.")


def comment(*, author: Any, post_id: int, text: str, now: datetime) -> Comment:
    """Say something under a published post; with a listed word in it, it waits for a reviewer.

    Raises NoSuchPost, EmptyComment, TooMany.
    """
    plain = text.strip()
    if not 1 <= len(plain) <= COMMENT_LENGTH:
        raise EmptyComment(most=COMMENT_LENGTH)
    counters.take(
        scope="content.comment",
        key=author.public_id,
        cap=limits.COMMENTS_PER_HOUR,
        window=timedelta(hours=1),
        now=now,
    )
    found = words.found_in(plain)
    return Comment.objects.create(
        post=_published(post_id),
        author=author,
        text=plain,
        created_at=now,
        words_found=found,
        status=Comment.Status.HELD if found else Comment.Status.VISIBLE,
    )


@transaction.atomic
def hide_comment(*, comment_id: int, by: Any, now: datetime, reason: str = "") -> None:
    """Take a comment out of sight; it is kept as evidence. Its author and reviewers may.

    reason: a `Reason` code, needed from a reviewer. Raises NotYourPost. Safe to call twice.
    """
    said = Comment.objects.select_for_update().filter(pk=comment_id).first()
    if said is None or not (said.author_id == by.pk or rules.may_review(by)):
        raise NotYourPost
    said.status = Comment.Status.HIDDEN
    said.hidden_reason = Reason(reason) if reason else ""
    said.save(update_fields=["status", "hidden_reason"])
    _settle(said.reports.all(), by=by, now=now)
    _note("comment.hide", said, by=by, now=now)


@transaction.atomic
def show_comment(*, comment_id: int, reviewer: Any, now: datetime) -> None:
    """Let a held or reported comment be seen. Raises NotAReviewer."""
    if not rules.may_review(reviewer):
        raise NotAReviewer
    said = Comment.objects.select_for_update().get(pk=comment_id)
    said.status, said.hidden_reason = Comment.Status.VISIBLE, ""
    said.save(update_fields=["status", "hidden_reason"])
    _settle(said.reports.all(), by=reviewer, now=now)
    _note("comment.show", said, by=reviewer, now=now)


def report(
    *,
    reporter: Any,
    post_id: int,
    reason: str,
    now: datetime,
    note: str = "",
    comment_id: int | None = None,
) -> None:
    """Say that a published post, or a comment under it, breaks a rule. Once per person.

    Raises NoSuchPost, TooMany.
    """
    counters.take(
        scope="content.report",
        key=reporter.public_id,
        cap=limits.REPORTS_PER_DAY,
        window=timedelta(days=1),
        now=now,
    )
    post = _published(post_id)
    said = None
    if comment_id is not None:
        said = post.comments.filter(pk=comment_id).first()
        if said is None:
            raise NoSuchPost
    try:
        with transaction.atomic():
            Report.objects.create(
                post=post,
                comment=said,
                reporter=reporter,
                reason=Reason(reason),
                note=note[:300],
                made_at=now,
            )
    except IntegrityError:
        # The same person, the same thing, not settled yet: it is known.
        return


@transaction.atomic
def dismiss_reports(*, post_id: int, reviewer: Any, now: datetime) -> None:
    """A reviewer looked and found the post in order. Raises NotAReviewer."""
    if not rules.may_review(reviewer):
        raise NotAReviewer
    _settle(Report.objects.filter(post_id=post_id, comment=None), by=reviewer, now=now)


def like(*, user: Any, post_id: int, now: datetime) -> None:
    """Safe to call twice. How many like it is counted from signals. Raises NoSuchPost."""
    Like.objects.get_or_create(user=user, post=_published(post_id), defaults={"since": now})


def unlike(*, user: Any, post_id: int) -> None:
    """Safe to call twice."""
    Like.objects.filter(user=user, post_id=post_id).delete()


def follow(*, follower: Any, author_id: int, now: datetime) -> None:
    """Safe to call twice. Raises NotYourself, NoSuchPost (somebody who never published)."""
    if follower.pk == author_id:
        raise NotYourself
    if not Post.objects.filter(author_id=author_id, status=Post.Status.PUBLISHED).exists():
        raise NoSuchPost
    Follow.objects.get_or_create(follower=follower, author_id=author_id, defaults={"since": now})


def unfollow(*, follower: Any, author_id: int) -> None:
    """Safe to call twice."""
    Follow.objects.filter(follower=follower, author_id=author_id).delete()


def _published(post_id: int) -> Post:
    post = Post.objects.filter(pk=post_id, status=Post.Status.PUBLISHED).first()
    if post is None:
        raise NoSuchPost
    return post


def _settle(reports: Any, *, by: Any, now: datetime) -> None:
    reports.filter(settled_at=None).update(settled_at=now, settled_by=by)


def _note(verb: str, said: Comment, *, by: Any, now: datetime) -> None:
    detail = {"reason": said.hidden_reason}
    subject = f"content.Comment:{said.public_id}"
    audit.record(verb=verb, subject=subject, actor=by, detail=detail, now=now)
