"""Signing in, one's account and organisations, the county's households, the operator's papers."""

from datetime import date, datetime
from typing import Any

from allauth.account.internal.flows.login import perform_login, record_authentication
from allauth.account.models import Login
from django.contrib.auth import logout, update_session_auth_hash
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Field, File, Form, Query, Router, Schema, Status
from ninja.files import UploadedFile

from shanhuo.kernel import clock
from shanhuo.people import (
    masks,
    personal_data,
    phones,
    proof_of_work,
    queries,
    services,
)
from shanhuo.people.access import Access
from shanhuo.people.entries import ConsentEntry, HouseholdEntry
from shanhuo.people.queries import AnyUser, HouseholdRow
from shanhuo.regions import queries as regions

router = Router(tags=["people"])
ACCESS = {
    "GET /api/sign-in/challenge": Access.ANYONE,
    "POST /api/sign-in/codes": Access.ANYONE,
    "POST /api/sign-in": Access.ANYONE,
    "POST /api/sign-out": Access.ANYONE,
    "GET /api/me": Access.SIGNED_IN,
    "PATCH /api/me": Access.SIGNED_IN,
    "DELETE /api/me": Access.SIGNED_IN,
    "GET /api/me/data": Access.SIGNED_IN,
    "POST /api/me/sessions/end": Access.SIGNED_IN,
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
    "GET /api/households": Access.OFFICER,
    "POST /api/households": Access.OFFICER,
    "PUT /api/households/{public_id}": Access.OFFICER,
    "DELETE /api/households/{public_id}": Access.OFFICER,
    "POST /api/households/{public_id}/reveal": Access.OFFICER,
    "POST /api/household-imports": Access.OFFICER,
    "GET /api/household-imports/{public_id}": Access.OFFICER,
    "POST /api/household-imports/{public_id}/confirm": Access.OFFICER,
    "POST /api/household-imports/{public_id}/undo": Access.OFFICER,
    "DELETE /api/household-imports/{public_id}": Access.OFFICER,
}
PAGE = 50
# SQLite and PostgreSQL agree up to here.
LAST_PAGE = 10_000
SENT = "people.sent_code"


class PhoneIn(Schema):
    phone: str = Field(max_length=30, examples=["13800138000"])
    proof: str = Field("", max_length=4000, description="Base64 of the solved ALTCHA challenge.")


class SentOut(Schema):
    masked_phone: str
    expires_at: datetime
    demo_code: str = Field(description="The code itself, in a demo only; else empty.")


class CodeIn(Schema):
    code: str = Field(max_length=12)


class OrganisationOut(Schema):
    id: str
    kind: str
    name: str
    county: str = Field(description="Code of its county, or empty.")
    status: str
    role: str = Field(description="owner | staff")


class MeOut(Schema):
    """`masked_phone` is all that the platform shows of a number, even to its owner."""

    id: str
    name: str
    masked_phone: str
    organisations: list[OrganisationOut]


class NameIn(Schema):
    name: str = Field(max_length=50)


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


class HouseholdIn(Schema):
    """Empty name, telephone or address in a correction: stays as it is."""

    number: str = Field(max_length=40)
    head_name: str = Field("", max_length=50)
    kind: str = Field(max_length=10, description="lifted | monitored | other")
    risk: str = Field("", max_length=10, description="unstable | marginal | sudden")
    village: str = Field("", max_length=16, description="Id of a village of the county.")
    phone: str = Field("", max_length=30)
    address: str = Field("", max_length=200)


class RegistrationIn(HouseholdIn):
    county: str = Field(max_length=6)
    agreed_on: date
    agreed_by: str = Field("paper", max_length=10, description="paper | in_person | phone")


class HouseholdOut(Schema):
    """Masked; see `POST /api/households/{public_id}/reveal`."""

    id: str
    number: str
    masked_name: str
    masked_phone: str
    kind: str
    risk: str
    village: str
    county: str


class HouseholdsOut(Schema):
    items: list[HouseholdOut]
    pages: int


class HouseholdFilter(Schema):
    """q: an exact number or name."""

    q: str = Field("", max_length=50)
    kind: str = Field("", max_length=10)
    page: int = Field(1, ge=1, le=LAST_PAGE)


class ReasonIn(Schema):
    reason: str = Field(max_length=200)


class RevealedOut(Schema):
    head_name: str
    phone: str
    address: str


