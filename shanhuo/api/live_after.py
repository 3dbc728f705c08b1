"""What a live session brought, and what is left of it to see, by API."""

from datetime import datetime
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from ninja import Field, Query, Router, Schema, Status

from shanhuo.api.live_rows import one_of, replayed, visible
from shanhuo.api.lookups import person_of
from shanhuo.api.schemas import LAST_PAGE, answers_with
from shanhuo.goods import queries as goods
from shanhuo.kernel import clock, sheets
from shanhuo.kernel.downloads import as_file, file_answer
from shanhuo.live import desk, queries, tables
from shanhuo.live.media import replay as media
from shanhuo.live.queries import ExplainClip, SessionResult
from shanhuo.live.services import replay
from shanhuo.people.access import Access
from shanhuo.traffic import queries as traffic
from shanhuo.traffic.showcases import goods_of

router = Router(tags=["live results"])
_HERE = "/api/live/{public_id}"
ACCESS = {
    "GET /api/live-results": Access.SIGNED_IN,
    "GET /api/live-results.xlsx": Access.SIGNED_IN,
    "GET /api/products/{public_id}/explained": Access.ANYONE,
    f"GET {_HERE}/results": Access.SIGNED_IN,
    f"GET {_HERE}/results.xlsx": Access.SIGNED_IN,
    f"GET {_HERE}/clips": Access.ANYONE,
    f"GET {_HERE}/replay": Access.ANYONE,
    f"POST {_HERE}/replay/withdraw": Access.SIGNED_IN,
    f"POST {_HERE}/replay/bring-back": Access.OPERATOR,
    f"GET {_HERE}/film": Access.SIGNED_IN,
    f"POST {_HERE}/film": Access.SIGNED_IN,
    f"GET {_HERE}/film.mp4": Access.SIGNED_IN,
}
MOST = 100
_WORKBOOK = answers_with(sheets.XLSX)


class ResultQuery(Schema):
    """q: words of title or people; county: adcode or name; kind as in the list; page from 1."""

    q: str = Field("", max_length=60)
    county: str = Field("", max_length=20)
    kind: str = Field("", max_length=10)
    page: int = Field(1, ge=1, le=LAST_PAGE)


class ArrivalOut(Schema):
    """How often viewers entered from one place: list, share, county …"""

    source: str
    joins: int


class GoodOut(Schema):
    """`opened` out of the room, by the signal log, and `ordered` (paid) while the session ran; each
    also while the product was talked about. `orders` and money: whenever they came."""

    product: str
    title: str
    opened: int
    opened_in_talks: int
    ordered: int
    ordered_in_talks: int
    orders: int
    units: int
    paid_fen: int
    refunded_fen: int


class ShareOfSessionOut(Schema):
    """A part of the credit as agreed before the check."""

    name: str
    for_whom: str
    county: str
    basis_points: int
    paid_fen: int


class ResultOut(Schema):
    """joins count entries, not persons; money without freight."""

    session: str
    title: str
    kind: str
    host: str
    operator: str
    county: str
    began_at: datetime | None
    ended_at: datetime | None
    on_air_seconds: int
    joins: int
    arrivals: list[ArrivalOut]
    most_viewers: int
    likes: int
    messages: int
    orders: int
    units: int
    paid_fen: int
    refunded_fen: int
    settled_fen: int


class SessionResultOut(ResultOut):
    goods: list[GoodOut]
    shares: list[ShareOfSessionOut]


class ChapterOut(Schema):
    """product: empty where a question was answered."""

    title: str
    product: str
    from_ms: int
    until_ms: int


class ReplayOut(Schema):
    """`film`: the HLS playlist; cover: empty if there is no picture."""

    film: str
    cover: str
    duration_ms: int
    chapters: list[ChapterOut]


class ClipOut(Schema):
    """讲解回放: `page` is its own address, `film` an MP4 (empty until it is cut)."""

    session: str
    product: str
    title: str
    host: str
    at: datetime
    from_ms: int
    until_ms: int
    page: str
    film: str


class WithdrawalIn(Schema):
    reason: str = Field(max_length=200)


class WholeReplayOut(Schema):
    """The whole replay in one file. state: none, waiting, making, ready, problem; `address` once it
    is ready."""

    state: str
    done_bytes: int
    of_bytes: int
    problem: str
    address: str


@router.get("/live-results", response=list[ResultOut], summary="What your sessions brought")
def list_results(request: HttpRequest, wanted: Query[ResultQuery]) -> list[ResultOut]:
    """100 a page: of whom you were in the cast or sell for, of your counties; all for operators and
    auditors."""
    first = (wanted.page - 1) * MOST
    rows = _found(request, wanted)[first : first + MOST]
    return [ResultOut(**_result(one)) for one in queries.results_of(rows)]


@router.get("/live-results.xlsx", summary="The same as a workbook", openapi_extra=_WORKBOOK)
def export_results(request: HttpRequest, wanted: Query[ResultQuery]) -> HttpResponse:
    results = queries.results_of(_found(request, wanted)[: sheets.MOST_ROWS])
    return as_file("live-results", tables.results_workbook(results))


@router.get("/products/{public_id}/explained", response=list[ClipOut], summary="Explained on air")
def list_clips_of_product(request: HttpRequest, public_id: str) -> list[ClipOut]:
    """The newest three explanations that can be seen again."""
    product = one_of(goods.products_visible_to(request.user), public_id)
    return [_clip(one) for one in queries.explain_clips(product.pk)]


