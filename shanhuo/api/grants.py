"""Traffic grants: programmes, grants and their ledger, open to everybody; asking and deciding."""

from datetime import date, datetime
from typing import Any

from django.http import Http404, HttpRequest
from ninja import Field, Query, Router, Schema, Status

from shanhuo.api.lookups import county_of, person_of
from shanhuo.kernel import clock
from shanhuo.people.access import Access
from shanhuo.traffic import queries as traffic
from shanhuo.traffic.fakes import RULES
from shanhuo.traffic.grants import queries, services
from shanhuo.traffic.grants.queries import ContractSheet, GrantLine
from shanhuo.traffic.grants.recount import book_and_recount
from shanhuo.traffic.grants.terms import Terms, Wish
from shanhuo.traffic.grants.words import (
    AUDIENCE_OF,
    KINDS,
    MEANS_OF,
    PLACEMENT_OF,
    AudienceName,
    KindName,
    MeansName,
    PlacementName,
)

router = Router(tags=["grants"])
ACCESS = {
    "GET /api/programmes": Access.ANYONE,
    "GET /api/grants": Access.ANYONE,
    "POST /api/grants": Access.OFFICER | Access.OPERATOR,
    "GET /api/grants/rules": Access.ANYONE,
    "GET /api/grants/{public_id}": Access.ANYONE,
    "GET /api/grants/{public_id}/entries": Access.ANYONE,
    "GET /api/grants/{public_id}/recount": Access.AUDITOR | Access.OPERATOR,
    "POST /api/grants/{public_id}/approve": Access.OPERATOR,
    "POST /api/grants/{public_id}/refuse": Access.OPERATOR,
    "POST /api/grants/{public_id}/stop": Access.OPERATOR,
}
MOST, MOST_ENTRIES = 100, 1000


class ProgrammeOut(Schema):
    """Counts are exposures."""

    id: str
    name: str
    purpose: str
    starts_on: date
    ends_on: date
    budget: int
    granted: int
    delivered: int
    returned: int
    free: int
    expired: int


class GrantOut(Schema):
    """`asked`: promised from its approval on; `returned`: given back to the programme unused."""

    id: str
    title: str
    programme: str
    county: str
    means: str
    status: str
    starts_on: date
    ends_on: date
    asked: int
    delivered: int
    returned: int


class ContractOut(Schema):
    """One object. `number` is what signals carry as `grant`; `target` a public id or an adcode.
    `pooled`: came from other objects of the grant, or, below 0, went to the county; with `quota` it
    is what is promised."""

    number: int
    kind: str
    name: str
    target: str
    placement: str
    quota: int
    pooled: int
    day_cap: int | None
    delivered: int
    excluded: int
    reserved: int
    returned: int
    end_reason: str


class PlacementOut(Schema):
    """viewer_cap: exposures to one viewer in one day, at most."""

    placement: str
    viewer_cap: int
    quota: int
    delivered: int
    excluded: int
    returned: int


class DayOut(Schema):
    """`delivered` in all, and in each placement where there was any."""

    day: date
    delivered: int
    by_placement: dict[str, int]
    excluded: int


class PoolingOut(Schema):
    """What an object left to the county, and when; `contract` is the object's."""

    at: datetime
    contract: int
    name: str
    placement: str
    amount: int
    end_reason: str


class GrantSheetOut(Schema):
    """`pooled`: what an object cannot use any more goes to the county. `head`: the newest digest of
    the programme's chain; `equal`: what the last comparison with the signal log found, null before
    the first."""

    grant: GrantOut
    audience: str
    least_finish_percent: int
    pooled: bool
    placements: list[PlacementOut]
    contracts: list[ContractOut]
    poolings: list[PoolingOut]
    days: list[DayOut]
    head: str
    checked_at: datetime | None
    equal: bool | None


class GrantEntryOut(Schema):
    """`amount` exposures from one account to another; docs/grants.md says how `digest` is made."""

    sequence: int
    at: datetime
    kind: str
    source: str
    target: str
    amount: int
    contract: int | None
    day: date | None
    digest: str


class GrantQuery(Schema):
    """county: adcode; status: approved, running, ended or stopped; page from 1."""

    county: str = Field("", max_length=6)
    status: str = Field("", max_length=9)
    page: int = Field(1, ge=1, le=10_000)


class WishIn(Schema):
    """target: a public id, for a county its adcode. day_cap: at most so many a day. placement: one
    object in two placements is two objects, each with its quota."""

    kind: KindName
    target: str = Field(max_length=16)
    quota: int
    day_cap: int | None = None
    placement: PlacementName = "feed"


