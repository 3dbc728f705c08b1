"""What desks ask for: noted at once, done by the worker."""

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction

from shanhuo.kernel import audit
from shanhuo.live import tasks
from shanhuo.live.models import Bundle, EvidenceExport
from shanhuo.live.services import exporting, film
from shanhuo.live.services.sealing import subject_of

if TYPE_CHECKING:
    from shanhuo.people.models import User


@transaction.atomic
def verify_soon(*, bundle_id: int, by: "User", now: datetime) -> None:
    """Compare every byte. Asked twice, it is done once."""
    idle = Bundle.objects.filter(pk=bundle_id, checked_bytes=None)
    if not idle.update(checked_bytes=0):
        return
    bundle = Bundle.objects.select_related("session").get(pk=bundle_id)
    audit.record(verb="evidence.verify", actor=by, subject=subject_of(bundle.session), now=now)
    tasks.verify_bundle.enqueue(bundle_id)


@transaction.atomic
def export_soon(*, bundle_id: int, by: "User", reason: str, now: datetime) -> EvidenceExport:
    """Make a copy for a court or an authority. Raises ReasonMissing."""
    export = exporting.ask(bundle_id=bundle_id, by=by, reason=reason, now=now)
    tasks.write_export.enqueue(export.pk)
    return export


@transaction.atomic
def film_soon(*, session_id: int, by: "User", now: datetime) -> None:
    """Make the whole replay into one file. Raises film.NoReplay, replay.NotYours."""
    if film.ask(session_id=session_id, by=by, now=now):
        tasks.make_film.enqueue(session_id)