class ImportLineOut(Schema):
    line: int
    number: str
    masked_name: str
    outcome: str
    reasons: list[str]


class ImportOut(Schema):
    id: str
    status: str
    ignored_columns: list[str]
    counts: dict[str, int]
    lines: list[ImportLineOut] = Field(description="The first 50, refused ones first.")


class UndoneOut(Schema):
    removed: int
    restored: int
    kept: int


# ---- signing in ----


@router.get("/sign-in/challenge", response=dict[str, Any], summary="A sum to solve first")
def challenge(request: HttpRequest) -> dict[str, Any]:
    """ALTCHA version 2, SHA-256. Without a solved one an address gets two codes a day."""
    return proof_of_work.challenge(now=clock.now())


@router.post("/sign-in/codes", response={202: SentOut}, summary="Send a code by text message")
def send_code(request: HttpRequest, body: PhoneIn) -> Status[services.SentCode]:
    """422 `not_a_phone`, `country_not_served`, `bad_proof`; 429 `too_many`."""
    sent = services.request_code(
        phone=body.phone,
        address=request.META.get("REMOTE_ADDR", ""),
        proof=body.proof,
        now=clock.now(),
    )
    request.session[SENT] = {
        "reference": sent.reference,
        "masked_phone": sent.masked_phone,
        "demo_code": sent.demo_code,
    }
    return Status(202, sent)


@router.post("/sign-in", response=MeOut, summary="Trade the code for a session")
def sign_in(request: HttpRequest, body: CodeIn) -> dict[str, Any]:
    """410 `code_expired`, 422 `wrong_code`. The first sign-in opens the account."""
    reference = request.session.get(SENT, {}).get("reference", "")
    signed_in = services.confirm_code(
        reference=reference,
        guess=body.code,
        address=request.META.get("REMOTE_ADDR", ""),
        now=clock.now(),
    )
    request.session.pop(SENT, None)
    record_authentication(request, signed_in.user, method="code")
    perform_login(request, Login(user=signed_in.user))
    return _me(signed_in.user)


@router.post("/sign-out", response={204: None}, summary="End this session")
def sign_out(request: HttpRequest) -> Status[None]:
    logout(request)
    return Status(204, None)


# ---- one's own account ----


@router.get("/me", response=MeOut, summary="My account and roles")
def me(request: HttpRequest) -> dict[str, Any]:
    return _me(_person(request))


@router.patch("/me", response=MeOut, summary="Change my name")
def rename(request: HttpRequest, body: NameIn) -> dict[str, Any]:
    user = _person(request)
    services.rename(user=user, display_name=body.name)
    user.refresh_from_db()
    return _me(user)


@router.delete("/me", response={204: None}, summary="Delete my account for good")
def delete_me(request: HttpRequest) -> Status[None]:
    """409 `last_owner`, `still_needed`: then nothing was deleted."""
    services.delete_account(user=_person(request), now=clock.now())
    logout(request)
    return Status(204, None)


@router.get("/me/data", response=dict[str, Any], summary="Everything held about me")
def my_data(request: HttpRequest) -> dict[str, Any]:
    return dict(personal_data.export(_person(request)))


@router.post("/me/sessions/end", response={204: None}, summary="Sign out everywhere else")
def end_sessions(request: HttpRequest) -> Status[None]:
    user = services.end_all_sessions(user=_person(request), now=clock.now())
    update_session_auth_hash(request, user)
    return Status(204, None)


# ---- organisations ----


@router.post("/creators", response={201: MeOut}, summary="Become a creator")
def become_creator(request: HttpRequest, body: CreatorIn) -> Status[dict[str, Any]]:
    """409 `already_creator`; 422 `age_not_declared`."""
    user = _person(request)
    services.become_creator(
        user=user,
        name=body.name,
        county=_county(body.county),
        is_adult=body.is_adult,
        now=clock.now(),
    )
    return Status(201, _me(user))


