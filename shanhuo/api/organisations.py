"""Organisations: opening, joining and leaving them, and the operator's look at their papers."""

from datetime import datetime
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Field, File, Form, Query, Router, Schema, Status
from ninja.files import UploadedFile

from shanhuo.api.account import MeOut, me_of
from shanhuo.api.lookups import county_of, person_of
from shanhuo.api.schemas import LAST_PAGE
from shanhuo.kernel import clock
from shanhuo.people import queries, services
from shanhuo.people.access import Access

router = Router(tags=["people"])
ACCESS = {
    "POST /api/creators": Access.SIGNED_IN,
    "POST /api/organisations": Access.SIGNED_IN,
    "GET /api/organisations/{public_id}/members": Access.SIGNED_IN,
    "DELETE /api/organisations/{public_id}/members/{member_id}": Access.SIGNED_IN,
    "POST /api/organisations/{public_id}/invitations": Access.SIGNED_IN,
    "GET /api/invitations": Access.SIGNED_IN,
    "POST /api/invitations/{public_id}/accept": Access.SIGNED_IN,
    "DELETE /api/invitations/{public_id}": Access.SIGNED_IN,
    "GET /api/verifications": Access.OPERATOR,
    "POST /api/verifications/{public_id}/decision": Access.OPERATOR,
}
PAGE = 50


class CreatorIn(Schema):
    name: str = Field(max_length=80)
    county: str = Field(max_length=6, description="Code of the county.", examples=["500237"])
    is_adult: bool


class ApplicationIn(Schema):
    kind: str = Field(max_length=16, description="merchant | county_office")
    name: str = Field(max_length=80)
    county: str = Field(max_length=6)
    licence_number: str = Field("", max_length=32)
    note: str = Field("", max_length=1000)


class MemberOut(Schema):
    id: str
    name: str
    role: str
    since: datetime


class InvitationIn(Schema):
    phone: str = Field(max_length=30)
    role: str = Field("staff", pattern="^(owner|staff)$")


class InvitationOut(Schema):
    id: str
    organisation: str
    role: str
    expires_at: datetime


class VerificationOut(Schema):
    id: str
    organisation: str
    kind: str
    status: str
    applied_at: datetime
    paper_count: int


class VerificationFilter(Schema):
    status: str = Field("open", pattern="^(open|accepted|refused)$")
    page: int = Field(1, ge=1, le=LAST_PAGE)


class VerificationsOut(Schema):
    items: list[VerificationOut]
    pages: int


class DecisionIn(Schema):
    accept: bool
    reason: str = Field("", max_length=1000)


@router.post("/creators", response={201: MeOut}, summary="Become a creator")
def become_creator(request: HttpRequest, body: CreatorIn) -> Status[dict[str, Any]]:
    """409 `already_creator`; 422 `age_not_declared`."""
    user = person_of(request)
    services.become_creator(
        user=user,
        name=body.name,
        county=county_of(body.county),
        is_adult=body.is_adult,
        now=clock.now(),
    )
    return Status(201, me_of(user))


@router.post("/organisations", response={201: MeOut}, summary="Apply with papers")
def apply(
    request: HttpRequest,
    body: Form[ApplicationIn],
    documents: File[list[UploadedFile]],
) -> Status[dict[str, Any]]:
    """422 `paper_refused`, `papers_missing`, `kind_not_open`; 413 `paper_too_large`."""
    user = person_of(request)
    services.apply_for_organisation(
        applicant=user,
        kind=body.kind,
        name=body.name,
        county=county_of(body.county),
        licence_number=body.licence_number,
        documents=[("other", file.read()) for file in documents],
        note=body.note,
        now=clock.now(),
    )
    return Status(201, me_of(user))


@router.get(
    "/organisations/{public_id}/members", response=list[MemberOut], summary="Who belongs to it"
)
def members(request: HttpRequest, public_id: str) -> list[dict[str, Any]]:
    rows = queries.members_of(_organisation(request, public_id))
    return [
        {
            "id": row.user.public_id,
            "name": row.user.display_name,
            "role": row.role,
            "since": row.started_at,
        }
        for row in rows
    ]


