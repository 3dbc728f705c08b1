"""What this room holds about a person, for their copy of it and for their farewell."""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from shanhuo.live.models import Cast, Message, Penalty, Question, Reminder, Session
from shanhuo.live.states import SessionStatus
from shanhuo.people.personal_data import Holding

_UNDER_WAY = (
    SessionStatus.SUBMITTED,
    SessionStatus.SCHEDULED,
    SessionStatus.ON_AIR,
    SessionStatus.INTERRUPTED,
)


def _export(user: Any) -> dict[str, Any]:
    return {
        "sessions": [
            {"id": row.session.public_id, "title": row.session.title, "role": row.role}
            for row in Cast.objects.filter(user=user).select_related("session").order_by("pk")
        ],
        "chat": [
            {"at": row.at.isoformat(), "text": row.body, "status": row.status}
            for row in Message.objects.filter(author=user).order_by("pk")
        ],
        "questions": [
            {"at": row.asked_at.isoformat(), "text": row.body, "status": row.status}
            for row in Question.objects.filter(asker=user).order_by("pk")
        ],
        "penalties": [
            {"kind": row.kind, "until": row.until.isoformat(), "reason": row.reason}
            for row in Penalty.objects.filter(user=user).order_by("pk")
        ],
        "reminders": [
            row.session.public_id
            for row in Reminder.objects.filter(user=user).select_related("session").order_by("pk")
        ],
    }


def _unfinished(user: Any) -> list[str]:
    count = Session.objects.filter(host=user, status__in=_UNDER_WAY).count()
    return (
        [_("%(count)d live sessions are announced or on air.") % {"count": count}] if count else []
    )


def _erase(user: Any, _now: datetime) -> None:
    """What was said and shown on air stays for the three years that the law asks (`keeping`), under
    an account that has no name any more; then it goes. What was only wished goes at once."""
    Reminder.objects.filter(user=user).delete()
    Session.objects.filter(host=user, status=SessionStatus.DRAFT).update(script="", notice="")


HOLDING = Holding(export=_export, unfinished=_unfinished, erase=_erase)
