"""Live sessions: the list, one with its goods, and what hosts and operators do before air."""

from typing import Any

from django.http import Http404, HttpRequest
from ninja import Query, Router, Status

from shanhuo.api.live_rows import directed, visible
from shanhuo.api.live_schemas import (
    CancellationIn,
    CheckIn,
    DeedIn,
    ItemOut,
    LimitedOfferOut,
    PartOut,
    PlanIn,
    PlanOut,
    SessionOut,
    SessionQuery,
    SessionSheetOut,
    ShowcaseIn,
    TicketIn,
    TicketOut,
)
from shanhuo.api.lookups import person_of
from shanhuo.goods import queries as goods
from shanhuo.kernel import clock
from shanhuo.live import queries, room_state
from shanhuo.live.formats import format_of
from shanhuo.live.media import shelf
from shanhuo.live.queries import ItemView, SessionCard
from shanhuo.live.readiness import missing_of
from shanhuo.live.services import airing, planning, showcase
from shanhuo.people import queries as people
from shanhuo.people.access import Access

router = Router(tags=["live"])
ACCESS = {
    "GET /api/live": Access.ANYONE,
    "GET /api/live/mine": Access.SIGNED_IN,
    "POST /api/live": Access.SIGNED_IN,
    "GET /api/live/{public_id}": Access.ANYONE,
    "POST /api/live/{public_id}/submit": Access.SIGNED_IN,
    "POST /api/live/{public_id}/check": Access.OPERATOR,
    "POST /api/live/{public_id}/take-back": Access.SIGNED_IN,
    "POST /api/live/{public_id}/cancel": Access.SIGNED_IN,
    "PUT /api/live/{public_id}/reminder": Access.SIGNED_IN,
    "DELETE /api/live/{public_id}/reminder": Access.SIGNED_IN,
    "POST /api/live/{public_id}/ticket": Access.SIGNED_IN,
    "POST /api/live/{public_id}/end": Access.SIGNED_IN,
    "POST /api/live/{public_id}/items": Access.SIGNED_IN,
    "POST /api/live/{public_id}/items/{number}": Access.SIGNED_IN,
}
MOST = 100


@router.get("/live", response=list[SessionOut], summary="On air, announced, or to see again")
def list_sessions(request: HttpRequest, wanted: Query[SessionQuery]) -> list[SessionOut]:
    """100 a page; what is on air first, then the next to come, then replays by the latest. Of
    `any`, what is over and cannot be seen again is left out."""
    rows = _rows(request, wanted.state)
    found = queries.find_sessions(rows, q=wanted.q, county=wanted.county, kind=wanted.kind or "")
    first = (wanted.page - 1) * MOST
    return _outs(found[first : first + MOST])


@router.get("/live/mine", response=list[SessionOut], summary="Sessions that you have a part in")
def list_own(request: HttpRequest, page: int = 1) -> list[SessionOut]:
    """100 a page, the latest first, drafts too."""
    first = (min(max(page, 1), 10_000) - 1) * MOST
    return _outs(queries.sessions_of(request.user)[first : first + MOST])


@router.post("/live", response={201: PlanOut}, summary="Plan a session")
def plan_session(request: HttpRequest, body: PlanIn) -> Status[PlanOut]:
    """403 `not_a_host`, `not_for_this_organisation`, `youth_mode`; 422 `age_not_stated`,
    `bad_time`."""
    person = person_of(request)
    house: Any = next(
        (one for one in people.houses_of(person) if one.public_id == body.organisation), None
    )
    shape = format_of(body.kind)
    county = house.county.name if house else ""
    session = planning.draft(
        host=person,
        organisation_id=house.pk if house else 0,
        kind=body.kind,
        title=body.title or str(shape.title).replace("{county}", county)[:60],
        notice=body.notice or str(shape.notice),
        script=body.script or str(shape.outline),
        starts_at=body.starts_at,
        is_adult=body.is_adult,
        now=clock.now(),
    )
    return Status(201, plan_of(session))


