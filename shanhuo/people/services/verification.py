"""Papers in, a second person's decision out."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.core.files.base import ContentFile
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from shanhuo.kernel import audit
from shanhuo.kernel.errors import Refusal
from shanhuo.people import papers, rules
from shanhuo.people.models import (
    Membership,
    Organisation,
    User,
    Verification,
    VerificationDocument,
)
from shanhuo.people.services import organisations

MOST_DOCUMENTS = 6
Status = Verification.Status


class PapersMissing(Refusal):
    code = "papers_missing"
    status = 422
    message = _("Add 1 to 6 photos or PDFs of your papers.")


class KindNeedsNoPapers(Refusal):
    code = "kind_not_open"
    status = 422
    message = _("You can apply for a cooperative or merchant, or for a county office.")


class AlreadyOpen(Refusal):
    code = "already_open"
    message = _("Papers of this organisation are already waiting for a decision.")


class SecondPersonNeeded(Refusal):
    code = "second_person_needed"
    status = 403
    message = _("An operator who does not belong to this organisation has to decide.")


class ReasonMissing(Refusal):
    code = "reason_missing"
    status = 422
    message = _("Write down why.")


class AlreadyDecided(Refusal):
    code = "already_decided"
    message = _("This was already decided.")


@transaction.atomic
def apply_for_organisation(
    *,
    applicant: User,
    kind: str,
    name: str,
    county: Any,
    licence_number: str,
    documents: Sequence[tuple[str, bytes]],
    note: str = "",
    now: datetime,
) -> Organisation:
    """Open an organisation that waits for its papers to be checked.

    documents: (kind of paper, bytes). Raises KindNeedsNoPapers, PapersMissing, PaperRefused,
    PaperTooLarge, NameMissing, AgeNotDeclared (youth mode).
    """
    if kind not in (Organisation.Kind.MERCHANT, Organisation.Kind.COUNTY_OFFICE):
        raise KindNeedsNoPapers
    if not rules.may_trade(applicant):
        raise organisations.AgeNotDeclared
    organisation = organisations.create(
        kind=kind, name=name, county=county, founder=applicant, licence=licence_number, now=now
    )
    organisations.join(
        applicant, organisation, role=Membership.Role.OWNER, actor=applicant, now=now
    )
    hand_in_papers(
        organisation=organisation, applicant=applicant, documents=documents, note=note, now=now
    )
    return organisation


@transaction.atomic
def hand_in_papers(
    *,
    organisation: Organisation,
    applicant: User,
    documents: Sequence[tuple[str, bytes]],
    note: str = "",
    now: datetime,
) -> Verification:
    """First papers, or better ones after a refusal or suspension.

    Raises NotOwner, PapersMissing, AlreadyOpen, PaperRefused, PaperTooLarge.
    """
    if not rules.can_manage(applicant, organisation):
        raise organisations.NotOwner
    if not 1 <= len(documents) <= MOST_DOCUMENTS:
        raise PapersMissing
    cleaned = [(kind, papers.clean(raw)) for kind, raw in documents]
    Organisation.objects.select_for_update(no_key=True).get(pk=organisation.pk)
    if Verification.objects.filter(organisation=organisation, status=Status.OPEN).exists():
        raise AlreadyOpen
    verification = Verification.objects.create(
        organisation=organisation, applied_by=applicant, applied_at=now, note=note.strip()[:1000]
    )
    _store(verification, cleaned)
    audit.record(
        verb="verification.apply",
        actor=applicant,
        subject=_subject(verification),
        detail={"organisation": organisation.public_id, "documents": len(cleaned)},
        now=now,
    )
    return verification


@transaction.atomic
def decide_verification(
    *, verification: Verification, decider: User, accept: bool, reason: str, now: datetime
) -> None:
    """A second person accepts or refuses. Raises SecondPersonNeeded, ReasonMissing (a refusal says
    why), AlreadyDecided.
    """
    if not rules.can_decide(decider, verification):
        raise SecondPersonNeeded
    reason = reason.strip()
    if not accept and not reason:
        raise ReasonMissing
    status = Status.ACCEPTED if accept else Status.REFUSED
    # The update is the claim: of two operators, one decides.
    if not Verification.objects.filter(pk=verification.pk, status=Status.OPEN).update(
        status=status, decided_by=decider, decided_at=now, reason=reason
    ):
        raise AlreadyDecided
    audit.record(
        verb=f"verification.{status}",
        actor=decider,
        subject=_subject(verification),
        detail={"organisation": verification.organisation.public_id},
        now=now,
    )
    if accept:
        organisations.verify(verification.organisation, actor=decider, now=now)
    else:
        Organisation.objects.filter(
            pk=verification.organisation_id, status=Organisation.Status.APPLIED
        ).update(status=Organisation.Status.REFUSED)


def _store(verification: Verification, cleaned: Iterable[tuple[str, papers.Paper]]) -> None:
    known = VerificationDocument.Kind.values
    for kind, paper in cleaned:
        document = VerificationDocument(
            verification=verification,
            kind=kind if kind in known else VerificationDocument.Kind.OTHER,
            content_type=paper.content_type,
            byte_count=len(paper.content),
            sha256=paper.sha256,
        )
        document.file.save("paper", ContentFile(paper.content), save=False)
        document.save()


def _subject(verification: Verification) -> str:
    return f"people.Verification:{verification.public_id}"
