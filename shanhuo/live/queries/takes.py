"""Takes, in the shape that the doors and the studio work with."""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db.models import QuerySet

from shanhuo.live.media import takes
from shanhuo.live.models import Take
from shanhuo.live.states import TakeProblem


@dataclass(frozen=True, slots=True)
class OpenTake:
    """A take and what its pictures need to know of its session.

    folder: name of the public folder that they go to. epoch: when the session's own clock began to
    run, which is when its first take of this kind started. ended: no more bytes will come.
    """

    take_id: int
    session_id: int
    session: str
    number: int
    source: str
    container: str
    is_rehearsal: bool
    folder: str
    epoch: datetime
    started_at: datetime
    last_byte_at: datetime
    received_bytes: int
    ended: bool
    status: str
    problem: str


def takes_since(moment: datetime) -> list[OpenTake]:
    """Open takes and those that ended after `moment`, whose last pictures may not be shown yet."""
    rows = _open() | Take.objects.filter(ended_at__gte=moment)
    return [_shape(take) for take in rows.select_related("session").order_by("pk")]


def take_of_session(*, session_id: int, number: int) -> OpenTake | None:
    """One take by its number."""
    rows = Take.objects.filter(session_id=session_id, number=number).select_related("session")
    return next((_shape(take) for take in rows), None)


def shown_takes(session_id: int) -> list[OpenTake]:
    """What the public could see of a session: all its takes but rehearsals, in order."""
    rows = Take.objects.filter(session_id=session_id, is_rehearsal=False)
    return [_shape(take) for take in rows.select_related("session").order_by("number")]


def camera_problem(session_id: int) -> TakeProblem | None:
    """What keeps the newest pictures of a session from being shown or kept, for its host."""
    if not takes.has_room(settings.DATA_DIR):
        return TakeProblem.DISK_FULL
    rows = Take.objects.filter(session_id=session_id).order_by("-number")
    problem = rows.values_list("problem", flat=True).first()
    return TakeProblem(problem) if problem else None


def _open() -> QuerySet[Take]:
    return Take.objects.filter(ended_at__isnull=True)


def _shape(take: Take) -> OpenTake:
    session = take.session
    first = Take.objects.filter(session=session, is_rehearsal=take.is_rehearsal).order_by("number")
    return OpenTake(
        take_id=take.pk,
        session_id=session.pk,
        session=session.public_id,
        number=take.number,
        source=take.source,
        container=take.container,
        is_rehearsal=take.is_rehearsal,
        folder=session.rehearsal_key if take.is_rehearsal else session.media_key,
        epoch=first.values_list("started_at", flat=True)[0],
        started_at=take.started_at,
        last_byte_at=take.last_byte_at,
        received_bytes=take.received_bytes,
        ended=take.ended_at is not None,
        status=session.status,
        problem=take.problem,
    )


@dataclass(frozen=True, slots=True)
class EndedSession:
    """A session of which no more pictures will come, and where they stand."""

    session_id: int
    session: str
    folder: str
    epoch: datetime


def sessions_ended_since(moment: datetime) -> list[EndedSession]:
    """Sessions that ended after `moment` and had been filmed."""
    firsts = Take.objects.filter(is_rehearsal=False, session__ended_at__gte=moment)
    rows = firsts.order_by("-number").select_related("session")
    # Backwards, so that the first take of each is the one that stays.
    found = {
        take.session_id: EndedSession(
            take.session_id, take.session.public_id, take.session.media_key, take.started_at
        )
        for take in rows
    }
    return list(found.values())
