"""From the first byte of a camera to the end of a session.

A session is on air while bytes come. Silence makes it wait (马上回来); bytes bring it back; a
silence longer than its grace window ends it. Nobody else moves a session between these states.
"""

import hmac
import secrets
from datetime import datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext_lazy as _

from shanhuo.kernel import audit, facts, tokens
from shanhuo.kernel.errors import Refusal
from shanhuo.live.events import SessionEnded, SessionOpened
from shanhuo.live.models import Session, SessionStep, ShowcaseItem, Take
from shanhuo.live.states import (
    Container,
    EndReason,
    SessionStatus,
    TakeEnd,
    TakeProblem,
    TakeSource,
)
from shanhuo.live.transitions import WrongStatus, move

if TYPE_CHECKING:
    from shanhuo.people.models import User

SILENT_AFTER = timedelta(seconds=6)
FORGOTTEN_AFTER = timedelta(seconds=90)
"""A rehearsal, or a camera that never became a show, may be silent for this long."""
KEPT_YEARS = 3
TICKET = "live.take"
TICKET_LASTS = timedelta(hours=12)
REHEARSAL_APP = "rehearsal"
"""`rtmp://host:port/rehearsal`: seen by nobody but the cast."""
S = SessionStatus
ON_SHOW = frozenset({S.ON_AIR, S.INTERRUPTED})
MAY_FILM = frozenset({S.SCHEDULED}) | ON_SHOW
MAY_REHEARSE = frozenset({S.DRAFT, S.SUBMITTED, S.SCHEDULED})


class SecondPublisher(Refusal):
    code = "second_publisher"
    status = 409
    message = _("Another camera is filming for this session. Stop it first.")


class WrongKey(Refusal):
    code = "wrong_key"
    status = 403
    message = _("This stream key is not valid any more. Copy the new one.")


@transaction.atomic
def begin_take(
    *, session_id: int, source: str, container: str, is_rehearsal: bool = False, now: datetime
) -> Take:
    """Let a camera begin. Raises WrongStatus, or SecondPublisher while another one is heard."""
    session = _locked(session_id)
    _require_free(session, is_rehearsal=is_rehearsal, now=now)
    for other in Take.objects.filter(session=session, ended_at__isnull=True):
        end_take(take_id=other.pk, why=TakeEnd.REPLACED, now=now)
    last: int | None = Take.objects.filter(session=session).aggregate(Max("number"))["number__max"]
    return Take.objects.create(
        session=session,
        number=(last or 0) + 1,
        source=source,
        container=container,
        is_rehearsal=is_rehearsal,
        started_at=now,
        last_byte_at=now,
    )


def begin_encoder_take(*, key: str, is_rehearsal: bool, now: datetime) -> Take:
    """Let an encoder begin. Raises WrongKey, and what begin_take raises."""
    return begin_take(
        session_id=session_of_key(key),
        source=TakeSource.ENCODER,
        container=Container.FLV,
        is_rehearsal=is_rehearsal,
        now=now,
    )


def require_may_begin(*, key: str, is_rehearsal: bool, now: datetime) -> None:
    """For a server in front of ours that lets encoders in: raises what begin_encoder_take would."""
    session = Session.objects.get(pk=session_of_key(key))
    _require_free(session, is_rehearsal=is_rehearsal, now=now)


def require_may_go_on(*, key: str) -> None:
    """For an encoder that films already. Raises WrongKey, which is what a new key makes of the one
    before and the end of the session of every key; WrongStatus when it was cancelled."""
    if not Session.objects.filter(pk=session_of_key(key), status__in=MAY_FILM | MAY_REHEARSE):
        raise WrongStatus


def note_bytes(*, take_id: int, received_bytes: int, now: datetime) -> None:
    """The file of an open take is this long now. Bytes that are no more than before are silence."""
    Take.objects.filter(
        pk=take_id, ended_at__isnull=True, received_bytes__lt=received_bytes
    ).update(received_bytes=received_bytes, last_byte_at=now)


def note_problem(*, take_id: int, problem: TakeProblem | None) -> None:
    """Tell the host what is wrong with the pictures, or that it is over."""
    Take.objects.filter(pk=take_id).update(problem=problem or "")


def end_take(*, take_id: int, why: str, now: datetime) -> None:
    """No more bytes will come. Safe to call twice."""
    Take.objects.filter(pk=take_id, ended_at__isnull=True).update(ended_at=now, ended_why=why)


@transaction.atomic
def picture_came(*, session_id: int, now: datetime) -> None:
    """A part that can be watched is on the shelf: the session is, or is again, on air.

    What was filmed before a drop and is shown only now brings nobody back: bytes must come."""
    session = _locked(session_id)
    if session.status not in {S.SCHEDULED, S.INTERRUPTED} or not _is_heard(session, now):
        return
    if session.status == S.INTERRUPTED:
        move(session, to=S.ON_AIR, now=now, interrupted_at=None)
        return
    move(session, to=S.ON_AIR, now=now, on_air_at=now)
    facts.record(SessionOpened(**_told(session), product_ids=_products(session)), now=now)