@router.get("/live/{public_id}", response=SessionSheetOut, summary="One session with its goods")
def get_session(request: HttpRequest, public_id: str) -> SessionSheetOut:
    """Drafts are seen by their cast, their county's office, operators and auditors."""
    session = visible(request, public_id)
    items = queries.shown_items(session, now=clock.now())
    return SessionSheetOut(
        session=_out(session),
        notice=session.notice,
        announcement=session.announcement,
        film=shelf.address_of(session),
        state=room_state.address_of(session.media_key),
        cast=[
            PartOut(
                person=line.public_id,
                name=line.name,
                role=line.role,
                organisation=line.house_name,
                county=line.county_name,
                share_basis_points=line.share_basis_points,
            )
            for line in queries.cast_of(session)
        ],
        items=[_item_out(item) for item in items],
    )


@router.post("/live/{public_id}/submit", response=PlanOut, summary="Ask for the check")
def submit_session(request: HttpRequest, public_id: str) -> PlanOut:
    """409 `not_ready` names what is missing; 409 `wrong_status`; 422 `bad_time`."""
    session = directed(request, public_id)
    planning.submit(session_id=session.pk, by=person_of(request), now=clock.now())
    return plan_of(session)


@router.post("/live/{public_id}/check", response=PlanOut, summary="One operator's look")
def check_session(request: HttpRequest, public_id: str, body: CheckIn) -> PlanOut:
    """403 `may_not_check` for whoever has a part in it; 409 `checked_already`, `wrong_status`; 422
    `reason_missing`. Official sessions are announced when two different persons agreed."""
    session = visible(request, public_id)
    planning.check(
        session_id=session.pk,
        checker=person_of(request),
        agreed=body.agreed,
        reason=body.reason,
        now=clock.now(),
    )
    return plan_of(session)


@router.post("/live/{public_id}/take-back", response=PlanOut, summary="Make it a draft again")
def take_back_session(request: HttpRequest, public_id: str) -> PlanOut:
    """409 `wrong_status`."""
    session = directed(request, public_id)
    planning.take_back(session_id=session.pk, by=person_of(request), now=clock.now())
    return plan_of(session)


@router.post("/live/{public_id}/cancel", response=PlanOut, summary="It will not take place")
def cancel_session(request: HttpRequest, public_id: str, body: CancellationIn) -> PlanOut:
    """409 `wrong_status`."""
    session = directed(request, public_id)
    planning.cancel(
        session_id=session.pk, by=person_of(request), reason=body.reason, now=clock.now()
    )
    return plan_of(session)


@router.put("/live/{public_id}/reminder", response={204: None}, summary="Be told when it begins")
def ask_to_be_told(request: HttpRequest, public_id: str) -> Status[None]:
    """409 `wrong_status` once nothing is to come."""
    _remind(request, public_id, wanted=True)
    return Status(204, None)


@router.delete("/live/{public_id}/reminder", response={204: None}, summary="Not to be told")
def ask_not_to_be_told(request: HttpRequest, public_id: str) -> Status[None]:
    """409 `wrong_status` once nothing is to come."""
    _remind(request, public_id, wanted=False)
    return Status(204, None)


@router.post("/live/{public_id}/ticket", response=TicketOut, summary="A ticket for the camera")
def give_ticket(request: HttpRequest, public_id: str, body: TicketIn) -> TicketOut:
    """For hosts; pictures go to the hot door in order, see its answers."""
    session = directed(request, public_id)
    ticket = airing.take_ticket(
        session_id=session.pk,
        user_id=person_of(request).pk,
        is_rehearsal=body.is_rehearsal,
        now=clock.now(),
    )
    return TicketOut(ticket=ticket)


@router.post("/live/{public_id}/end", response=SessionOut, summary="End the show")
def end_session(request: HttpRequest, public_id: str) -> SessionOut:
    """Twice is once; 409 `wrong_status` before air."""
    session = directed(request, public_id)
    airing.end_session(session_id=session.pk, by=person_of(request), now=clock.now())
    session.refresh_from_db()
    return _out(session)


