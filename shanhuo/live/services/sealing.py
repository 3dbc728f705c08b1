"""What is left of a session is sealed: at its end, and again whenever something comes late."""

import errno
import logging
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from shanhuo.kernel import audit
from shanhuo.kernel.errors import Refusal
from shanhuo.live.evidence import folder, verify
from shanhuo.live.evidence.records import RECORDS, Row
from shanhuo.live.media import takes
from shanhuo.live.models import Bundle, Session, Supplement, Take
from shanhuo.live.queries.takes import shown_takes
from shanhuo.live.states import SessionStatus
from shanhuo.live.transitions import move
from shanhuo.orders import queries as orders

SEAL = "evidence.seal"
FIRST_TRIES = timedelta(minutes=5)
LOOK_BACK = timedelta(hours=49)
"""Two nights and an hour: one night may be missed."""
_RECORDS = "records"
_log = logging.getLogger(__name__)


class NotYetSealable(Refusal):
    code = "not_yet_sealable"
    status = 409
    message = _("The evidence can be sealed when the session is over and its recording closed.")


def subject_of(session: Session) -> str:
    """How the audit log names a session."""
    return f"live.Session:{session.public_id}"


def sessions_to_seal() -> QuerySet[Session]:
    """Ended, and not sealed: the job did not come through."""
    return Session.objects.filter(status=SessionStatus.ENDED, bundle=None).order_by("pk")


def seal(*, session_id: int, now: datetime) -> None:
    """Write the evidence bundle of an ended session. Safe to run twice, or again after a kill.

    Raises NotYetSealable, BlockingIOError while another worker is at it, and OSError when the disk
    cannot hold it; the session says why.
    """
    session = Session.objects.get(pk=session_id)
    if Bundle.objects.filter(session=session).exists():
        return
    if session.status != SessionStatus.ENDED or _open_takes(session).exists():
        raise NotYetSealable
    with folder.only_one(session.public_id):
        unsealed = folder.Unsealed(session.public_id, part=0)
        try:
            _fill(unsealed, session)
            _vouch(unsealed, session, now=now)
        except OSError as error:
            unsealed.abandon()
            _note_problem(session, error)
            raise


def seal_what_waits(*, now: datetime) -> None:
    """One session after the other; what cannot be sealed says why and waits for the next time."""
    long_ended = sessions_to_seal().filter(ended_at__lt=now - FIRST_TRIES)
    for session_id in long_ended.values_list("pk", flat=True):
        with suppress(OSError, NotYetSealable):
            seal(session_id=session_id, now=now)


def _fill(unsealed: folder.Unsealed, session: Session) -> None:
    """Records first: they are small, and what a reader opens first."""
    for name, rows in RECORDS.items():
        unsealed.add_lines(f"{_RECORDS}/{name}.jsonl", rows(session))
    for path in map(takes.path_of, shown_takes(session.pk)):
        # A take that never got a byte has no file.
        if path.is_file():
            unsealed.add_file(f"takes/{path.name}", path)


@transaction.atomic
def _vouch(unsealed: folder.Unsealed, session: Session, *, now: datetime) -> None:
    """Name the folder, and say in the audit chain what is in it."""
    locked = Session.objects.select_for_update(no_key=True).get(pk=session.pk)
    move(locked, to=SessionStatus.SEALED, now=now, sealed_at=now, sealing_problem="")
    sealed = unsealed.seal(session=session.public_id, part=0, follows="", sealed_at=now.isoformat())
    Bundle.objects.create(
        session=session,
        sealed_at=now,
        manifest_digest=sealed.manifest_digest,
        total_bytes=sealed.total_bytes,
        file_count=sealed.file_count,
        room_version=Session.objects.values_list("room_version", flat=True).get(pk=session.pk),
    )
    _anchor(session, sealed, part=0, now=now)


