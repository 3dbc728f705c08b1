"""Sessions that somebody looks for: which can be found, and by which words."""

from datetime import date, datetime
from typing import Any

from django.db.models import Case, F, Q, QuerySet, When

from shanhuo.goods import queries as goods
from shanhuo.kernel import textsearch
from shanhuo.live import rules
from shanhuo.live.models import Cast, Session, ShowcaseItem
from shanhuo.live.queries.sessions import GIVEN_UP_AFTER, NOW, OVER, sessions_visible_to
from shanhuo.live.states import SessionStatus

_TURN = Case(When(status__in=NOW, then=0), When(status__in=OVER, then=2), default=1)


def sessions_to_watch(user: Any, *, now: datetime) -> QuerySet[Session]:
    """What is on air, then what comes, the next first, then what can be seen again, the latest
    first. What is over without a replay has nothing to show."""
    comes = Q(status=SessionStatus.SCHEDULED, starts_at__gt=now - GIVEN_UP_AFTER)
    again = Q(status__in=OVER, replay__isnull=False, replay__withdrawn_at=None)
    found = sessions_visible_to(user).filter(Q(status__in=NOW) | comes | again)
    return found.order_by(_TURN, F("ended_at").desc(), "starts_at", "pk")


def find_sessions(
    sessions: QuerySet[Session],
    *,
    q: str = "",
    county: str = "",
    kind: str = "",
    status: str = "",
    since: date | None = None,
    until: date | None = None,
) -> QuerySet[Session]:
    """Narrow by words, by county, kind, status and days."""
    for word in textsearch.query_tokens(q):
        sessions = sessions.filter(_speaks_of(word))
    if county:
        sessions = sessions.filter(Q(county__adcode=county) | Q(county__name__icontains=county))
    if kind:
        sessions = sessions.filter(kind=kind)
    if status:
        sessions = sessions.filter(status=status)
    if since:
        sessions = sessions.filter(starts_at__date__gte=since)
    if until:
        sessions = sessions.filter(starts_at__date__lte=until)
    return sessions


def _speaks_of(word: str) -> Q:
    """The word stands in its title, in a name of its house, its county, of those on stage and
    theirs, or is said of goods that it shows."""
    named = Q(title__icontains=word) | Q(organisation__name__icontains=word)
    local = Q(county__name__icontains=word)
    return named | local | Q(pk__in=_with_on_stage(word)) | Q(pk__in=_with_goods(word))


def _with_on_stage(word: str) -> QuerySet[Cast, Any]:
    named = Q(user__display_name__icontains=word) | Q(county__name__icontains=word)
    return Cast.objects.filter(named, role__in=rules.ON_STAGE).values("session")


def _with_goods(word: str) -> QuerySet[ShowcaseItem, Any]:
    sold = goods.search(goods.products_on_sale(), word).values("pk")
    looked_at = Q(passed_at__isnull=False) | Q(added_at__lte=F("session__submitted_at"))
    items = ShowcaseItem.objects.filter(looked_at, removed_at=None, product__in=sold)
    return items.values("session")
