"""How long records of a show must be kept, and how they go after that.

The law says three years from the end. Until then nothing here, no page and no command deletes
anything, and the database refuses too (`live.guards`).
"""

import shutil
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from shanhuo.kernel import audit, clock
from shanhuo.kernel.errors import Refusal
from shanhuo.live.media import takes
from shanhuo.live.models import (
    Bundle,
    EvidenceExport,
    Explanation,
    Message,
    MessageReport,
    Penalty,
    Pin,
    Question,
    Replay,
    Session,
    Supplement,
)
from shanhuo.live.services.sealing import subject_of
from shanhuo.live.textindex import ANSWER_TEXT

if TYPE_CHECKING:
    from shanhuo.people.models import User


class StillKept(Refusal):
    code = "still_kept"
    status = 409
    message = _("The law has these records kept until %(until)s.")


class NotLater(Refusal):
    code = "not_later"
    status = 422
    message = _("Records can only be kept longer, not shorter.")


def sessions_to_let_go(*, now: datetime) -> QuerySet[Session]:
    """The duty to keep them is over."""
    return Session.objects.filter(keep_until__lte=now, released_at=None).order_by("pk")


@transaction.atomic
def keep_longer(
    *, session_id: int, until: datetime, reason: str, by: "User", now: datetime
) -> None:
    """A case is open: the records stay until later. Raises NotLater."""
    session = Session.objects.select_for_update(no_key=True).get(pk=session_id)
    if session.keep_until is None or session.released_at or until <= session.keep_until:
        raise NotLater
    Session.objects.filter(pk=session.pk).update(keep_until=until)
    detail = {"until": clock.day_of(until).isoformat(), "reason": reason}
    audit.record(
        verb="evidence.keep", actor=by, subject=subject_of(session), detail=detail, now=now
    )


def let_go(*, session_id: int, now: datetime) -> None:
    """Delete what was said and filmed, once nobody must keep it. Safe to run twice.

    What the session sold stays with the orders; its title, times and sums stay for the figures.
    Raises StillKept, and then nothing was touched.
    """
    with transaction.atomic():
        session = Session.objects.select_for_update(no_key=True).get(pk=session_id)
        if session.keep_until is None or now < session.keep_until:
            raise StillKept(until=day_kept_until(session))
        if session.released_at is None:
            Session.objects.filter(pk=session.pk).update(released_at=now, script="")
            audit.record(verb="evidence.let_go", subject=subject_of(session), now=now)
        _delete_rows(session)
    for folder in _folders(session):
        shutil.rmtree(folder, ignore_errors=True)


def day_kept_until(session: Session) -> str:
    """The last day of the duty, or a dash before the end is known."""
    return clock.day_of(session.keep_until).isoformat() if session.keep_until else "—"


def _delete_rows(session: Session) -> None:
    for question_id in Question.objects.filter(session=session).values_list("pk", flat=True):
        ANSWER_TEXT.remove(question_id)
    for rows in (
        MessageReport.objects.filter(message__session=session),
        Message.objects.filter(session=session),
        Penalty.objects.filter(session=session),
        Question.objects.filter(session=session),
        Explanation.objects.filter(item__session=session),
        Pin.objects.filter(item__session=session),
        EvidenceExport.objects.filter(bundle__session=session),
        Supplement.objects.filter(bundle__session=session),
        Bundle.objects.filter(session=session),
        Replay.objects.filter(session=session),
    ):
        rows.delete()


def _folders(session: Session) -> list[Path]:
    public = settings.MEDIA_DIR / "live"
    return [
        takes.folder_of(session.public_id),
        public / session.media_key,
        public / session.rehearsal_key,
    ]