@router.get("/live/{public_id}/results", response=SessionResultOut, summary="What one brought")
def get_results(request: HttpRequest, public_id: str) -> SessionResultOut:
    """By product and share, and where viewers came from; also while it is on air."""
    result, drawn = _with_goods(request, public_id)
    return SessionResultOut(
        **_result(result),
        goods=[
            GoodOut(
                product=one.public_id,
                title=one.title,
                opened=pull.opened,
                opened_in_talks=pull.opened_in_talks,
                ordered=pull.orders,
                ordered_in_talks=pull.orders_in_talks,
                orders=one.orders,
                units=one.units,
                paid_fen=one.paid_fen,
                refunded_fen=one.refunded_fen,
            )
            for one, pull in drawn
        ],
        shares=[ShareOfSessionOut.from_orm(one) for one in result.shares],
    )


@router.get(
    "/live/{public_id}/results.xlsx", summary="By product, a workbook", openapi_extra=_WORKBOOK
)
def export_result(request: HttpRequest, public_id: str) -> HttpResponse:
    result, drawn = _with_goods(request, public_id)
    return as_file(f"live-{public_id}", tables.goods_workbook(result.title, drawn))


@router.get("/live/{public_id}/replay", response=ReplayOut, summary="The replay, with chapters")
def get_replay(request: HttpRequest, public_id: str) -> Any:
    """404 while it is not made, and after it was withdrawn."""
    found = queries.replay_of(visible(request, public_id))
    if found is None or found.is_withdrawn:
        raise Http404
    return ReplayOut(
        film=found.address,
        cover=found.cover,
        duration_ms=found.duration_ms,
        chapters=[ChapterOut.from_orm(one) for one in found.chapters],
    )


@router.get("/live/{public_id}/clips", response=list[ClipOut], summary="Its explanations")
def list_clips(request: HttpRequest, public_id: str) -> list[ClipOut]:
    """In the order of the show; none after the replay was withdrawn."""
    return [_clip(one) for one in queries.clips_of_session(visible(request, public_id))]


@router.post(
    "/live/{public_id}/replay/withdraw", response={204: None}, summary="Take the replay away"
)
def withdraw_replay(request: HttpRequest, public_id: str, body: WithdrawalIn) -> Status[None]:
    """For hosts and operators; the evidence stays. 422 `reason_too_short`."""
    return _of_replay(replay.withdraw, request, public_id, body)


@router.post("/live/{public_id}/replay/bring-back", response={204: None}, summary="Show it again")
def bring_replay_back(request: HttpRequest, public_id: str, body: WithdrawalIn) -> Status[None]:
    """422 `reason_too_short`."""
    return _of_replay(replay.bring_back, request, public_id, body)


@router.get(
    "/live/{public_id}/film", response=WholeReplayOut, summary="The whole replay in one file"
)
def get_film(request: HttpRequest, public_id: str) -> WholeReplayOut:
    """For hosts and operators."""
    return _film(replayed(request, public_id))


@router.post(
    "/live/{public_id}/film", response={202: WholeReplayOut}, summary="Have that file made"
)
def ask_for_film(request: HttpRequest, public_id: str) -> Status[WholeReplayOut]:
    """Asked twice, it is made once. 409 `no_replay`."""
    session = replayed(request, public_id)
    desk.film_soon(session_id=session.pk, by=person_of(request), now=clock.now())
    return Status(202, _film(session))


@router.get(
    "/live/{public_id}/film.mp4", summary="The file", openapi_extra=answers_with("video/mp4")
)
def download_film(request: HttpRequest, public_id: str) -> HttpResponseBase:
    """404 until it is ready. With `Range` a part (206), so that a broken download goes on; with
    `If-Range` the whole if the file is another one by now."""
    session = replayed(request, public_id)
    path = media.film_path(public_id)
    if queries.film_of(session).state != "ready" or not path.is_file():
        raise Http404
    return file_answer(request, path, name=f"{public_id}.mp4", content_type="video/mp4")


def _found(request: HttpRequest, wanted: ResultQuery) -> Any:
    rows = queries.results_visible_to(request.user)
    return queries.find_sessions(rows, q=wanted.q, county=wanted.county, kind=wanted.kind)


def _with_goods(request: HttpRequest, public_id: str) -> tuple[SessionResult, Any]:
    row = one_of(queries.results_visible_to(request.user), public_id)
    [result] = queries.results_of([row])
    return result, goods_of(traffic.signal_log(), row, result, now=clock.now())


def _result(one: SessionResult) -> dict[str, Any]:
    same = (
        *("title", "kind", "host", "operator", "county", "began_at", "ended_at", "joins"),
        *("most_viewers", "likes", "messages", "orders", "units"),
        *("paid_fen", "refunded_fen", "settled_fen"),
    )
    return {
        **{name: getattr(one, name) for name in same},
        "session": one.public_id,
        "on_air_seconds": round(one.on_air.total_seconds()),
        "arrivals": [ArrivalOut(source=came.key, joins=came.joins) for came in one.arrivals],
    }


def _clip(one: ExplainClip) -> ClipOut:
    return ClipOut.from_orm(one)


def _film(session: Any) -> WholeReplayOut:
    film = queries.film_of(session)
    ready = f"/api/live/{session.public_id}/film.mp4" if film.state == "ready" else ""
    return WholeReplayOut(
        state=film.state,
        done_bytes=film.done_bytes,
        of_bytes=film.of_bytes,
        problem=film.problem,
        address=ready,
    )


def _of_replay(act: Any, request: HttpRequest, public_id: str, body: WithdrawalIn) -> Status[None]:
    session = replayed(request, public_id)
    if queries.replay_of(session) is None:
        raise Http404
    act(session_id=session.pk, by=person_of(request), reason=body.reason, now=clock.now())
    return Status(204, None)
