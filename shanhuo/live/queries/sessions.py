"""The one door to sessions: who may see which."""

from typing import Any

from django.db.models import Q, QuerySet

from shanhuo.live import rules
from shanhuo.live.models import Session
from shanhuo.people import rules as people


def sessions_visible_to(user: Any) -> QuerySet[Session]:
    """Announced sessions for everybody; drafts for their cast, the office of their county, and
    the platform's operators and auditors."""
    everybody = Q(status__in=rules.PUBLIC)
    roles = people.roles_of(user)
    if roles.is_operator or roles.is_auditor:
        return Session.objects.all()
    if not getattr(user, "is_active", False):
        return Session.objects.filter(everybody)
    own = Session.objects.filter(cast__user=user).values("pk")
    return Session.objects.filter(everybody | Q(pk__in=own) | Q(county__in=roles.county_ids))
