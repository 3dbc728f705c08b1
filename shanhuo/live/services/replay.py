"""The replay of a session (回放): made when the last picture is on the shelf, and taken away."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from shanhuo.kernel import audit
from shanhuo.kernel.errors import Refusal
from shanhuo.live import rules
from shanhuo.live.media import replay as media
from shanhuo.live.models import Replay, Session
from shanhuo.live.services.sealing import subject_of
from shanhuo.live.states import SessionStatus

if TYPE_CHECKING:
    from shanhuo.people.models import User

OVER = (SessionStatus.ENDED, SessionStatus.SEALED)
GIVEN_UP_AFTER = timedelta(days=7)
SHORTEST_REASON = 4


class NotYours(Refusal):
    code = "not_yours"
    status = 404
    message = _("Only its hosts and operators withdraw a replay; only operators bring it back.")


class ReasonTooShort(Refusal):
    code = "reason_too_short"
    status = 422
    message = _("Give a reason; it stays in the audit log.")


def sessions_without_replay(*, now: datetime) -> QuerySet[Session]:
    """Ended lately, and the studio has not shown the last part yet, or there was none."""
    lately = Session.objects.filter(status__in=OVER, ended_at__gt=now - GIVEN_UP_AFTER)
    return lately.filter(replay=None, released_at=None).order_by("pk")


def make(*, session_id: int, now: datetime) -> bool:
    """Write down which part of the replay shows which time, and draw its cover.

    False while the playlist is not complete. Safe to run twice.
    """
    session = Session.objects.get(pk=session_id)
    if session.status not in OVER or Replay.objects.filter(session=session).exists():
        return False
    folder = media.public_folder(session.media_key)
    playlist = media.read(folder)
    if not playlist.is_over or not playlist.parts:
        return False
    media.draw_cover(folder, playlist.parts)
    timeline = playlist.timeline
    Replay.objects.get_or_create(
        session=session,
        defaults={
            "made_at": now,
            "duration_ms": timeline.duration_ms,
            "stretches": [[one.begins_ms, one.for_ms] for one in timeline.stretches],
        },
    )
    return True


@transaction.atomic
def withdraw(*, session_id: int, by: "User", reason: str, now: datetime) -> None:
    """Nobody sees it any more; the evidence stays. Raises NotYours, ReasonTooShort."""
    row = _locked(session_id)
    if not rules.can_withdraw_replay(by, row.session):
        raise NotYours
    if len(reason.strip()) < SHORTEST_REASON:
        raise ReasonTooShort
    Replay.objects.filter(pk=row.pk).update(
        withdrawn_at=now,
        withdrawn_by=by,
        withdrawn_why=reason.strip()[:200],
        film_asked_at=None,
        file_bytes=None,
    )
    _note("replay.withdraw", row.session, by, reason, now)
    media.take_away(row.session.media_key, row.session.public_id)
    media.film_path(row.session.public_id).unlink(missing_ok=True)


@transaction.atomic
def bring_back(*, session_id: int, by: "User", reason: str, now: datetime) -> None:
    """An operator found that it may be seen. Raises NotYours, ReasonTooShort."""
    row = _locked(session_id)
    if not rules.can_bring_replay_back(by):
        raise NotYours
    if len(reason.strip()) < SHORTEST_REASON:
        raise ReasonTooShort
    Replay.objects.filter(pk=row.pk).update(withdrawn_at=None, withdrawn_by=None, withdrawn_why="")
    _note("replay.bring_back", row.session, by, reason, now)
    media.bring_back(row.session.media_key, row.session.public_id)


def _locked(session_id: int) -> Replay:
    rows = Replay.objects.select_for_update(no_key=True, of=("self",)).select_related("session")
    return rows.get(session=session_id)


def _note(verb: str, session: Session, by: "User", reason: str, now: datetime) -> None:
    detail = {"reason": reason.strip()[:200]}
    audit.record(verb=verb, actor=by, subject=subject_of(session), detail=detail, now=now)
