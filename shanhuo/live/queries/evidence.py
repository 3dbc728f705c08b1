"""Sealed evidence, for those who verify and hand it out."""

from collections.abc import Callable
from datetime import datetime

from django.db.models import F, Q, QuerySet

from shanhuo.kernel import ids
from shanhuo.live.models import Bundle, EvidenceExport, Session
from shanhuo.live.states import EvidenceState, SessionStatus

_STATES: dict[str, Callable[[datetime], Q]] = {
    EvidenceState.WAITING: lambda _now: Q(bundle=None, released_at=None),
    EvidenceState.DAMAGED: lambda _now: ~Q(bundle__damage="") & Q(bundle__isnull=False),
    EvidenceState.UNCHECKED: lambda _now: Q(bundle__isnull=False, bundle__verified_at=None),
    EvidenceState.OVERDUE: lambda now: Q(released_at=None, keep_until__lte=now),
    EvidenceState.GONE: lambda _now: Q(released_at__isnull=False),
}


def bundles(public_id: str | None = None) -> QuerySet[Bundle]:
    """Every bundle, or that of one session; the latest sealed first."""
    found = Bundle.objects.select_related("session")
    if public_id:
        found = found.filter(session__public_id=public_id)
    return found.order_by("-sealed_at", "-pk")


def sessions_with_evidence() -> QuerySet[Session]:
    """Everything that was on air and is over, the latest first; `bundle` is there to be read."""
    over = Session.objects.filter(status__in=[SessionStatus.ENDED, SessionStatus.SEALED])
    return over.select_related("bundle", "county", "organisation").order_by("-ended_at", "-pk")


def find_evidence(
    sessions: QuerySet[Session], *, now: datetime, q: str = "", state: str = ""
) -> QuerySet[Session]:
    """The filters above the list: words of the title, the id, and how the evidence stands."""
    if q:
        sessions = sessions.filter(Q(title__icontains=q) | Q(public_id=ids.as_typed(q)))
    return sessions.filter(_STATES[state](now)) if state else sessions


def evidence_to_look_at() -> int:
    """Damaged bundles, and sessions whose evidence could not be sealed."""
    damaged = Bundle.objects.exclude(damage="").count()
    return damaged + Session.objects.filter(bundle=None).exclude(sealing_problem="").count()


def exports_of(bundle: Bundle) -> QuerySet[EvidenceExport]:
    """Who asked for copies, the latest first."""
    rows = EvidenceExport.objects.filter(bundle=bundle).select_related("asked_by")
    return rows.order_by(F("asked_at").desc(), "-pk")
