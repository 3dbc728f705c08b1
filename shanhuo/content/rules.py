"""Who may: predicates over a user and a post. Unknown and anonymous people may look, no more."""

from typing import TYPE_CHECKING, Any

from shanhuo.people import rules as people

if TYPE_CHECKING:
    from shanhuo.content.models import Post


def speaks_for(user: Any) -> frozenset[int]:
    """Ids of the organisations whose posts the user may write; none in youth mode."""
    if not people.may_trade(user):
        return frozenset()
    return people.creator_ids(user) | people.merchant_ids(user)


def is_author(user: Any, post: "Post") -> bool:
    """Wrote it, and is still somebody here."""
    signed_in = bool(getattr(user, "is_authenticated", False) and user.is_active)
    return signed_in and user.pk == post.author_id


def may_review(user: Any) -> bool:
    """Decides what is published."""
    return people.is_operator(user)


def may_take_down(user: Any, post: "Post") -> bool:
    """The author at any time; an operator who answers for the platform."""
    return is_author(user, post) or may_review(user)
