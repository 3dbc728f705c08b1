"""Which status of a session may follow which. There is no other way to change it."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db.models import F
from django.utils.translation import gettext_lazy as _

from shanhuo.kernel.errors import Refusal
from shanhuo.live.models import Session, SessionStep
from shanhuo.live.states import SessionStatus

if TYPE_CHECKING:
    from shanhuo.people.models import User

S = SessionStatus

NEXT: dict[str, frozenset[str]] = {
    S.DRAFT: frozenset({S.SUBMITTED, S.CANCELLED}),
    S.SUBMITTED: frozenset({S.SCHEDULED, S.DRAFT, S.CANCELLED}),
    S.SCHEDULED: frozenset({S.ON_AIR, S.DRAFT, S.CANCELLED}),
    S.ON_AIR: frozenset({S.INTERRUPTED, S.ENDED}),
    S.INTERRUPTED: frozenset({S.ON_AIR, S.ENDED}),
    S.ENDED: frozenset({S.SEALED}),
    S.SEALED: frozenset(),
    S.CANCELLED: frozenset(),
}


class WrongStatus(Refusal):
    code = "wrong_status"
    status = 409
    message = _("The session has moved on meanwhile. Look at it again.")


def move(
    session: Session,
    *,
    to: SessionStatus,
    now: datetime,
    actor: "User | None" = None,
    note: str = "",
    **stamps: Any,
) -> None:
    """Give a locked session a new status and note the step. Raises WrongStatus, nothing moved."""
    if to not in NEXT[session.status]:
        raise WrongStatus
    SessionStep.objects.create(
        session=session, before=session.status, after=to, at=now, actor=actor, note=note
    )
    Session.objects.filter(pk=session.pk).update(
        status=to, room_version=F("room_version") + 1, **stamps
    )
    session.status = to
    for name, value in stamps.items():
        setattr(session, name, value)