@router.delete(
    "/organisations/{public_id}/members/{member_id}",
    response={204: None},
    summary="Remove a member, or leave",
)
def end_membership(request: HttpRequest, public_id: str, member_id: str) -> Status[None]:
    """403 `not_owner`; 409 `last_owner`. Every right ends at once."""
    rows = queries.members_of(_organisation(request, public_id))
    membership = get_object_or_404(rows, user__public_id=member_id)
    services.end_membership(membership=membership, actor=person_of(request), now=clock.now())
    return Status(204, None)


@router.post(
    "/organisations/{public_id}/invitations",
    response={201: InvitationOut},
    summary="Invite a telephone number",
)
def invite(request: HttpRequest, public_id: str, body: InvitationIn) -> Status[dict[str, Any]]:
    """The answer is the same whether or not the number has an account."""
    invitation = services.invite(
        organisation=_organisation(request, public_id),
        phone=body.phone,
        role=body.role,
        inviter=person_of(request),
        now=clock.now(),
    )
    return Status(201, _invitation(invitation))


@router.get("/invitations", response=list[InvitationOut], summary="Invitations to my number")
def invitations(request: HttpRequest) -> list[dict[str, Any]]:
    rows = queries.invitations_for(request.user, now=clock.now())
    return [_invitation(row) for row in rows]


@router.post("/invitations/{public_id}/accept", response=MeOut, summary="Join")
def accept_invitation(request: HttpRequest, public_id: str) -> dict[str, Any]:
    user = person_of(request)
    rows = queries.invitations_for(user, now=clock.now())
    invitation = get_object_or_404(rows, public_id=public_id)
    services.accept_invitation(invitation=invitation, user=user, now=clock.now())
    return me_of(user)


@router.delete("/invitations/{public_id}", response={204: None}, summary="Decline or take back")
def withdraw_invitation(request: HttpRequest, public_id: str) -> Status[None]:
    rows = queries.invitations_visible_to(request.user, now=clock.now())
    invitation = get_object_or_404(rows, public_id=public_id)
    services.withdraw_invitation(invitation=invitation, actor=person_of(request), now=clock.now())
    return Status(204, None)


@router.get("/verifications", response=VerificationsOut, summary="Papers to decide on")
def verifications(request: HttpRequest, wanted: Query[VerificationFilter]) -> dict[str, Any]:
    rows = queries.verification_queue(request.user, status=wanted.status)
    pages = Paginator(rows.prefetch_related("documents"), PAGE)
    items = [
        {
            "id": case.public_id,
            "organisation": case.organisation.name,
            "kind": case.organisation.kind,
            "status": case.status,
            "applied_at": case.applied_at,
            "paper_count": len(case.documents.all()),
        }
        for case in pages.get_page(wanted.page)
    ]
    return {"items": items, "pages": pages.num_pages}


@router.post("/verifications/{public_id}/decision", response={204: None}, summary="Decide")
def decide(request: HttpRequest, public_id: str, body: DecisionIn) -> Status[None]:
    """403 `second_person_needed`; 409 `already_decided`; 422 `reason_missing`."""
    rows = queries.verifications_visible_to(request.user)
    services.decide_verification(
        verification=get_object_or_404(rows, public_id=public_id),
        decider=person_of(request),
        accept=body.accept,
        reason=body.reason,
        now=clock.now(),
    )
    return Status(204, None)


def _organisation(request: HttpRequest, public_id: str) -> Any:
    return get_object_or_404(queries.organisations_visible_to(request.user), public_id=public_id)


def _invitation(row: Any) -> dict[str, Any]:
    return {
        "id": row.public_id,
        "organisation": row.organisation.name,
        "role": row.role,
        "expires_at": row.expires_at,
    }