@router.post("/organisations", response={201: MeOut}, summary="Apply with papers")
def apply(
    request: HttpRequest,
    body: Form[ApplicationIn],
    documents: File[list[UploadedFile]],
) -> Status[dict[str, Any]]:
    """422 `paper_refused`, `papers_missing`, `kind_not_open`; 413 `paper_too_large`."""
    user = _person(request)
    services.apply_for_organisation(
        applicant=user,
        kind=body.kind,
        name=body.name,
        county=_county(body.county),
        licence_number=body.licence_number,
        documents=[("other", file.read()) for file in documents],
        note=body.note,
        now=clock.now(),
    )
    return Status(201, _me(user))


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
    services.end_membership(membership=membership, actor=_person(request), now=clock.now())
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
        inviter=_person(request),
        now=clock.now(),
    )
    return Status(201, _invitation(invitation))


@router.get("/invitations", response=list[InvitationOut], summary="Invitations to my number")
def invitations(request: HttpRequest) -> list[dict[str, Any]]:
    rows = queries.invitations_for(request.user, now=clock.now())
    return [_invitation(row) for row in rows]


@router.post("/invitations/{public_id}/accept", response=MeOut, summary="Join")
def accept_invitation(request: HttpRequest, public_id: str) -> dict[str, Any]:
    user = _person(request)
    rows = queries.invitations_for(user, now=clock.now())
    invitation = get_object_or_404(rows, public_id=public_id)
    services.accept_invitation(invitation=invitation, user=user, now=clock.now())
    return _me(user)


@router.delete("/invitations/{public_id}", response={204: None}, summary="Decline or take back")
def withdraw_invitation(request: HttpRequest, public_id: str) -> Status[None]:
    rows = queries.invitations_visible_to(request.user, now=clock.now())
    invitation = get_object_or_404(rows, public_id=public_id)
    services.withdraw_invitation(invitation=invitation, actor=_person(request), now=clock.now())
    return Status(204, None)


# ---- papers ----


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
        decider=_person(request),
        accept=body.accept,
        reason=body.reason,
        now=clock.now(),
    )
    return Status(204, None)


# ---- households ----


@router.get("/households", response=HouseholdsOut, summary="Households of my counties, masked")
def households(request: HttpRequest, wanted: Query[HouseholdFilter]) -> dict[str, Any]:
    rows = queries.households_visible_to(request.user).order_by("-registered_at", "-pk")
    if wanted.q:
        rows = queries.search_households(rows, wanted.q)
    if wanted.kind:
        rows = rows.filter(kind=wanted.kind)
    pages = Paginator(rows, PAGE)
    items = [_household(row) for row in pages.get_page(wanted.page)]
    return {"items": items, "pages": pages.num_pages}


@router.post("/households", response={201: HouseholdOut}, summary="Register a household")
def register(request: HttpRequest, body: RegistrationIn) -> Status[dict[str, Any]]:
    """Only with its consent. 409 `number_taken`; 422 `consent_missing`, `identity_number_found`."""
    county = _county(body.county)
    made = services.register_household(
        county_id=county.pk,
        entry=_entry(body, county_id=county.pk),
        given=ConsentEntry(given_on=body.agreed_on, channel=body.agreed_by),
        officer=_person(request),
        now=clock.now(),
    )
    return Status(201, _household(made))


@router.put("/households/{public_id}", response=HouseholdOut, summary="Correct a household")
def amend(request: HttpRequest, public_id: str, body: HouseholdIn) -> dict[str, Any]:
    row = _mine(request, public_id)
    services.amend_household(
        household=row,
        entry=_entry(body, county_id=row.county_id),
        officer=_person(request),
        now=clock.now(),
    )
    return _household(_mine(request, public_id))


@router.delete("/households/{public_id}", response={204: None}, summary="Consent is withdrawn")
def withdraw(request: HttpRequest, public_id: str) -> Status[None]:
    """Everything personal is erased, in imported lists too; sums stay."""
    row = _mine(request, public_id)
    services.withdraw_consent(household=row, officer=_person(request), now=clock.now())
    return Status(204, None)


@router.post("/households/{public_id}/reveal", response=RevealedOut, summary="Look closer")
def reveal(request: HttpRequest, public_id: str, body: ReasonIn) -> services.Revealed:
    """The reason is kept in the audit log."""
    return services.reveal_household(
        household=_mine(request, public_id),
        officer=_person(request),
        reason=body.reason,
        now=clock.now(),
    )


@router.post("/household-imports", response={201: ImportOut}, summary="Preview a list")
def preview(
    request: HttpRequest, county: Form[str], file: File[UploadedFile]
) -> Status[dict[str, Any]]:
    """Changes no household. 422 `not_a_sheet`, `no_headings`, `columns_missing`; 413
    `sheet_too_large`."""
    batch = services.preview_import(
        county_id=_county(county).pk,
        raw=file.read(),
        officer=_person(request),
        now=clock.now(),
    )
    return Status(201, _import(batch))


