"""The room of a session: before it begins, while it is on air, and afterwards."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from shanhuo.kernel import clock
from shanhuo.live import queries, rules
from shanhuo.live.media import shelf
from shanhuo.live.queries import ReplayView
from shanhuo.live.services import planning
from shanhuo.orders.queries import batches_had, coupon_views
from shanhuo.people.actors import actor_of
from shanhuo.web.live.chat import chat_of, let_connect
from shanhuo.web.live.figures import figures_of
from shanhuo.web.live.questions import asking_of
from shanhuo.web.live.rows import visible_session
from shanhuo.web.showing import entry_of

BEFORE = ("draft", "submitted")
INSTEAD = 6


@require_safe
def page(request: HttpRequest, public_id: str) -> HttpResponse:
    """A draft leads its people to the plan; what was announced is shown as it is now."""
    session = visible_session(request, public_id)
    if session.status == "cancelled":
        return render(request, "web/live/cancelled.html", _called_off(request, session))
    if session.status in BEFORE:
        is_mine = queries.my_part(request.user, session) is not None
        return redirect("live:plan" if is_mine else "live:check", public_id)
    response = render(request, "web/live/room.html", _context(request, session))
    return let_connect(request, response)


@require_POST
def remind(request: HttpRequest, public_id: str) -> HttpResponse:
    """`on` is the state wanted."""
    session = visible_session(request, public_id)
    wanted = request.POST.get("on") == "1"
    planning.remind(session_id=session.pk, user=actor_of(request), wanted=wanted, now=clock.now())
    if wanted:
        messages.success(request, _("You will find it on your page when it begins."))
    return redirect("live:room", public_id)


def _context(request: HttpRequest, session: Any) -> dict[str, Any]:
    now = clock.now()
    [card] = queries.cards([session], day=clock.day_of(now))
    items = queries.shown_items(session, now=now)
    replay = queries.replay_of(session) if card.is_over else None
    return {
        "session": session,
        "card": card,
        "cast": queries.cast_of(session),
        "shelf": items,
        "pinned": next((item for item in items if item.is_pinned), None),
        "coupons": coupon_views(queries.coupons_out(session.pk, now=now), user=request.user),
        "coupons_had": batches_had(request.user, now=now),
        "chat": chat_of(request, session),
        "asking": asking_of(request, session),
        "figures": figures_of(session, now=now),
        "film": _film(session, replay),
        "entry": entry_of(request, session),
        "replay": replay,
        "can_moderate": rules.can_moderate(request.user, session),
        "my_part": queries.my_part(request.user, session),
        "reminded": queries.wants_reminder(request.user, session),
        "reminder_count": queries.reminder_count(session),
        "now_ms": int(now.timestamp() * 1000),
        "starts_ms": int(session.starts_at.timestamp() * 1000),
    }


def _called_off(request: HttpRequest, session: Any) -> dict[str, Any]:
    """What is said of a session that does not take place, and what is on instead."""
    now = clock.now()
    coming = [*queries.on_air()[:INSTEAD], *queries.upcoming(now=now)[:INSTEAD]]
    return {
        "session": session,
        "why": queries.why_cancelled(session),
        "my_part": queries.my_part(request.user, session),
        "instead": queries.cards(coming[:INSTEAD], day=clock.day_of(now)),
    }


def _film(session: Any, replay: ReplayView | None) -> str:
    """The address that is played: of the replay once it is made; none where it was withdrawn."""
    if replay:
        return "" if replay.is_withdrawn else replay.address
    return shelf.address_of(session)
