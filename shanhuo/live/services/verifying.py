"""Every sealed byte is compared with what was sealed."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from django.db.models import F, Q, QuerySet

from shanhuo.kernel import audit
from shanhuo.live.evidence import folder, verify
from shanhuo.live.evidence.verify import Finding
from shanhuo.live.models import Bundle, Session
from shanhuo.live.services.sealing import SEAL, subject_of

PROGRESS_SECONDS = 1.0
AT_LEAST_EVERY = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Part:
    """The bundle (number 0) or a supplement, as the database knows it."""

    number: int
    manifest_digest: str


def parts_of(bundle: Bundle) -> list[Part]:
    """In the order of sealing."""
    supplements = bundle.supplements.values_list("number", "manifest_digest")
    return [Part(0, bundle.manifest_digest), *(Part(*row) for row in supplements)]


def due(*, now: datetime) -> QuerySet[Bundle]:
    """New bundles, and those that nobody compared for a month; the longest waiting first."""
    waiting = Q(verified_at=None) | Q(verified_at__lt=now - AT_LEAST_EVERY)
    return Bundle.objects.filter(waiting).order_by(F("verified_at").asc(nulls_first=True), "pk")


def verify_bundle(*, bundle_id: int, now: datetime) -> list[Finding]:
    """Compare every byte, and write down what came of it. Returns what differs, nothing is best.

    The row shows how far it is while it runs.
    """
    bundle = Bundle.objects.select_related("session").get(pk=bundle_id)
    found = list(_findings(bundle, told=_progress_of(bundle)))
    Bundle.objects.filter(pk=bundle.pk).update(
        verified_at=now, damage="; ".join(map(str, found))[:300], checked_bytes=None
    )
    if found:
        audit.record(
            verb="evidence.damaged",
            subject=subject_of(bundle.session),
            detail={"files": [finding.name for finding in found][:50]},
            now=now,
        )
    return found


def _findings(bundle: Bundle, *, told: Callable[[int], None]) -> Iterator[Finding]:
    session = bundle.session
    anchored = _anchored(session)
    follows = ""
    for part in parts_of(bundle):
        path = folder.part_folder(session.public_id, part.number)
        name = path.name
        manifest = f"{name}/{verify.MANIFEST}"
        digest = _digest_of(path)
        if digest and digest != part.manifest_digest:
            yield Finding(manifest, "changed: not the manifest that was sealed")
        if anchored.get(part.number) != part.manifest_digest:
            yield Finding(manifest, "the audit chain has another digest for it")
        for finding in verify.check(path, part=part.number, follows=follows, told=told):
            yield Finding(f"{name}/{finding.name}", finding.what)
        follows = part.manifest_digest
    for name in folder.unknown_parts(session.public_id, known=len(parts_of(bundle))):
        yield Finding(name, "added: nobody sealed it")


def _anchored(session: Session) -> dict[int, str]:
    """Number of the part -> digest of its manifest, as the audit chain has it."""
    seals = audit.anchors(verb=SEAL, subject=subject_of(session))
    return {seal.detail["part"]: seal.detail["manifest"] for seal in seals}


def _digest_of(part: Path) -> str:
    path = part / verify.MANIFEST
    return verify.digest_of(path) if path.is_file() else ""


def _progress_of(bundle: Bundle) -> Callable[[int], None]:
    """Writes the bytes compared so far into the row, at most once a second."""
    done, due = 0, 0.0

    def told(count: int) -> None:
        nonlocal done, due
        done += count
        if time.monotonic() >= due:
            due = time.monotonic() + PROGRESS_SECONDS
            Bundle.objects.filter(pk=bundle.pk).update(checked_bytes=done)

    return told
