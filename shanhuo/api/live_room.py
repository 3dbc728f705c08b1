"""The room of a live session by API: what is shown, said, asked, and kept in order."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

from django.http import Http404, HttpRequest
from ninja import Field, Query, Router, Schema, Status
from pydantic import StringConstraints

from shanhuo.api.live_rows import moderated, visible
from shanhuo.api.lookups import person_of
from shanhuo.api.schemas import LAST_PAGE
from shanhuo.content.reasons import Reason
from shanhuo.kernel import clock
from shanhuo.live import queries, room_state, tickets
from shanhuo.live.queries import QueuedQuestion
from shanhuo.live.queries import room as rooms
from shanhuo.live.room_state import RoomState
from shanhuo.live.services import clinic
from shanhuo.live.services import room as order
from shanhuo.people.access import Access
from shanhuo.traffic.viewers import viewer_of

router = Router(tags=["live room"])
_HERE = "/api/live/{public_id}"
ACCESS = {
    f"GET {_HERE}/room": Access.ANYONE,
    f"POST {_HERE}/room/ticket": Access.SIGNED_IN,
    f"POST {_HERE}/lines": Access.SIGNED_IN,
    f"POST {_HERE}/lines/{{line}}/report": Access.SIGNED_IN,
    f"POST {_HERE}/lines/{{line}}": Access.SIGNED_IN,
    f"GET {_HERE}/order": Access.SIGNED_IN,
    f"POST {_HERE}/order/lift": Access.SIGNED_IN,
    f"PUT {_HERE}/announcement": Access.SIGNED_IN,
    f"PUT {_HERE}/slow-mode": Access.SIGNED_IN,
    f"GET {_HERE}/questions": Access.ANYONE,
    f"POST {_HERE}/questions": Access.SIGNED_IN,
    f"POST {_HERE}/questions/{{question}}": Access.SIGNED_IN,
    "GET /api/live-answers": Access.ANYONE,
}
PUNISHED_FOR = timedelta(hours=12)
SHOWN, ANSWERS = 50, 50
Deed = Literal["show", "hide", "mute", "ban"]
Work = Literal["start", "end", "pass"]


class LineIn(Schema):
    body: str = Field(max_length=200)


class SaidOut(Schema):
    """`verdict`: shown, or held until a moderator has read it."""

    verdict: str


class ReportIn(Schema):
    reason: Reason = Reason.OFFENCE


class LineDeedIn(Schema):
    """mute and ban also hide the line, for twelve hours of its author."""

    deed: Deed


class AnnouncementIn(Schema):
    """Empty takes it away."""

    text: str = Field("", max_length=200)


class SlowModeIn(Schema):
    seconds: int = Field(ge=0, le=3600)


class LiftIn(Schema):
    penalty: int = Field(strict=True, ge=1, lt=2**63)


class LineOut(Schema):
    """reports: how many viewers found it wrong; held: a listed word keeps it back."""

    id: str
    name: str
    body: str
    at: datetime
    held: bool
    reports: int


class PenaltyOut(Schema):
    penalty: int
    name: str
    kind: str
    until: datetime


class RoomOrderOut(Schema):
    """What waits for a decision, and who is muted or sent out now."""

    to_decide: list[LineOut]
    penalties: list[PenaltyOut]
    slow_mode_seconds: int
    announcement: str


class RoomTicketOut(Schema):
    """For `?k=` of the room's socket, for six hours."""

    ticket: str


class QuestionIn(Schema):
    body: str = Field(max_length=200)
    crop: str = Field("", max_length=30)
    symptom: str = Field("", max_length=60)


class WorkIn(Schema):
    """start an answer, end it, or pass the question over."""

    deed: Work


class QuestionOut(Schema):
    """asker: one character and stars; expert: whoever answers."""

    id: str
    body: str
    crop: str
    symptom: str
    asker: str
    state: str
    expert: str


class QuestionQueueOut(Schema):
    answering: QuestionOut | None
    next: list[QuestionOut]
    waiting: int


