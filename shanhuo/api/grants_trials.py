"""Trials of grants: what was promised before the start, and what the planned looks found."""

from datetime import datetime
from typing import Any, Literal

from django.http import Http404, HttpRequest
from ninja import Field, Router, Schema, Status

from shanhuo.api.grants import GrantReasonIn, find_grant
from shanhuo.api.lookups import person_of
from shanhuo.kernel import clock
from shanhuo.people.access import Access
from shanhuo.traffic import queries as traffic
from shanhuo.traffic.trials import queries, services

router = Router(tags=["grants"])
ACCESS = {
    "GET /api/grants/{public_id}/trial": Access.ANYONE,
    "POST /api/grants/{public_id}/trial": Access.OPERATOR,
    "POST /api/grants/{public_id}/trial/stop": Access.OPERATOR,
}


class TrialIn(Schema):
    """`looks`: how often the trial is read, evenly over the grant's days."""

    metric: Literal["plays", "follows", "orders", "sales"]
    looks: int = Field(2, ge=1, le=services.MOST_LOOKS)


class UpliftOut(Schema):
    """What the grant added over the supported half, in the metric's unit (sales: fen)."""

    metric: str
    effect: float
    low: float
    high: float
    registered: bool


class LookOut(Schema):
    """A planned look; `read` false: not yet, or never, since the trial was stopped before."""

    until: datetime
    read: bool


class TrialOut(Schema):
    """`detectable`: the least effect found with chance `power`. `as_promised` false: the row is not
    what its fingerprint was taken of. `uplifts` are those of the last look that was read."""

    id: str
    metric: str
    level: float
    power: float
    detectable: float
    fingerprint: str
    as_promised: bool
    registered_at: datetime
    stopped_at: datetime | None
    looks: list[LookOut]
    uplifts: list[UpliftOut]


@router.get("/grants/{public_id}/trial", response=TrialOut, summary="What the grant brought about")
def get_trial(request: HttpRequest, public_id: str) -> TrialOut:
    """404 where nothing was registered before the start: no figure of that grant is causal."""
    return _out(find_grant(request, public_id))


@router.post(
    "/grants/{public_id}/trial",
    response={201: TrialOut},
    summary="Register a trial",
)
def register(request: HttpRequest, public_id: str, body: TrialIn) -> Status[TrialOut]:
    """Half of the people are held out. 409 `trial_too_late`, `trial_exists`; 422
    `trial_of_pool`, `trial_too_small`."""
    grant = find_grant(request, public_id)
    services.register_trial(
        traffic.signal_log(),
        operator=person_of(request),
        grant_id=grant.pk,
        metric=body.metric,
        look_count=body.looks,
        now=clock.now(),
    )
    return Status(201, _out(grant))


@router.post("/grants/{public_id}/trial/stop", response=TrialOut, summary="Stop a trial")
def stop(request: HttpRequest, public_id: str, body: GrantReasonIn) -> TrialOut:
    """404 `no_trial`; 422 `reason_needed`. The grant goes on, for everybody."""
    grant = find_grant(request, public_id)
    services.stop_trial(
        operator=person_of(request), grant_id=grant.pk, reason=body.reason, now=clock.now()
    )
    return _out(grant)


def _out(grant: Any) -> TrialOut:
    sheet = queries.trial_of(grant)
    if sheet is None:
        raise Http404
    one = sheet.trial
    return TrialOut(
        id=one.public_id,
        metric=one.metric,
        level=one.level,
        power=one.power,
        detectable=sheet.detectable,
        fingerprint=one.fingerprint,
        as_promised=sheet.is_as_promised,
        registered_at=one.registered_at,
        stopped_at=one.stopped_at,
        looks=[LookOut(until=until, read=look is not None) for until, look in sheet.looks],
        uplifts=[
            UpliftOut(
                metric=line.metric,
                effect=line.effect,
                low=line.low,
                high=line.high,
                registered=line.is_promised,
            )
            for line in sheet.uplifts
        ],
    )