class GrantIn(Schema):
    """Caps are exposures to one viewer in one day; null is the cap of the programme. pooled: what
    an object cannot use any more goes to the county, and not back to the programme."""

    programme: str = Field(max_length=16)
    county: str = Field(max_length=6)
    title: str = Field(min_length=1, max_length=60)
    reason: str = Field(min_length=1, max_length=1000)
    means: MeansName
    starts_on: date
    ends_on: date
    objects: list[WishIn] = Field(max_length=200)
    audience: AudienceName = "everyone"
    viewer_cap: int | None = None
    banner_cap: int | None = None
    splash_cap: int | None = None
    least_finish_percent: int = 0
    pooled: bool = False


class GrantReasonIn(Schema):
    reason: str = Field(max_length=300)


class RecountLine(Schema):
    contract: int
    shown: int
    excluded: int
    delivered: int
    left: int
    ledger_shown: int
    ledger_excluded: int
    ledger_delivered: int
    ledger_left: int


class RecountOut(Schema):
    """`broken_at`: the entry at which the chain does not hold."""

    equal: bool
    at: datetime
    contracts: list[RecountLine]
    broken_at: int | None
    head: str


class FakeRuleOut(Schema):
    number: int
    name: str
    words: str


@router.get("/programmes", response=list[ProgrammeOut], summary="Budgets of exposures")
def list_programmes(request: HttpRequest) -> list[ProgrammeOut]:
    """At most 100, the newest first."""
    return [
        ProgrammeOut(
            id=one.programme.public_id,
            name=one.programme.name,
            purpose=one.programme.purpose,
            starts_on=one.programme.starts_on,
            ends_on=one.programme.ends_on,
            budget=one.programme.budget_count,
            granted=one.granted,
            delivered=one.delivered,
            returned=one.returned,
            free=one.free,
            expired=one.expired,
        )
        for one in queries.programme_sheets(queries.programmes()[:MOST])
    ]


@router.get("/grants", response=list[GrantOut], summary="Everything that was promised")
def list_grants(request: HttpRequest, wanted: Query[GrantQuery]) -> list[GrantOut]:
    """100 a page, the newest first."""
    rows = queries.grants_in_public()
    if wanted.county:
        rows = rows.filter(county__adcode=wanted.county)
    if wanted.status:
        rows = rows.filter(status=wanted.status)
    first = (wanted.page - 1) * MOST
    return [_grant_out(line) for line in queries.lines(rows[first : first + MOST])]


@router.get("/grants/rules", response=list[FakeRuleOut], summary="What is not believed")
def list_rules(request: HttpRequest) -> list[FakeRuleOut]:
    """Exposures that these rules find are shown as excluded and promised again."""
    return [FakeRuleOut(number=r.number, name=str(r.name), words=str(r.words)) for r in RULES]


@router.post("/grants", response={201: GrantOut}, summary="Ask for exposures")
def request_grant(request: HttpRequest, body: GrantIn) -> Status[GrantOut]:
    """403 `not_your_county`; 409 `programme_closed`, `objects_overlap`; 422 for terms that cannot
    be meant: `nothing_asked`, `too_much_asked`, `dates_…`, `outside_programme`, `object_unknown`,
    `nothing_to_show`, `words_missing`, `same_object_twice`, `day_cap_too_small`, `caps_wrong`,
    `cap_needed`, `cap_for_nothing`, `gate_wrong`."""
    programme = queries.programmes().filter(public_id=body.programme).first()
    if programme is None:
        raise Http404
    grant = services.request_grant(
        requester=person_of(request),
        programme_id=programme.pk,
        county_id=county_of(body.county).pk,
        terms=_terms(body),
        now=clock.now(),
    )
    return Status(201, _one(grant))


@router.get("/grants/{public_id}", response=GrantSheetOut, summary="One grant, with all figures")
def get_grant(request: HttpRequest, public_id: str) -> GrantSheetOut:
    """By object and by day. A request is seen by its county, operators and auditors only."""
    grant = find_grant(request, public_id)
    sheet = queries.sheet_of(grant, now=clock.now())
    return GrantSheetOut(
        grant=_one(grant),
        audience=grant.audience,
        least_finish_percent=grant.least_finish_percent,
        pooled=grant.is_pooled,
        placements=[
            PlacementOut(**{name: getattr(one, name) for name in PlacementOut.model_fields})
            for one in sheet.placements
        ],
        contracts=[_contract_out(one) for one in sheet.contracts],
        poolings=[
            PoolingOut(
                at=one.at,
                contract=one.object.number,
                name=one.object.name,
                placement=one.object.placement,
                amount=one.amount,
                end_reason=one.object.end_reason,
            )
            for one in sheet.poolings
        ],
        days=[
            DayOut(
                day=one.day,
                delivered=one.delivered,
                by_placement={place.value: count for place, count in one.by_placement.items()},
                excluded=one.excluded,
            )
            for one in sheet.days
        ],
        head=sheet.head,
        checked_at=sheet.checked.at if sheet.checked else None,
        equal=sheet.checked.agrees if sheet.checked else None,
    )


