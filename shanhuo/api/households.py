"""The county's households: one by one, and as a list from a workbook."""

from datetime import date
from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Field, File, Form, Query, Router, Schema, Status
from ninja.files import UploadedFile

from shanhuo.api.lookups import county_of, person_of
from shanhuo.api.schemas import LAST_PAGE
from shanhuo.kernel import clock
from shanhuo.people import masks, queries, services
from shanhuo.people.access import Access
from shanhuo.people.entries import ConsentEntry, HouseholdEntry
from shanhuo.people.queries import HouseholdRow
from shanhuo.regions import queries as regions

router = Router(tags=["people"])
ACCESS = {
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


class RevealIn(Schema):
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
    county = county_of(body.county)
    made = services.register_household(
        county_id=county.pk,
        entry=_entry(body, county_id=county.pk),
        given=ConsentEntry(given_on=body.agreed_on, channel=body.agreed_by),
        officer=person_of(request),
        now=clock.now(),
    )
    return Status(201, _household(made))


@router.put("/households/{public_id}", response=HouseholdOut, summary="Correct a household")
def amend(request: HttpRequest, public_id: str, body: HouseholdIn) -> dict[str, Any]:
    row = _mine(request, public_id)
    services.amend_household(
        household=row,
        entry=_entry(body, county_id=row.county_id),
        officer=person_of(request),
        now=clock.now(),
    )
    return _household(_mine(request, public_id))


@router.delete("/households/{public_id}", response={204: None}, summary="Consent is withdrawn")
def withdraw(request: HttpRequest, public_id: str) -> Status[None]:
    """Everything personal is erased, in imported lists too; sums stay."""
    row = _mine(request, public_id)
    services.withdraw_consent(household=row, officer=person_of(request), now=clock.now())
    return Status(204, None)


@router.post("/households/{public_id}/reveal", response=RevealedOut, summary="Look closer")
def reveal(request: HttpRequest, public_id: str, body: RevealIn) -> services.Revealed:
    """The reason is kept in the audit log."""
    return services.reveal_household(
        household=_mine(request, public_id),
        officer=person_of(request),
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
        county_id=county_of(county).pk,
        raw=file.read(),
        officer=person_of(request),
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
    services.confirm_import(batch=batch, officer=person_of(request), now=clock.now())
    return _import(_batch(request, public_id))


@router.post("/household-imports/{public_id}/undo", response=UndoneOut, summary="Take it back")
def undo(request: HttpRequest, public_id: str) -> services.Undone:
    """409 `too_late_to_undo` after 24 hours."""
    batch = _batch(request, public_id)
    return services.undo_import(batch=batch, officer=person_of(request), now=clock.now())


@router.delete("/household-imports/{public_id}", response={204: None}, summary="Discard a preview")
def discard(request: HttpRequest, public_id: str) -> Status[None]:
    batch = _batch(request, public_id)
    services.discard_import(batch=batch, officer=person_of(request), now=clock.now())
    return Status(204, None)


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