@router.get("/household-imports/{public_id}", response=ImportOut, summary="A list, row by row")
def household_import(request: HttpRequest, public_id: str) -> dict[str, Any]:
    return _import(_batch(request, public_id))


@router.post("/household-imports/{public_id}/confirm", response=ImportOut, summary="Import it")
def confirm(request: HttpRequest, public_id: str) -> dict[str, Any]:
    """409 `import_not_open`: confirmed, discarded or too old."""
    batch = _batch(request, public_id)
    services.confirm_import(batch=batch, officer=_person(request), now=clock.now())
    return _import(_batch(request, public_id))


@router.post("/household-imports/{public_id}/undo", response=UndoneOut, summary="Take it back")
def undo(request: HttpRequest, public_id: str) -> services.Undone:
    """409 `too_late_to_undo` after 24 hours."""
    batch = _batch(request, public_id)
    return services.undo_import(batch=batch, officer=_person(request), now=clock.now())


@router.delete("/household-imports/{public_id}", response={204: None}, summary="Discard a preview")
def discard(request: HttpRequest, public_id: str) -> Status[None]:
    batch = _batch(request, public_id)
    services.discard_import(batch=batch, officer=_person(request), now=clock.now())
    return Status(204, None)


# ---- shapes ----


def _person(request: HttpRequest) -> AnyUser:
    assert isinstance(request.user, AnyUser)  # noqa: S101 - the access table lets nobody else in
    return request.user


def _me(user: AnyUser) -> dict[str, Any]:
    return {
        "id": user.public_id,
        "name": user.display_name,
        "masked_phone": phones.masked(user.phone),
        "organisations": [
            {
                "id": row.organisation.public_id,
                "kind": row.organisation.kind,
                "name": row.organisation.name,
                "county": row.organisation.county.adcode if row.organisation.county else "",
                "status": row.organisation.status,
                "role": row.role,
            }
            for row in queries.organisations_of(user)
        ],
    }


def _county(adcode: str) -> Any:
    county = regions.county_of(adcode)
    if county is None:
        raise Http404
    return county


def _organisation(request: HttpRequest, public_id: str) -> Any:
    return get_object_or_404(queries.organisations_visible_to(request.user), public_id=public_id)


def _invitation(row: Any) -> dict[str, Any]:
    return {
        "id": row.public_id,
        "organisation": row.organisation.name,
        "role": row.role,
        "expires_at": row.expires_at,
    }


def _mine(request: HttpRequest, public_id: str) -> HouseholdRow:
    return get_object_or_404(queries.households_visible_to(request.user), public_id=public_id)


def _batch(request: HttpRequest, public_id: str) -> Any:
    return get_object_or_404(queries.imports_visible_to(request.user), public_id=public_id)


def _household(row: HouseholdRow) -> dict[str, Any]:
    return {
        "id": row.public_id,
        "number": row.number,
        "masked_name": masks.name(row.head_name),
        "masked_phone": masks.contact(row.phone),
        "kind": row.kind,
        "risk": row.risk,
        "village": row.village.name if row.village else "",
        "county": row.county.adcode,
    }


def _entry(body: HouseholdIn, *, county_id: int) -> HouseholdEntry:
    village = regions.villages_of(county_id).filter(public_id=body.village).first()
    if body.village and village is None:
        raise Http404
    return HouseholdEntry(
        number=body.number,
        head_name=body.head_name,
        kind=body.kind,
        risk=body.risk,
        village_id=village.pk if village else None,
        phone=body.phone,
        address=body.address,
    )


def _import(batch: Any) -> dict[str, Any]:
    lines = [queries.import_line(row) for row in queries.import_rows(batch)[:PAGE]]
    return {
        "id": batch.public_id,
        "status": batch.status,
        "ignored_columns": batch.ignored_headings,
        "counts": {outcome: lines_ for outcome, _name, lines_ in queries.import_counts(batch)},
        "lines": [
            {
                "line": line.line,
                "number": line.number,
                "masked_name": line.masked_name,
                "outcome": line.outcome,
                "reasons": line.reasons,
            }
            for line in lines
        ],
    }