def _anchor(session: Session, sealed: folder.Sealed, *, part: int, now: datetime) -> None:
    detail = {
        "part": part,
        "manifest": sealed.manifest_digest,
        "head": sealed.head,
        "files": sealed.file_count,
        "bytes": sealed.total_bytes,
    }
    audit.record(verb=SEAL, subject=subject_of(session), detail=detail, now=now)


def _open_takes(session: Session) -> QuerySet[Take]:
    return Take.objects.filter(session=session, ended_at=None)


def _note_problem(session: Session, error: OSError) -> None:
    full = error.errno in (errno.ENOSPC, errno.EDQUOT)
    problem = "disk_full" if full else (error.strerror or type(error).__name__)
    Session.objects.filter(pk=session.pk).update(sealing_problem=problem[:200])
    _log.error("evidence not sealed: session=%s problem=%s", session.public_id, problem)


def note_order_news(*, now: datetime) -> None:
    """Bundles of whose orders something was told since yesterday want a supplement."""
    told = orders.sessions_with_order_news(since=now - LOOK_BACK, until=now)
    Bundle.objects.filter(session__public_id__in=told).update(orders_changed_at=now)


def bundles_with_news() -> QuerySet[Bundle]:
    """Sealed sessions about which something became known since."""
    moved_on = ~Q(room_version=F("session__room_version"))
    return Bundle.objects.filter(moved_on | Q(orders_changed_at__isnull=False)).order_by("pk")


def seal_supplement(*, bundle_id: int, now: datetime) -> bool:
    """Seal what is not in the bundle and its supplements yet. False: there is nothing new.

    Raises OSError when the disk cannot hold it.
    """
    session_id = Bundle.objects.values_list("session__public_id", flat=True).get(pk=bundle_id)
    with folder.only_one(session_id):
        bundle = Bundle.objects.select_related("session").get(pk=bundle_id)
        part = bundle.supplements.count() + 1
        unsealed = folder.Unsealed(session_id, part)
        try:
            count = _fill_with_news(unsealed, bundle.session, part=part)
            _append(unsealed if count else None, bundle, part=part, now=now)
        except OSError as error:
            _note_problem(bundle.session, error)
            raise
        finally:
            unsealed.abandon()
    return count > 0


def _fill_with_news(unsealed: folder.Unsealed, session: Session, *, part: int) -> int:
    """Returns how many lines are not as they were last told."""
    count = 0
    for name, rows in RECORDS.items():
        news = list(_news(session, name, rows(session), parts=part))
        if news:
            unsealed.add_lines(f"{_RECORDS}/{name}.jsonl", news)
            count += len(news)
    return count


def _news(session: Session, name: str, rows: Iterator[Row], *, parts: int) -> Iterator[Row]:
    told: dict[Any, int] = {}
    for part in range(parts):
        path = folder.part_folder(session.public_id, part) / _RECORDS / f"{name}.jsonl"
        told.update(folder.lines_by_id(path))
    for row in rows:
        if told.get(row["id"]) != hash(verify.canonical(row)):
            yield row


@transaction.atomic
def _append(unsealed: folder.Unsealed | None, bundle: Bundle, *, part: int, now: datetime) -> None:
    """What changed after the rows were read keeps its mark: versions are compared as they were."""
    seen = Bundle.objects.filter(pk=bundle.pk)
    seen.update(room_version=bundle.session.room_version)
    Session.objects.filter(pk=bundle.session_id).update(sealing_problem="")
    seen.filter(orders_changed_at=bundle.orders_changed_at).update(orders_changed_at=None)
    if unsealed is None:
        return
    before = Supplement.objects.filter(bundle=bundle, number=part - 1).first() or bundle
    sealed = unsealed.seal(
        session=bundle.session.public_id,
        part=part,
        follows=before.manifest_digest,
        sealed_at=now.isoformat(),
    )
    Supplement.objects.create(
        bundle=bundle,
        number=part,
        sealed_at=now,
        manifest_digest=sealed.manifest_digest,
        total_bytes=sealed.total_bytes,
        file_count=sealed.file_count,
    )
    _anchor(bundle.session, sealed, part=part, now=now)
