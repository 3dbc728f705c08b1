"""Who may do what around a live session."""

from typing import Any

from shanhuo.live.models import Cast, Session
from shanhuo.live.states import CastRole
from shanhuo.people import rules as people

ON_STAGE = frozenset({CastRole.HOST, CastRole.COHOST})
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


def _has_role(user: Any, session: Session, roles: frozenset[CastRole]) -> bool:
    if not getattr(user, "is_active", False):
        return False
    return Cast.objects.filter(session=session, user_id=user.pk, role__in=roles).exists()
