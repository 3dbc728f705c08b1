"""What hosts do with a session by API, before and while it is on air: words, cast, goods, key."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest
from ninja import Field, Router, Schema

from shanhuo.api.live import items_of, plan_of
from shanhuo.api.live_rows import directed, one_of, visible
from shanhuo.api.live_schemas import ItemOut, PlanOut
from shanhuo.api.lookups import person_of
from shanhuo.api.orders_sales import Moment, SaleIn
from shanhuo.kernel import clock, limits
from shanhuo.live import queries
from shanhuo.live.services import airing, planning, showcase
from shanhuo.live.services.planning import Part
from shanhuo.live.states import CastRole
from shanhuo.people import queries as people
from shanhuo.people.access import Access

router = Router(tags=["live"])
_HERE = "/api/live/{public_id}"
ACCESS = {
    f"PATCH {_HERE}/words": Access.SIGNED_IN,
    f"PUT {_HERE}/cast": Access.SIGNED_IN,
    f"POST {_HERE}/agree": Access.SIGNED_IN,
    f"PUT {_HERE}/showcase": Access.SIGNED_IN,
    f"POST {_HERE}/items/{{number}}/offer": Access.SIGNED_IN,
    f"POST {_HERE}/items/{{number}}/pass": Access.OFFICER | Access.OPERATOR,
    f"POST {_HERE}/key": Access.SIGNED_IN,
}
MOST_TRIES = 30


class SessionWordsIn(Schema):
    """What is left out stays as it is."""

    title: str | None = Field(None, min_length=1, max_length=60)
    starts_at: Moment | None = None
    notice: str | None = Field(None, max_length=1000)
    script: str | None = Field(None, max_length=20_000)


class CastIn(Schema):
    """One person, by telephone number, or by `person` if in the cast already. Shares are those of
    host and co-hosts, 10,000 together."""

    person: str = Field("", max_length=16)
    phone: str = Field("", max_length=30)
    role: CastRole
    share_basis_points: int = Field(0, strict=True, ge=0, le=10_000)


class WholeCastIn(Schema):
    cast: list[CastIn] = Field(max_length=30)


class AgreeIn(Schema):
    """is_adult: you say so of yourself; needed on stage."""

    is_adult: bool = False


class OrderIn(Schema):
    """Every number of the showcase, in the order wanted."""

    numbers: list[int] = Field(max_length=500)


class KeyOut(Schema):
    """Shown this once; the one before is worth nothing from now on."""

    address: str
    key: str


@router.patch("/live/{public_id}/words", response=PlanOut, summary="Change words or time")
def edit_session(request: HttpRequest, public_id: str, body: SessionWordsIn) -> PlanOut:
    """Changed words need a new check. 409 `wrong_status`; 422 `bad_time`."""
    session = directed(request, public_id)
    said = {name: value for name, value in body.model_dump().items() if value is not None}
    standing = {name: getattr(session, name) for name in ("title", "starts_at", "notice", "script")}
    planning.edit(session_id=session.pk, by=person_of(request), now=clock.now(), **standing | said)
    return plan_of(session)


@router.put("/live/{public_id}/cast", response=PlanOut, summary="Who is in it, and the shares")
def set_cast(request: HttpRequest, public_id: str, body: WholeCastIn) -> PlanOut:
    """The whole cast with its host. 404 `person_unknown`; 409 `wrong_status`; 422 `cast_is_odd`,
    `shares_do_not_sum`; 429 after thirty numbers on one day."""
    session = directed(request, public_id)
    standing = {line.public_id: line for line in queries.cast_of(session)}
    parts = [_part(request, one, standing) for one in body.cast]
    planning.set_cast(session_id=session.pk, by=person_of(request), parts=parts, now=clock.now())
    return plan_of(session)


@router.post("/live/{public_id}/agree", response=PlanOut, summary="Take the part that is yours")
def agree(request: HttpRequest, public_id: str, body: AgreeIn) -> PlanOut:
    """422 `age_not_stated` on stage."""
    session = one_of(queries.sessions_of(request.user), public_id)
    planning.agree(
        session_id=session.pk, user=person_of(request), is_adult=body.is_adult, now=clock.now()
    )
    return plan_of(session)


@router.put("/live/{public_id}/showcase", response=list[ItemOut], summary="Order the showcase")
def reorder(request: HttpRequest, public_id: str, body: OrderIn) -> list[ItemOut]:
    """409 `showcase_moved` where somebody changed it meanwhile."""
    session = directed(request, public_id)
    showcase.reorder(session_id=session.pk, item_ids=body.numbers, by=person_of(request))
    return items_of(session)


@router.post(
    "/live/{public_id}/items/{number}/offer", response=list[ItemOut], summary="A limited offer"
)
def attach_offer(request: HttpRequest, public_id: str, number: int, body: SaleIn) -> list[ItemOut]:
    """Of one size, by its merchant. 403 `not_your_goods`; 404 `no_such_item`; 409 `offer_running`;
    422 for terms that cannot be."""
    session = directed(request, public_id)
    _present(session, number)
    showcase.attach_offer(
        item_id=number, by=person_of(request), now=clock.now(), **body.model_dump()
    )
    return items_of(session)


@router.post("/live/{public_id}/items/{number}/pass", response=ItemOut, summary="Looked at late")
def pass_item(request: HttpRequest, public_id: str, number: int) -> ItemOut:
    """For goods that came after the check: whoever has no part in the session lets them be seen."""
    session = visible(request, public_id)
    late = queries.late_items_for(request.user).filter(pk=number, session=session)
    if not late.exists():
        raise Http404
    showcase.pass_item(item_id=number, by=person_of(request), now=clock.now())
    return next(item for item in items_of(session) if item.number == number)


@router.post("/live/{public_id}/key", response=KeyOut, summary="A key for encoders (RTMP)")
def make_key(request: HttpRequest, public_id: str) -> KeyOut:
    """409 `wrong_status` before the check and after the end."""
    session = directed(request, public_id)
    key = airing.issue_stream_key(session_id=session.pk, by=person_of(request), now=clock.now())
    host = request.get_host().partition(":")[0]
    return KeyOut(address=f"rtmp://{host}:{settings.RTMP_PORT}/live", key=key)


def _present(session: Any, number: int) -> None:
    if number not in {item.id for item in queries.desk_items(session, now=clock.now())}:
        raise showcase.NoSuchItem


def _part(request: HttpRequest, one: CastIn, standing: dict[str, Any]) -> Part:
    """Numbers that nobody has cannot be tried out by the hundred."""
    line = standing.get(one.person)
    if line is None:
        limits.take(
            scope="live.cast",
            key=person_of(request).public_id,
            cap=MOST_TRIES,
            window=timedelta(days=1),
            now=clock.now(),
        )
    return Part(
        user_id=line.user_id if line else people.person_to_add(one.phone).pk,
        role=one.role,
        organisation_id=line.organisation_id if line else None,
        share_basis_points=one.share_basis_points,
    )