class AnswerQuery(Schema):
    """q: words of the question, crop or symptom; crop: exactly this one; page from 1."""

    q: Annotated[str, StringConstraints(max_length=60)] = ""
    crop: Annotated[str, StringConstraints(max_length=30)] = ""
    page: int = Field(1, ge=1, le=LAST_PAGE)


class AnswerOut(Schema):
    """A part of a replay; `address` leads there."""

    question: str
    crop: str
    symptom: str
    expert: str
    session: str
    county: str
    at: datetime
    from_ms: int
    until_ms: int
    address: str


@router.get("/live-answers", response=list[AnswerOut], summary="Answers by crop and symptom")
def find_answers(request: HttpRequest, wanted: Query[AnswerQuery]) -> list[Any]:
    """50 a page, the newest first; only those whose replay can be seen."""
    first = (wanted.page - 1) * ANSWERS
    rows = queries.answers(q=wanted.q, crop=wanted.crop)[first : first + ANSWERS]
    return queries.clips_of(list(rows))


@router.get("/live/{public_id}/room", response=Any, summary="The room as it is now")
def get_room(request: HttpRequest, public_id: str) -> RoomState:
    """The same as the small file beside the playlist, which is the one to poll."""
    return room_state.read(visible(request, public_id).pk, now=clock.now())


@router.post("/live/{public_id}/room/ticket", response=RoomTicketOut, summary="Enter the room")
def enter_room(request: HttpRequest, public_id: str) -> RoomTicketOut:
    """404 for whoever was sent out."""
    session, person, now = visible(request, public_id), person_of(request), clock.now()
    if not rooms.may_enter(session.pk, person.pk, now=now):
        raise Http404
    viewer = viewer_of(person.viewer_secret).key
    return RoomTicketOut(
        ticket=tickets.ticket_for(session_id=session.pk, viewer=viewer, user=person, now=now)
    )


@router.post("/live/{public_id}/lines", response={201: SaidOut}, summary="Say something")
def say(request: HttpRequest, public_id: str, body: LineIn) -> Status[SaidOut]:
    """403 `muted`, 409 `not_said`, 422 for an empty line, 429 `too_fast`."""
    session = visible(request, public_id)
    verdict = order.say(
        author=person_of(request), session_id=session.pk, body=body.body, now=clock.now()
    )
    return Status(201, SaidOut(verdict=verdict.value))


@router.post("/live/{public_id}/lines/{line}/report", response={204: None}, summary="Report a line")
def report_line(request: HttpRequest, public_id: str, line: str, body: ReportIn) -> Status[None]:
    """Twice is once."""
    session = visible(request, public_id)
    _line_of(session, line)
    order.report(
        reporter=person_of(request), line_id=line, reason=body.reason.value, now=clock.now()
    )
    return Status(204, None)


@router.post("/live/{public_id}/lines/{line}", response={204: None}, summary="Decide on a line")
def decide_on_line(
    request: HttpRequest, public_id: str, line: str, body: LineDeedIn
) -> Status[None]:
    """For moderators, hosts and operators. 409 where its author cannot be punished."""
    session, by, now = moderated(request, public_id), person_of(request), clock.now()
    said = _line_of(session, line)
    if body.deed == "show":
        order.show(line_id=line, by=by, now=now)
        return Status(204, None)
    if body.deed in ("mute", "ban"):
        punish = order.mute if body.deed == "mute" else order.ban
        punish(
            session_id=session.pk,
            user_id=said.author_id,
            by=by,
            lasting=PUNISHED_FOR,
            reason=said.body,
            now=now,
        )
    order.hide(line_id=line, by=by, reason=said.reason or Reason.OFFENCE, now=now)
    return Status(204, None)


@router.get("/live/{public_id}/order", response=RoomOrderOut, summary="What moderators must see")
def get_order(request: HttpRequest, public_id: str) -> RoomOrderOut:
    return _order(moderated(request, public_id))


