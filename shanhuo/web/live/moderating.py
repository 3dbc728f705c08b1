"""Order in the room: lines to decide on, mutes and bans, slow mode, the announcement."""

from datetime import timedelta
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from shanhuo.content.reasons import Reason
from shanhuo.kernel import clock
from shanhuo.live import rules
from shanhuo.live.queries import room as queries
from shanhuo.live.services import room
from shanhuo.people.actors import actor_of
from shanhuo.web.live.rows import visible_session
from shanhuo.web.refusals import is_htmx

SHOWN = 12
FOR = timedelta(hours=12)
_PUNISHED = {"mute": room.mute, "ban": room.ban}


@require_safe
def page(request: HttpRequest, public_id: str) -> HttpResponse:
    """A moderator's own page: the film stays in the room, this may stand beside it."""
    session = _moderated(request, public_id)
    if is_htmx(request):
        return _order(request, session)
    return render(request, "web/live/moderate.html", {"session": session, **order_of(session)})


@require_POST
def announce(request: HttpRequest, public_id: str) -> HttpResponse:
    """htmx: a sentence above the chat; answers with #order."""
    session = _moderated(request, public_id)
    text = request.POST.get("text", "")
    room.announce(session_id=session.pk, by=actor_of(request), text=text, now=clock.now())
    return _order(request, session)


@require_POST
def slow(request: HttpRequest, public_id: str) -> HttpResponse:
    """htmx: how long one person waits between two lines; answers with #order."""
    session = _moderated(request, public_id)
    text = request.POST.get("seconds", "")
    seconds = int(text) if text in map(str, room.SLOW_MODES) else -1
    room.set_slow_mode(
        session_id=session.pk, by=actor_of(request), seconds=seconds, now=clock.now()
    )
    return _order(request, session)


@require_POST
def line(request: HttpRequest, public_id: str) -> HttpResponse:
    """htmx: what becomes of one line, and of whoever wrote it; answers with #order."""
    session = _moderated(request, public_id)
    said = session.messages.filter(public_id=request.POST.get("line", "")).first()
    if said is None:
        raise Http404
    by, now, deed = actor_of(request), clock.now(), request.POST.get("deed", "")
    if deed == "show":
        room.show(line_id=said.public_id, by=by, now=now)
        return _order(request, session)
    if deed in _PUNISHED:
        _PUNISHED[deed](
            session_id=session.pk,
            user_id=said.author_id,
            by=by,
            lasting=FOR,
            reason=said.body,
            now=now,
        )
    room.hide(line_id=said.public_id, by=by, reason=said.reason or Reason.OFFENCE, now=now)
    return _order(request, session)


@require_POST
def lift(request: HttpRequest, public_id: str) -> HttpResponse:
    """htmx: end a mute or ban early; answers with #order."""
    session = _moderated(request, public_id)
    known = {str(one.pk): one.pk for one in queries.penalties_of(session, now=clock.now())}
    penalty = known.get(request.POST.get("penalty", ""))
    if penalty is None:
        raise Http404
    room.lift(penalty_id=penalty, by=actor_of(request), now=clock.now())
    return _order(request, session)


def order_of(session: Any) -> dict[str, Any]:
    """What `_order.html` needs."""
    now = clock.now()
    return {
        "to_decide": queries.lines_to_decide(session)[:SHOWN],
        "said": queries.last_lines(session.pk, count=SHOWN)[::-1],
        "penalties": queries.penalties_of(session, now=now)[:SHOWN],
        "slow_modes": room.SLOW_MODES,
    }


def _order(request: HttpRequest, session: Any) -> HttpResponse:
    if not is_htmx(request):
        return redirect("live:moderate", session.public_id)
    session.refresh_from_db()
    context = {"session": session, **order_of(session)}
    return render(request, "web/live/_order.html", context)


def _moderated(request: HttpRequest, public_id: str) -> Any:
    session = visible_session(request, public_id)
    if not rules.can_moderate(request.user, session):
        raise Http404
    return session
