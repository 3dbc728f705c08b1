"""Who may do what around a live session."""

from typing import Any

from shanhuo.live.models import Cast, Check, Session
from shanhuo.live.states import CastRole
from shanhuo.people import rules as people

ON_STAGE = frozenset({CastRole.HOST, CastRole.COHOST})
SHOWN = frozenset({Session.Status.SCHEDULED, Session.Status.ON_AIR, Session.Status.INTERRUPTED})
"""Announced, and not over yet: it has a screen."""
PUBLIC = frozenset(
    {
        Session.Status.SCHEDULED,
        Session.Status.ON_AIR,
        Session.Status.INTERRUPTED,
        Session.Status.ENDED,
        Session.Status.SEALED,
    }
)


def can_host(user: Any) -> bool:
    """Only people of verified organisations go live: sellers, creators, county officers."""
    roles = people.roles_of(user)
    return bool(roles.merchant_ids or roles.creator_ids or roles.county_ids)


def can_direct(user: Any, session: Session) -> bool:
    """Change the session, its showcase and its room: its host and its co-hosts."""
    return _has_role(user, session, ON_STAGE)


def can_moderate(user: Any, session: Session) -> bool:
    """Hide lines, mute and ban: its moderators, whoever directs it, and operators."""
    return _has_role(user, session, ON_STAGE | {CastRole.MODERATOR}) or people.is_operator(user)


def can_pass_items(user: Any, session: Session) -> bool:
    """Look at goods that were added after the check: operators and officers of the county, unless
    they are in the session themselves."""
    roles = people.roles_of(user)
    may = roles.is_operator or session.county_id in roles.county_ids
    return may and not Cast.objects.filter(session=session, user=user).exists()


def merchants_on_stage(session: Session) -> frozenset[int]:
    """The merchants that its host and co-hosts sell for."""
    cast = Cast.objects.filter(session=session, role__in=ON_STAGE).select_related("user")
    return frozenset().union(*(people.merchant_ids(one.user) for one in cast))


def can_check(user: Any, session: Session) -> bool:
    """Look at it before air: an operator who is neither in the cast nor of the house that runs
    the room."""
    if not people.is_operator(user) or people.is_member(user, session.organisation):
        return False
    return not Cast.objects.filter(session=session, user_id=user.pk).exists()


def checks_missing(session: Session) -> int:
    """How many persons must still agree to what was submitted last."""
    wanted = 2 if session.is_official else 1
    if session.submitted_at is None:
        return wanted
    agreed = Check.objects.filter(session=session, submitted_at=session.submitted_at, agreed=True)
    return max(0, wanted - agreed.count())


def can_withdraw_replay(user: Any, session: Session) -> bool:
    """Take a replay away: whoever directed the session, and operators."""
    return can_direct(user, session) or people.is_operator(user)


def can_bring_replay_back(user: Any) -> bool:
    """A host's second thoughts need another person's look: operators."""
    return people.is_operator(user)


def can_answer(user: Any, session: Session) -> bool:
    """Work on the queue of questions: everybody in the cast."""
    return _has_role(user, session, frozenset(CastRole))


def _has_role(user: Any, session: Session, roles: frozenset[CastRole]) -> bool:
    if not getattr(user, "is_active", False):
        return False
    return Cast.objects.filter(session=session, user_id=user.pk, role__in=roles).exists()
