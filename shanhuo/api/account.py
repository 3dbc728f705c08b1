"""Signing in and one's own account."""

from datetime import datetime
from typing import Any

from allauth.account.internal.flows.login import perform_login, record_authentication
from allauth.account.models import Login
from django.contrib.auth import logout, update_session_auth_hash
from django.http import HttpRequest
from ninja import Field, Router, Schema, Status

from shanhuo.api.lookups import person_of
from shanhuo.kernel import clock
from shanhuo.people import personal_data, phones, proof_of_work, queries, services
from shanhuo.people.access import Access
from shanhuo.people.queries import AnyUser

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
}
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
    return me_of(signed_in.user)


@router.post("/sign-out", response={204: None}, summary="End this session")
def sign_out(request: HttpRequest) -> Status[None]:
    logout(request)
    return Status(204, None)


@router.get("/me", response=MeOut, summary="My account and roles")
def me(request: HttpRequest) -> dict[str, Any]:
    return me_of(person_of(request))


@router.patch("/me", response=MeOut, summary="Change my name")
def rename(request: HttpRequest, body: NameIn) -> dict[str, Any]:
    user = person_of(request)
    services.rename(user=user, display_name=body.name)
    user.refresh_from_db()
    return me_of(user)


@router.delete("/me", response={204: None}, summary="Delete my account for good")
def delete_me(request: HttpRequest) -> Status[None]:
    """409 `last_owner`, `still_needed`: then nothing was deleted."""
    services.delete_account(user=person_of(request), now=clock.now())
    logout(request)
    return Status(204, None)


@router.get("/me/data", response=dict[str, Any], summary="Everything held about me")
def my_data(request: HttpRequest) -> dict[str, Any]:
    return dict(personal_data.export(person_of(request)))


@router.post("/me/sessions/end", response={204: None}, summary="Sign out everywhere else")
def end_sessions(request: HttpRequest) -> Status[None]:
    user = services.end_all_sessions(user=person_of(request), now=clock.now())
    update_session_auth_hash(request, user)
    return Status(204, None)


def me_of(user: AnyUser) -> dict[str, Any]:
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
