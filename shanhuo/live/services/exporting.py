"""Evidence leaves the house: with a reason, and on the record."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from shanhuo.kernel import audit
from shanhuo.kernel.errors import Refusal
from shanhuo.live.evidence import package
from shanhuo.live.media import takes
from shanhuo.live.models import Bundle, EvidenceExport
from shanhuo.live.services.sealing import SEAL, subject_of

if TYPE_CHECKING:
    from shanhuo.people.models import User

EXPORT = "evidence.export"
KEPT_FOR = timedelta(days=7)
SHORTEST_REASON = 4


class ReasonMissing(Refusal):
    code = "reason_missing"
    status = 422
    message = _("Say for whom and why, e.g. the number of the case. It stays in the audit log.")


@transaction.atomic
def ask(*, bundle_id: int, by: "User | None", reason: str, now: datetime) -> EvidenceExport:
    """Note who wants a copy, and why. `write` makes it. Raises ReasonMissing."""
    if len(reason.strip()) < SHORTEST_REASON:
        raise ReasonMissing
    bundle = Bundle.objects.select_related("session").get(pk=bundle_id)
    export = EvidenceExport.objects.create(
        bundle=bundle, asked_by=by, reason=reason.strip()[:300], asked_at=now
    )
    audit.record(
        verb=EXPORT,
        actor=by,
        subject=subject_of(bundle.session),
        detail={"export": export.public_id, "reason": export.reason},
        now=now,
    )
    return export


def write(*, export_id: int, now: datetime, target: Path | None = None) -> int:
    """Make the file that was asked for, at `target` or where the page hands it out.

    Returns its size. Safe to run twice. Raises OSError; the row says why.
    """
    export = EvidenceExport.objects.select_related("bundle__session").get(pk=export_id)
    session = export.bundle.session
    path = target or file_of(export)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        size = package.write(
            path,
            session=session.public_id,
            parts=1 + export.bundle.supplements.count(),
            anchors=audit.anchors(verb=SEAL, subject=subject_of(session)),
        )
    except OSError as error:
        _note(export, problem=(error.strerror or type(error).__name__)[:200])
        raise
    _note(export, ready_at=now, total_bytes=size, problem="")
    return size


def file_of(export: EvidenceExport) -> Path:
    """Where a copy waits for whoever asked."""
    return takes.folder_of(export.bundle.session.public_id) / "exports" / f"{export.public_id}.zip"


def forget_old_files(*, now: datetime) -> None:
    """Copies wait for a week; the bundle itself stays, and another copy is a reason away."""
    old = EvidenceExport.objects.filter(ready_at__lt=now - KEPT_FOR, total_bytes__isnull=False)
    for export in old.select_related("bundle__session"):
        file_of(export).unlink(missing_ok=True)
        _note(export, total_bytes=None)


def _note(export: EvidenceExport, **columns: object) -> None:
    EvidenceExport.objects.filter(pk=export.pk).update(**columns)
