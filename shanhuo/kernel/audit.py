"""The audit log: money, roles, personal data and exports, in a hash chain.

Each digest covers the entry and the digest before it, so that a changed, removed or inserted row
breaks every digest after it. Between the deed and its sealing (a few seconds) a row stands outside
the chain; a backup of the newest digest, kept elsewhere, guards the whole past.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, Protocol

from django.db import transaction

from shanhuo.kernel.models import AuditEntry


class Actor(Protocol):
    """Somebody with a public id: a user."""

    public_id: str


def record(
    *,
    verb: str,
    subject: str,
    now: datetime,
    actor: Actor | None = None,
    detail: Mapping[str, Any] | None = None,
) -> None:
    """Note a deed in the caller's transaction.

    `subject` names a row by kind and public id. `detail` holds no personal data. No `actor` means
    the platform itself, for example a timeout.
    """
    AuditEntry.objects.create(
        at=now,
        verb=verb,
        actor=actor.public_id if actor else "",
        subject=subject,
        detail=dict(detail or {}),
    )


def was_recorded(verb: str) -> bool:
    """Whether this deed was ever noted."""
    return AuditEntry.objects.filter(verb=verb).exists()


@dataclass(frozen=True, slots=True)
class Anchor:
    """A deed with its place in the chain, enough to compute `digest` anew (`_digest` says how).

    `sequence` is None and the digests are empty for the seconds before it is sealed.
    """

    sequence: int | None
    previous: str
    digest: str
    microseconds: int
    verb: str
    actor: str
    subject: str
    detail: dict[str, Any]


def anchors(*, verb: str, subject: str) -> list[Anchor]:
    """Every such deed on a subject, the oldest first."""
    entries = list(AuditEntry.objects.filter(subject=subject, verb=verb).order_by("pk"))
    before = [entry.sequence - 1 for entry in entries if entry.sequence]
    digests = dict(AuditEntry.objects.filter(sequence__in=before).values_list("sequence", "digest"))
    return [
        Anchor(
            sequence=entry.sequence,
            previous=digests.get(entry.sequence - 1, "") if entry.sequence else "",
            digest=entry.digest,
            microseconds=_microseconds(entry),
            verb=entry.verb,
            actor=entry.actor,
            subject=entry.subject,
            detail=entry.detail,
        )
        for entry in entries
    ]


@transaction.atomic
def seal() -> int:
    """Give every loose entry its place in the chain; returns how many.

    Two sealers at once cannot fork the chain: `sequence` is unique, the later one fails.
    """
    head = AuditEntry.objects.exclude(sequence=None).order_by("-sequence").first()
    sequence, digest = (head.sequence or 0, head.digest) if head else (0, "")
    loose = list(AuditEntry.objects.filter(sequence=None).order_by("pk"))
    for entry in loose:
        sequence += 1
        digest = _digest(entry, sequence=sequence, previous=digest)
        entry.sequence, entry.digest = sequence, digest
    AuditEntry.objects.bulk_update(loose, ["sequence", "digest"], batch_size=500)
    return len(loose)


def first_break() -> int | None:
    """The sequence number at which the chain does not hold, or None if it holds to the end."""
    previous = ""
    entries = AuditEntry.objects.exclude(sequence=None).order_by("sequence")
    for expected, entry in enumerate(entries.iterator(chunk_size=2000), start=1):
        intact = entry.sequence == expected and entry.digest == _digest(
            entry, sequence=expected, previous=previous
        )
        if not intact:
            return expected
        previous = entry.digest
    return None


def _digest(entry: AuditEntry, *, sequence: int, previous: str) -> str:
    text = json.dumps(
        [
            sequence,
            previous,
            _microseconds(entry),
            entry.verb,
            entry.actor,
            entry.subject,
            entry.detail,
        ],
        ensure_ascii=False,
        sort_keys=True,
        separators=(",", ":"),
    )
    return sha256(text.encode()).hexdigest()


def _microseconds(entry: AuditEntry) -> int:
    return int(entry.at.timestamp() * 1_000_000)
