"""The replay of one's own session: taken away by whoever directed it."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from shanhuo.kernel import clock
from shanhuo.kernel.errors import Refusal
from shanhuo.live.services import replay
from shanhuo.people.actors import actor_of
from shanhuo.web.live.forms import ReasonForm
from shanhuo.web.live.planning import plan_page
from shanhuo.web.live.rows import directed_session


@require_POST
def withdraw(request: HttpRequest, public_id: str) -> HttpResponse:
    """Only the platform brings it back."""
    session, form = directed_session(request, public_id), ReasonForm(request.POST)
    if form.is_valid():
        try:
            replay.withdraw(
                session_id=session.pk, by=actor_of(request), now=clock.now(), **form.cleaned_data
            )
        except Refusal as refusal:
            form.add_error("reason", str(refusal))
        else:
            messages.success(request, _("Nobody sees the replay any more."))
            return redirect("live:plan", public_id)
    return plan_page(request, session, status=422, reason_form=form)
