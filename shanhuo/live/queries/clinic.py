"""The queue of questions, and answers that were given."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, QuerySet

from shanhuo.live.models import Question
from shanhuo.live.queries.replay import address_of_part, span_in, timeline_of
from shanhuo.live.states import QuestionStatus
from shanhuo.live.textindex import ANSWER_TEXT
from shanhuo.people import masks

NEXT_SHOWN = 5


@dataclass(frozen=True, slots=True)
class QueuedQuestion:
    """A question as the room shows it: whoever asked by one character and stars.

    expert: the name of whoever answers, with a badge.
    """

    id: str
    body: str
    crop: str
    symptom: str
    asker: str
    state: str
    expert: str


@dataclass(frozen=True, slots=True)
class Queue:
    """What is being answered, the next ones, and how many wait."""

    answering: QueuedQuestion | None
    next: list[QueuedQuestion]
    waiting: int


def queue_of(session_id: int, *, most: int = NEXT_SHOWN) -> Queue:
    """The open questions of a session, the longest waiting first."""
    rows = Question.objects.filter(session=session_id).select_related("asker", "expert__user")
    answering = rows.filter(status=QuestionStatus.ANSWERING).first()
    waiting = rows.filter(status=QuestionStatus.WAITING).order_by("asked_at", "pk")
    return Queue(
        answering=_queued(answering) if answering else None,
        next=[_queued(row) for row in waiting[:most]],
        waiting=waiting.count(),
    )


def open_question_of(session_id: int, user_id: int | None) -> QueuedQuestion | None:
    """The one that this person has in the queue."""
    rows = Question.objects.filter(session=session_id, asker=user_id)
    rows = rows.filter(status__in=[QuestionStatus.WAITING, QuestionStatus.ANSWERING])
    return next((_queued(row) for row in rows.select_related("asker", "expert__user")), None)


def question_of(session_id: int, public_id: str) -> int | None:
    """The row id of a question of this session."""
    rows = Question.objects.filter(session=session_id, public_id=public_id)
    return rows.values_list("pk", flat=True).first()


@dataclass(frozen=True, slots=True)
class AnswerClip:
    """An answer that can be seen again: a part of a replay, in milliseconds of it."""

    question: str
    crop: str
    symptom: str
    expert: str
    session: str
    title: str
    county: str
    at: datetime
    from_ms: int
    until_ms: int

    @property
    def address(self) -> str:
        """A player goes to the part by itself (Media Fragments)."""
        return address_of_part(self.session, self.from_ms, self.until_ms)


def answers(*, q: str = "", crop: str = "") -> QuerySet[Question]:
    """Given answers whose replay can be seen, the newest first; words are found in the question,
    the crop and the symptom."""
    rows = Question.objects.filter(
        status=QuestionStatus.ANSWERED,
        session__replay__isnull=False,
        session__replay__withdrawn_at=None,
    )
    if q:
        rows = rows.filter(pk__in=ANSWER_TEXT.matching(q))
    if crop:
        rows = rows.filter(crop=crop)
    return rows.select_related("expert__user", "session__county", "session__replay").order_by(
        "-answer_ended_at", "-pk"
    )


def answered_crops() -> list[str]:
    """The crops that answers are about, the most asked first; for the filter."""
    rows = answers().exclude(crop="").order_by().values("crop").annotate(count=Count("pk"))
    return [row["crop"] for row in rows.order_by("-count", "crop")[:30]]


def clips_of(rows: list[Question]) -> list[AnswerClip]:
    """The same answers with their place in the replay; rows as `answers` gives them."""
    return [_clip(row) for row in rows]


def _clip(row: Question) -> AnswerClip:
    timeline = timeline_of(row.session.replay)
    from_ms, until_ms = span_in(timeline, row.answer_started_at, row.answer_ended_at)
    return AnswerClip(
        question=row.body,
        crop=row.crop,
        symptom=row.symptom,
        expert=row.expert.user.display_name if row.expert else "",
        session=row.session.public_id,
        title=row.session.title,
        county=row.session.county.name,
        at=row.asked_at,
        from_ms=from_ms,
        until_ms=until_ms,
    )


def _queued(row: Question) -> QueuedQuestion:
    return QueuedQuestion(
        id=row.public_id,
        body=row.body,
        crop=row.crop,
        symptom=row.symptom,
        asker=masks.name(row.asker.display_name),
        state=row.status,
        expert=row.expert.user.display_name if row.expert else "",
    )
