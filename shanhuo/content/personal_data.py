"""What this room holds about a person, for their copy of it and for their farewell."""

from datetime import datetime
from typing import Any

from shanhuo.content import services
from shanhuo.content.models import Comment, Follow, Like, Post, Report
from shanhuo.people.personal_data import Holding


def _export(user: Any) -> dict[str, Any]:
    return {
        "posts": [
            {"id": post.public_id, "status": post.status, "caption": post.caption}
            for post in Post.objects.filter(author=user).order_by("pk")
        ],
        "comments": [
            {"at": comment.created_at.isoformat(), "text": comment.text}
            for comment in Comment.objects.filter(author=user).order_by("pk")
        ],
    }


def _erase(user: Any, now: datetime) -> None:
    """Posts are taken down with their files; of a comment nothing is left to read."""
    for post_id in Post.objects.filter(author=user).values_list("pk", flat=True):
        services.withdraw_post(post_id=post_id, by=user, now=now)
    Comment.objects.filter(author=user).update(text="", status=Comment.Status.HIDDEN)
    Report.objects.filter(reporter=user).update(note="")
    Like.objects.filter(user=user).delete()
    Follow.objects.filter(follower=user).delete()
    Follow.objects.filter(author=user).delete()


HOLDING = Holding(export=_export, erase=_erase)