@router.post(
    "/live/{public_id}/order/lift", response=RoomOrderOut, summary="End a mute or ban early"
)
def lift_penalty(request: HttpRequest, public_id: str, body: LiftIn) -> RoomOrderOut:
    session, now = moderated(request, public_id), clock.now()
    if not rooms.penalties_of(session, now=now).filter(pk=body.penalty).exists():
        raise Http404
    order.lift(penalty_id=body.penalty, by=person_of(request), now=now)
    return _order(session)


@router.put("/live/{public_id}/announcement", response=RoomOrderOut, summary="Announce something")
def announce(request: HttpRequest, public_id: str, body: AnnouncementIn) -> RoomOrderOut:
    session = moderated(request, public_id)
    order.announce(session_id=session.pk, by=person_of(request), text=body.text, now=clock.now())
    return _order(session)


@router.put("/live/{public_id}/slow-mode", response=RoomOrderOut, summary="Pause between two lines")
def set_slow_mode(request: HttpRequest, public_id: str, body: SlowModeIn) -> RoomOrderOut:
    """422 for a pause that is not offered."""
    session = moderated(request, public_id)
    order.set_slow_mode(
        session_id=session.pk, by=person_of(request), seconds=body.seconds, now=clock.now()
    )
    return _order(session)


@router.get(
    "/live/{public_id}/questions", response=QuestionQueueOut, summary="The queue of questions"
)
def get_questions(request: HttpRequest, public_id: str) -> QuestionQueueOut:
    """What is being answered, the next fifty, and how many wait."""
    return _queue(visible(request, public_id))


@router.post(
    "/live/{public_id}/questions", response={201: QuestionQueueOut}, summary="Ask the expert"
)
def ask(request: HttpRequest, public_id: str, body: QuestionIn) -> Status[QuestionQueueOut]:
    """403 `may_not_write`, 409 `not_asked`, `asked_already`, 422 `bad_question`,
    `listed_words`."""
    session = visible(request, public_id)
    clinic.ask(session_id=session.pk, by=person_of(request), now=clock.now(), **body.model_dump())
    return Status(201, _queue(session))


@router.post(
    "/live/{public_id}/questions/{question}",
    response=QuestionQueueOut,
    summary="Work on a question",
)
def work_on_question(
    request: HttpRequest, public_id: str, question: str, body: WorkIn
) -> QuestionQueueOut:
    """For the cast. 403 `not_your_queue`, 409 `not_waiting`."""
    session = visible(request, public_id)
    known = queries.question_of(session.pk, question)
    if known is None:
        raise Http404
    works = {"start": clinic.start_answer, "end": clinic.end_answer, "pass": clinic.pass_over}
    works[body.deed](question_id=known, by=person_of(request), now=clock.now())
    return _queue(session)


def _line_of(session: Any, line: str) -> Any:
    said = session.messages.filter(public_id=line).first()
    if said is None:
        raise Http404
    return said


def _order(session: Any) -> RoomOrderOut:
    session.refresh_from_db()
    return RoomOrderOut(
        to_decide=[
            LineOut(
                id=line.public_id,
                name=line.author.display_name,
                body=line.body,
                at=line.at,
                held=line.status == "held",
                reports=line.report_count,
            )
            for line in _undecided(session)
        ],
        penalties=[
            PenaltyOut(penalty=one.pk, name=one.user.display_name, kind=one.kind, until=one.until)
            for one in rooms.penalties_of(session, now=clock.now())[:SHOWN]
        ],
        slow_mode_seconds=session.slow_mode_seconds,
        announcement=session.announcement,
    )


def _undecided(session: Any) -> Iterable[Any]:
    """Lines with how often each was reported."""
    return rooms.lines_to_decide(session)[:SHOWN]


def _queue(session: Any) -> QuestionQueueOut:
    queue = queries.queue_of(session.pk, most=SHOWN)
    return QuestionQueueOut(
        answering=_question(queue.answering) if queue.answering else None,
        next=[_question(one) for one in queue.next],
        waiting=queue.waiting,
    )


def _question(one: QueuedQuestion) -> QuestionOut:
    names = ("id", "body", "crop", "symptom", "asker", "state", "expert")
    return QuestionOut(**{name: getattr(one, name) for name in names})
