"""The queue of questions (连麦答疑): asked by viewers, answered by the cast, found again later."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from shanhuo.content import words
from shanhuo.kernel import limits
from shanhuo.kernel.errors import Refusal
from shanhuo.live import rules
from shanhuo.live.models import Cast, Penalty, Question, Session
from shanhuo.live.states import CastRole, QuestionStatus, SessionStatus
from shanhuo.live.telling import tell_room
from shanhuo.live.textindex import ANSWER_TEXT
from shanhuo.people import rules as people

if TYPE_CHECKING:
    from shanhuo.people.models import User

LONGEST_QUESTION, SHORTEST_QUESTION = 200, 4
QUESTIONS_PER_HOUR = 6
MAY_ASK = frozenset({SessionStatus.SCHEDULED, SessionStatus.ON_AIR, SessionStatus.INTERRUPTED})
MAY_ANSWER = frozenset({SessionStatus.ON_AIR, SessionStatus.INTERRUPTED})
_OPEN = Q(status__in=[QuestionStatus.WAITING, QuestionStatus.ANSWERING])


class NotAsked(Refusal):
    code = "not_asked"
    status = 409
    message = _("Questions can be asked from the announcement to the end of the session.")


class AskedAlready(Refusal):
    code = "asked_already"
    status = 409
    message = _("Your question is in the queue. Ask the next one when it was answered.")


class BadQuestion(Refusal):
    code = "bad_question"
    status = 422
    message = _("Ask in %(shortest)s to %(longest)s characters.")


class ListedWords(Refusal):
    code = "listed_words"
    status = 422
    message = _("The question holds words that are not allowed here: %(words)s.")


class MayNotWrite(Refusal):
    code = "may_not_write"
    status = 403
    message = _("You may not write in this room at present.")


class NotYourQueue(Refusal):
    code = "not_your_queue"
    status = 403
    message = _("Only hosts, experts and moderators of the session work on its questions.")


class NotWaiting(Refusal):
    code = "not_waiting"
    status = 409
    message = _("This question is not waiting any more.")


def ask(
    *, session_id: int, by: "User", body: str, now: datetime, crop: str = "", symptom: str = ""
) -> Question:
    """Put a question into the queue. One person has one open question at a time.

    A question with a listed word, in whatever spelling, is refused: the queue has no moderator.
    Raises BadQuestion, ListedWords, MayNotWrite, NotAsked, AskedAlready, limits.TooMany.
    """
    body, crop, symptom = _plain(body), _plain(crop)[:30], _plain(symptom)[:60]
    if not SHORTEST_QUESTION <= len(body) <= LONGEST_QUESTION:
        raise BadQuestion(shortest=SHORTEST_QUESTION, longest=LONGEST_QUESTION)
    if found := words.found_in(body, crop, symptom):
        raise ListedWords(words="、".join(found))
    limits.take(
        scope="live.ask", key=str(by.pk), cap=QUESTIONS_PER_HOUR, window=timedelta(hours=1), now=now
    )
    with transaction.atomic():
        session = Session.objects.select_for_update(no_key=True).get(pk=session_id)
        if session.status not in MAY_ASK:
            raise NotAsked
        if not people.may_trade(by) or _is_punished(session, by, now):
            raise MayNotWrite
        if Question.objects.filter(_OPEN, session=session, asker=by).exists():
            raise AskedAlready
        question = Question.objects.create(
            session=session, asker=by, body=body, crop=crop, symptom=symptom, asked_at=now
        )
        tell_room(session)
    return question


@transaction.atomic
def start_answer(*, question_id: int, by: "User", now: datetime) -> None:
    """The expert turns to a question; the one before is thereby answered.

    Raises NotYourQueue, NotWaiting.
    """
    question = _locked(question_id, by)
    if question.status != QuestionStatus.WAITING or question.session.status not in MAY_ANSWER:
        raise NotWaiting
    for other in _being_answered(question.session):
        _end(other, now=now)
    Question.objects.filter(pk=question.pk).update(
        status=QuestionStatus.ANSWERING, answer_started_at=now, expert=_expert(question, by)
    )
    tell_room(question.session)


@transaction.atomic
def end_answer(*, question_id: int, by: "User", now: datetime) -> None:
    """It is answered, and can be found. Raises NotYourQueue, NotWaiting."""
    question = _locked(question_id, by)
    if question.status != QuestionStatus.ANSWERING:
        raise NotWaiting
    _end(question, now=now)
    tell_room(question.session)


@transaction.atomic
def pass_over(*, question_id: int, by: "User", now: datetime) -> None:
    """Not in this session. Raises NotYourQueue, NotWaiting."""
    question = _locked(question_id, by)
    if question.status != QuestionStatus.WAITING:
        raise NotWaiting
    Question.objects.filter(pk=question.pk).update(status=QuestionStatus.PASSED)
    tell_room(question.session)


@transaction.atomic
def close_queue(*, session_id: int, now: datetime) -> None:
    """The show is over: what was being answered is answered, what waits is passed over."""
    session = Session.objects.select_for_update(no_key=True).get(pk=session_id)
    for question in _being_answered(session):
        _end(question, now=session.ended_at or now)
    waiting = Question.objects.filter(session=session, status=QuestionStatus.WAITING)
    waiting.update(status=QuestionStatus.PASSED)
    tell_room(session)


def _end(question: Question, *, now: datetime) -> None:
    Question.objects.filter(pk=question.pk).update(
        status=QuestionStatus.ANSWERED, answer_ended_at=now
    )
    ANSWER_TEXT.put(question.pk, question.body, question.crop, question.symptom)


def _locked(question_id: int, by: "User") -> Question:
    """The question under the lock of its session, if it is theirs to work on."""
    question = Question.objects.select_related("session").get(pk=question_id)
    Session.objects.select_for_update(no_key=True).get(pk=question.session_id)
    question.refresh_from_db()
    if not rules.can_answer(by, question.session):
        raise NotYourQueue
    return question


def _being_answered(session: Session) -> QuerySet[Question]:
    return Question.objects.filter(session=session, status=QuestionStatus.ANSWERING)


def _expert(question: Question, by: "User") -> Cast | None:
    """Whoever answers: the person who pressed, if an expert, or the session's only expert."""
    experts = list(
        Cast.objects.filter(session=question.session, role=CastRole.EXPERT).order_by("pk")
    )
    own = [expert for expert in experts if expert.user_id == by.pk]
    return own[0] if own else experts[0] if len(experts) == 1 else None


def _is_punished(session: Session, user: Any, now: datetime) -> bool:
    return Penalty.objects.holding_at(now).filter(session=session, user=user).exists()


def _plain(text: str) -> str:
    """One line, no control characters."""
    return " ".join("".join(c for c in text if c.isprintable() or c.isspace()).split())
