"""The queue of questions on the page of a room: viewers ask, the cast answers one after another.

Only the cast and whoever waits for an answer ask for it again and again; a crowd that merely
watches hears of it from `room.json`.
"""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from shanhuo.kernel import clock
from shanhuo.kernel.errors import Refusal
from shanhuo.live import queries, rules
from shanhuo.live.queries import Queue, QueuedQuestion
from shanhuo.live.services import clinic
from shanhuo.people import rules as people
from shanhuo.people.actors import actor_of
from shanhuo.web.live.rows import visible_session

WORKED_ON_AT_ONCE = 30
DEEDS = {
    "start": clinic.start_answer,
    "end": clinic.end_answer,
    "pass": clinic.pass_over,
}


@dataclass(frozen=True, slots=True)
class Asking:
    """What the reader sees of a queue, and may do to it. seconds: until it is asked for again, or
    0."""

    queue: Queue
    mine: QueuedQuestion | None
    is_open: bool
    may_ask: bool
    may_answer: bool
    longest: int = clinic.LONGEST_QUESTION

    @property
    def seconds(self) -> int:
        if not self.is_open:
            return 0
        return 4 if self.may_answer else 15 if self.mine else 0


def asking_of(request: HttpRequest, session: Any) -> Asking:
    user = request.user
    may_answer = rules.can_answer(user, session)
    mine = queries.open_question_of(session.pk, user.pk) if user.is_authenticated else None
    is_open = session.status in clinic.MAY_ASK
    return Asking(
        queue=queries.queue_of(session.pk, most=WORKED_ON_AT_ONCE if may_answer else 5),
        mine=mine,
        is_open=is_open,
        may_ask=is_open and mine is None and people.may_trade(user),
        may_answer=may_answer and is_open,
    )


@never_cache
@require_safe
def questions(request: HttpRequest, public_id: str) -> HttpResponse:
    """htmx: answers with the fragment that replaces #questions."""
    return _fragment(request, visible_session(request, public_id))


@require_POST
def ask(request: HttpRequest, public_id: str) -> HttpResponse:
    session = visible_session(request, public_id)
    typed = {name: request.POST.get(name, "") for name in ("body", "crop", "symptom")}
    try:
        clinic.ask(session_id=session.pk, by=actor_of(request), now=clock.now(), **typed)
    except Refusal as refusal:
        return _fragment(request, session, typed=typed, fault=str(refusal), status=422)
    return _back(request, session, _("Your question is in the queue."))


@require_POST
def work(request: HttpRequest, public_id: str, question_id: str, deed: str) -> HttpResponse:
    """Begin an answer, end it, or pass the question over."""
    session = visible_session(request, public_id)
    question = queries.question_of(session.pk, question_id)
    if question is None or deed not in DEEDS:
        raise Http404
    DEEDS[deed](question_id=question, by=actor_of(request), now=clock.now())
    return _back(request, session, "")


def _back(request: HttpRequest, session: Any, told: str) -> HttpResponse:
    """The fragment to htmx; the page to a form without script."""
    if getattr(request, "htmx", False):
        return _fragment(request, session)
    if told:
        messages.success(request, told)
    return redirect(reverse("live:room", args=[session.public_id]) + "#questions")


def _fragment(
    request: HttpRequest,
    session: Any,
    *,
    typed: dict[str, str] | None = None,
    fault: str = "",
    status: int = 200,
) -> HttpResponse:
    is_part = getattr(request, "htmx", False)
    context = {
        "session": session,
        "asking": asking_of(request, session),
        "typed": typed or {},
        "fault": fault,
    }
    template = "web/live/_questions.html" if is_part else "web/live/questions.html"
    return render(request, template, context, status=status)
