"""The chat of a room: what its page needs to listen and speak, with a socket or by plain forms."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from shanhuo.content.reasons import Reason
from shanhuo.kernel import clock
from shanhuo.kernel.errors import Refusal
from shanhuo.live import room_state, tickets
from shanhuo.live.queries import room as rooms
from shanhuo.live.services import room as order
from shanhuo.people import rules as people
from shanhuo.people.actors import actor_of
from shanhuo.web.live.arrivals import came_by
from shanhuo.web.live.rows import visible_session
from shanhuo.web.viewers import viewer_of


class SentOut(Refusal):
    code = "sent_out"
    status = 403
    message = _("A moderator has sent you out of this room.")


@dataclass(frozen=True, slots=True)
class Chat:
    """What the page shows of a room at once, and by which addresses it hears more.

    `ticket` is empty where there is nothing more to hear.
    """

    state: room_state.RoomState
    file: str
    socket: str
    ticket: str
    renew: str
    may_write: bool
    longest: int = order.LONGEST_LINE


def chat_of(request: HttpRequest, session: Any) -> Chat:
    """For the page of a session. Raises SentOut."""
    return Chat(
        state=room_state.read(session.pk, now=clock.now()),
        file=room_state.address_of(session.media_key),
        socket=tickets.address_for(request.get_host()),
        ticket=_ticket(request, session) if session.status in order.OPEN else "",
        renew=_renewal(request, session),
        may_write=people.may_trade(request.user),
    )


def let_connect(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Let this one page open a socket to the rooms, which stand on a port of their own."""
    scheme, _, rest = tickets.address_for(request.get_host()).partition("://")
    origin = f"{scheme}://{rest.partition('/')[0]}"
    response._csp_update = {"connect-src": ["'self'", origin]}  # type: ignore[attr-defined]
    return response


@require_safe
@never_cache
def ticket(request: HttpRequest, public_id: str) -> HttpResponse:
    """A new ticket for a page whose own is too old."""
    session = visible_session(request, public_id)
    return JsonResponse({"ticket": _ticket(request, session)})


def _ticket(request: HttpRequest, session: Any) -> str:
    now = clock.now()
    if not rooms.may_enter(session.pk, request.user.pk or 0, now=now):
        raise SentOut
    viewer = viewer_of(request).key
    return tickets.ticket_for(
        session_id=session.pk, viewer=viewer, user=request.user, now=now, came=came_by(request)
    )


def _renewal(request: HttpRequest, session: Any) -> str:
    """Where a new ticket is had; it keeps what led the viewer here."""
    return f"{reverse('live:ticket', args=[session.public_id])}?via={came_by(request).name.lower()}"


@require_POST
def say(request: HttpRequest, public_id: str) -> HttpResponse:
    """The form of a page without a socket."""
    session = visible_session(request, public_id)
    verdict = order.say(
        author=actor_of(request),
        session_id=session.pk,
        body=request.POST.get("body", ""),
        now=clock.now(),
    )
    if verdict is order.Verdict.HELD:
        messages.info(request, _("A moderator reads this line first."))
    return redirect(reverse("live:room", args=[public_id]) + "#chat")


@require_POST
def report(request: HttpRequest, public_id: str) -> HttpResponse:
    """A viewer finds a line wrong."""
    visible_session(request, public_id)
    order.report(
        reporter=actor_of(request),
        line_id=request.POST.get("line", ""),
        reason=request.POST.get("reason", Reason.OFFENCE),
        now=clock.now(),
    )
    messages.success(request, _("Thank you. A moderator will look at it."))
    return redirect(reverse("live:room", args=[public_id]) + "#chat")