@router.post("/live/{public_id}/items", response=list[ItemOut], summary="Put goods in")
def add_item(request: HttpRequest, public_id: str, body: ShowcaseIn) -> list[ItemOut]:
    """The whole showcase as its hosts see it. 404 for no such product; 409
    `not_for_this_showcase`, `showcase_full`, `wrong_status`."""
    session = directed(request, public_id)
    product = goods.product_of(body.product)
    if product is None:
        raise Http404
    showcase.add_item(
        session_id=session.pk, product_id=product.pk, by=person_of(request), now=clock.now()
    )
    return items_of(session)


@router.post(
    "/live/{public_id}/items/{number}", response=list[ItemOut], summary="Pin, explain, remove"
)
def do_with_item(request: HttpRequest, public_id: str, number: int, body: DeedIn) -> list[ItemOut]:
    """The whole showcase afterwards. 404 `no_such_item`; 409 `not_to_be_pinned`, `wrong_status`."""
    session, by, now = directed(request, public_id), person_of(request), clock.now()
    if number not in {item.id for item in queries.desk_items(session, now=now)}:
        raise showcase.NoSuchItem
    deeds = {
        "pin": lambda: showcase.pin(item_id=number, by=by, now=now),
        "unpin": lambda: showcase.unpin(session_id=session.pk, by=by, now=now),
        "explain": lambda: showcase.start_explaining(item_id=number, by=by, now=now),
        "stop": lambda: showcase.stop_explaining(session_id=session.pk, by=by, now=now),
        "remove": lambda: showcase.remove_item(item_id=number, by=by, now=now),
    }
    deeds[body.deed]()
    return items_of(session)


def _rows(request: HttpRequest, state: str) -> Any:
    if state == "any":
        return queries.sessions_to_watch(request.user, now=clock.now())
    if state == "upcoming":
        return queries.upcoming(now=clock.now())
    return queries.on_air() if state == "on_air" else queries.replays()


def _remind(request: HttpRequest, public_id: str, *, wanted: bool) -> None:
    session = visible(request, public_id)
    planning.remind(session_id=session.pk, user=person_of(request), wanted=wanted, now=clock.now())


def plan_of(session: Any) -> PlanOut:
    """How it stands now."""
    session.refresh_from_db()
    return PlanOut(session=_out(session), missing=[one.code for one in missing_of(session)])


def _out(session: Any) -> SessionOut:
    return _outs([session])[0]


def _outs(rows: Any) -> list[SessionOut]:
    return [_session_out(card) for card in queries.cards(rows, day=clock.today())]


def _session_out(card: SessionCard) -> SessionOut:
    return SessionOut(
        id=card.public_id,
        title=card.title,
        kind=card.kind,
        status=card.status,
        is_official=card.is_official,
        starts_at=card.starts_at,
        on_air_at=card.on_air_at,
        ended_at=card.ended_at,
        county=card.adcode,
        operator=card.operator_name,
        host=card.host_name,
        goods_count=card.goods_count,
    )


def items_of(session: Any) -> list[ItemOut]:
    """The whole showcase as its hosts see it."""
    return [_item_out(item) for item in queries.desk_items(session, now=clock.now())]


def _item_out(item: ItemView) -> ItemOut:
    offer = item.offer
    return ItemOut(
        number=item.id,
        product=item.product,
        title=item.title,
        merchant=item.merchant_name,
        county=item.adcode,
        price_fen=item.price_fen,
        left_count=item.left_count,
        certificate=item.certificate,
        state=item.state,
        is_pinned=item.is_pinned,
        offer=LimitedOfferOut(
            id=offer.public_id,
            price_fen=offer.price_fen,
            left_count=offer.left_count,
            opens_at=offer.opens_at,
            closes_at=offer.closes_at,
            sold_out_at=offer.sold_out_at,
        )
        if offer
        else None,
        problem=item.problem.value if item.problem else None,
    )