@router.get(
    "/grants/{public_id}/entries", response=list[GrantEntryOut], summary="Its ledger entries"
)
def list_entries(request: HttpRequest, public_id: str, after: int = 0) -> list[GrantEntryOut]:
    """1,000 at a time, in the order of the chain; `after` is the last sequence you have."""
    entries = queries.entries_of(find_grant(request, public_id), after=max(0, after))
    return [
        GrantEntryOut(
            sequence=one.sequence,
            at=one.at,
            kind=one.kind,
            source=one.source,
            target=one.target,
            amount=one.amount,
            contract=one.contract_id,
            day=one.day,
            digest=one.digest,
        )
        for one in entries[:MOST_ENTRIES]
    ]


@router.get("/grants/{public_id}/recount", response=RecountOut, summary="Count it again, now")
def get_recount(request: HttpRequest, public_id: str) -> RecountOut:
    """The signal log against the ledger. Newest signals are booked before."""
    grant, now, log = find_grant(request, public_id), clock.now(), traffic.signal_log()
    found = book_and_recount(log, grant, now=now)
    names = [name for name in RecountLine.model_fields if name != "contract"]
    return RecountOut(
        equal=found.agrees,
        at=found.at,
        contracts=[
            RecountLine(contract=one.contract, **{name: getattr(one, name) for name in names})
            for one in found.contracts
        ],
        broken_at=found.broken_at,
        head=found.head,
    )


@router.post("/grants/{public_id}/approve", response=GrantOut, summary="Promise what was asked")
def approve_grant(request: HttpRequest, public_id: str) -> GrantOut:
    """403 `own_request`; 409 `already_decided`, `nothing_left`, `budget_short`; 422
    `dates_wrong`."""
    found = find_grant(request, public_id)
    return _one(
        services.approve_grant(operator=person_of(request), grant_id=found.pk, now=clock.now())
    )


@router.post("/grants/{public_id}/refuse", response=GrantOut, summary="Refuse a request")
def refuse_grant(request: HttpRequest, public_id: str, body: GrantReasonIn) -> GrantOut:
    """403 `own_request`; 409 `already_decided`; 422 `reason_needed`."""
    found = find_grant(request, public_id)
    return _one(
        services.refuse_grant(
            operator=person_of(request), grant_id=found.pk, reason=body.reason, now=clock.now()
        )
    )


@router.post("/grants/{public_id}/stop", response=GrantOut, summary="End a grant before its time")
def stop_grant(request: HttpRequest, public_id: str, body: GrantReasonIn) -> GrantOut:
    """409 `not_under_way`; 422 `reason_needed`."""
    found = find_grant(request, public_id)
    return _one(
        services.stop_grant(
            operator=person_of(request), grant_id=found.pk, reason=body.reason, now=clock.now()
        )
    )


def find_grant(request: HttpRequest, public_id: str) -> Any:
    found = queries.grants_visible_to(request.user).filter(public_id=public_id).first()
    if found is None:
        raise Http404
    return found


def _terms(body: GrantIn) -> Terms:
    caps = (body.viewer_cap, body.banner_cap, body.splash_cap)
    return Terms(
        title=body.title,
        reason=body.reason,
        means=MEANS_OF[body.means],
        starts_on=body.starts_on,
        ends_on=body.ends_on,
        wishes=tuple(
            Wish(KINDS[one.kind], one.target, one.quota, one.day_cap, PLACEMENT_OF[one.placement])
            for one in body.objects
        ),
        audience=AUDIENCE_OF[body.audience],
        caps={
            place: cap
            for place, cap in zip(PLACEMENT_OF.values(), caps, strict=True)
            if cap is not None
        },
        least_finish_percent=body.least_finish_percent,
        pooled=body.pooled,
    )


def _one(grant: Any) -> GrantOut:
    (line,) = queries.lines([grant])
    return _grant_out(line)


def _grant_out(line: GrantLine) -> GrantOut:
    one = line.grant
    return GrantOut(
        id=one.public_id,
        title=one.title,
        programme=one.programme.public_id,
        county=one.county.adcode,
        means=one.means,
        status=one.status,
        starts_on=one.starts_on,
        ends_on=one.ends_on,
        asked=one.asked_count,
        delivered=line.delivered,
        returned=line.returned,
    )


def _contract_out(one: ContractSheet) -> ContractOut:
    return ContractOut(
        number=one.number,
        kind=one.kind,
        name=one.name,
        target=one.target,
        placement=one.placement,
        quota=one.quota,
        pooled=one.pooled,
        day_cap=one.day_cap,
        delivered=one.delivered,
        excluded=one.excluded,
        reserved=one.reserved,
        returned=one.returned,
        end_reason=one.end_reason,
    )
