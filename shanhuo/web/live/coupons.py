"""Coupons of a room: the viewer's button, and the host's."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from shanhuo.kernel import clock
from shanhuo.kernel.errors import Refusal
from shanhuo.live.services import coupons
from shanhuo.people.actors import actor_of
from shanhuo.web.live.air import desk_after
from shanhuo.web.live.rows import directed_session, visible_session


@require_POST
def take(request: HttpRequest, public_id: str, batch: str) -> HttpResponse:
    """A viewer takes one; needs no script. The room says what came of it."""
    session = visible_session(request, public_id)
    try:
        coupons.take(session_id=session.pk, batch=batch, by=actor_of(request), now=clock.now())
    except Refusal as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("The coupon is yours. The checkout uses it by itself."))
    return redirect("live:room", public_id)


@require_POST
def deed(request: HttpRequest, public_id: str) -> HttpResponse:
    """htmx: the host puts coupons out or takes them back, as `deed` says; answers with #desk."""
    session = directed_session(request, public_id)
    deeds = {"out": coupons.put_out, "back": coupons.take_back}
    act = deeds.get(request.POST.get("deed", ""))
    if act is None:
        raise Http404
    act(
        session_id=session.pk,
        batch=request.POST.get("batch", ""),
        by=actor_of(request),
        now=clock.now(),
    )
    return desk_after(request, session)