def tend(*, able_since: datetime, now: datetime) -> None:
    """What time alone changes; called every second, safe to call late.

    able_since: since when a camera can come back at all. While nobody listens or the disk is full
    no grace window runs: the host did not leave."""
    for session_id in Session.objects.filter(status=S.ON_AIR).values_list("pk", flat=True):
        _interrupt_if_silent(session_id, now)
    for session in Session.objects.filter(status=S.INTERRUPTED):
        since = max(session.interrupted_at or now, able_since)
        if now - since >= timedelta(seconds=session.grace_seconds):
            end_session(session_id=session.pk, by=None, now=now, why=EndReason.SIGNAL_LOST)
    off_show = Take.objects.filter(ended_at__isnull=True, last_byte_at__lte=now - FORGOTTEN_AFTER)
    for take in off_show.exclude(session__status__in=ON_SHOW):
        end_take(take_id=take.pk, why=TakeEnd.SILENT, now=now)


@transaction.atomic
def _interrupt_if_silent(session_id: int, now: datetime) -> None:
    session = _locked(session_id)
    if session.status == S.ON_AIR and not _is_heard(session, now):
        move(session, to=S.INTERRUPTED, now=now, interrupted_at=now)


@transaction.atomic
def end_session(
    *, session_id: int, by: "User | None", now: datetime, why: str = EndReason.HOST
) -> None:
    """The show is over, its record begins. Safe to call twice; raises WrongStatus before air."""
    session = _locked(session_id)
    if session.status in {S.ENDED, S.SEALED}:
        return
    for take in Take.objects.filter(session=session, ended_at__isnull=True):
        end_take(take_id=take.pk, why=TakeEnd.SESSION, now=now)
    move(
        session,
        to=S.ENDED,
        now=now,
        actor=by,
        note=str(why),
        ended_at=now,
        ended_why=str(why),
        keep_until=_years_after(now),
        key_digest="",
    )
    seconds = on_air_seconds(session)
    facts.record(SessionEnded(**_told(session), why=str(why), on_air_seconds=seconds), now=now)


def on_air_seconds(session: Session) -> int:
    """How long the public saw pictures: every span between going on air and leaving it."""
    total, since = timedelta(), None
    for step in SessionStep.objects.filter(session=session).order_by("at", "pk"):
        if step.after == S.ON_AIR:
            since = step.at
        elif step.before == S.ON_AIR and since is not None:
            total += step.at - since
    return round(total.total_seconds())


@transaction.atomic
def issue_stream_key(*, session_id: int, by: "User", now: datetime) -> str:
    """A new key for encoders, shown this once; the one before is worth nothing from now on, and
    whoever films with it is cut off."""
    session = _locked(session_id)
    if session.status not in MAY_FILM | MAY_REHEARSE:
        raise WrongStatus
    key = f"{session.public_id}-{secrets.token_hex(16)}"
    Session.objects.filter(pk=session.pk).update(key_digest=_digest(key))
    open_takes = Take.objects.filter(session=session, ended_at__isnull=True)
    for take in open_takes.filter(source=TakeSource.ENCODER):
        end_take(take_id=take.pk, why=TakeEnd.REPLACED, now=now)
    audit.record(
        verb="live.stream_key", actor=by, subject=f"live.Session:{session.public_id}", now=now
    )
    return key


def session_of_key(key: str) -> int:
    """The id of the session that a stream key opens. Raises WrongKey; takes as long either way."""
    public_id = key.partition("-")[0]
    row = Session.objects.filter(public_id=public_id).values_list("pk", "key_digest").first()
    session_id, digest = row or (0, "")
    # An empty digest equals no digest: a session without a key is opened by none.
    if not hmac.compare_digest(_digest(key), digest):
        raise WrongKey
    return session_id


def take_ticket(*, session_id: int, user_id: int, is_rehearsal: bool, now: datetime) -> str:
    """What the host's page shows at the door for bytes, once it knows who the host is."""
    payload = f"{session_id},{user_id},{int(is_rehearsal)}".encode()
    return tokens.sign(TICKET, payload, expires_at=now + TICKET_LASTS)


def read_ticket(ticket: str, *, now: datetime) -> tuple[int, int, bool]:
    """Session, user, and whether it is a rehearsal. Raises tokens.BadToken."""
    session_id, user_id, rehearsal = tokens.read(TICKET, ticket, now=now).decode().split(",")
    return int(session_id), int(user_id), rehearsal == "1"


def _locked(session_id: int) -> Session:
    return Session.objects.select_for_update().select_related("county").get(pk=session_id)


def _require_free(session: Session, *, is_rehearsal: bool, now: datetime) -> None:
    """The session lets cameras in, and none is heard."""
    if session.status not in (MAY_REHEARSE if is_rehearsal else MAY_FILM):
        raise WrongStatus
    heard_since = now - SILENT_AFTER
    others = Take.objects.filter(session=session, ended_at__isnull=True)
    if others.filter(last_byte_at__gt=heard_since).exists():
        raise SecondPublisher


def _is_heard(session: Session, now: datetime) -> bool:
    """Bytes for the public came within the last seconds."""
    takes = Take.objects.filter(session=session, is_rehearsal=False)
    return takes.filter(last_byte_at__gt=now - SILENT_AFTER).exists()


def _told(session: Session) -> dict[str, Any]:
    """What both facts say of a session."""
    return {
        "session_id": session.pk,
        "public_id": session.public_id,
        "kind": session.kind,
        "county": session.county.adcode,
        "host_id": session.host_id,
    }


def _products(session: Session) -> list[int]:
    items = ShowcaseItem.objects.filter(session=session, removed_at__isnull=True)
    return list(items.values_list("product_id", flat=True))


def _years_after(moment: datetime) -> datetime:
    # 29 February has no third anniversary; a day later keeps longer.
    return moment + timedelta(days=365 * KEPT_YEARS + 1)


def _digest(key: str) -> str:
    return sha256(key.encode()).hexdigest()
