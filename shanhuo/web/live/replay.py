"""The replay of a session: withdrawn, had as one file, and the clips of its products."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from shanhuo.goods import queries as goods
from shanhuo.kernel import clock
from shanhuo.kernel.downloads import file_answer
from shanhuo.kernel.errors import Refusal
from shanhuo.live import desk, queries, rules
from shanhuo.live.media import replay as media
from shanhuo.live.services import replay
from shanhuo.people.actors import actor_of
from shanhuo.web.live.forms import ReasonForm
from shanhuo.web.live.planning import plan_page
from shanhuo.web.live.rows import directed_session, visible_session
from shanhuo.web.refusals import is_htmx


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


@require_safe
@never_cache
def film(request: HttpRequest, public_id: str) -> HttpResponse:
    """htmx: how the film in one file stands; answers with #film."""
    return _film(request, _made_by(request, public_id))


@require_POST
def film_ask(request: HttpRequest, public_id: str) -> HttpResponse:
    """htmx: have it made; answers with #film."""
    session = _made_by(request, public_id)
    desk.film_soon(session_id=session.pk, by=actor_of(request), now=clock.now())
    return _film(request, session)


@require_safe
@never_cache
def film_file(request: HttpRequest, public_id: str) -> HttpResponseBase:
    """In parts, too: a film of hours is fetched over a line that breaks."""
    session = _made_by(request, public_id)
    path = media.film_path(public_id)
    if queries.film_of(session).state != "ready" or not path.is_file():
        raise Http404
    name = f"{session.title}.mp4"
    return file_answer(request, path, name=name, content_type="video/mp4")


@require_safe
def explained(request: HttpRequest, public_id: str, product: str) -> HttpResponse:
    """What was said of one product in one session, for everybody while the replay is there."""
    session = visible_session(request, public_id)
    clips = queries.clips_of_session(session, product=product)
    shown = goods.products_visible_to(request.user).filter(public_id=product).first()
    if not clips or shown is None:
        raise Http404
    context = {"session": session, "product": shown, "clips": clips}
    return render(request, "web/live/explained.html", context)


def _film(request: HttpRequest, session: Any) -> HttpResponse:
    if not is_htmx(request):
        return redirect("live:plan", session.public_id)
    context = {"session": session, "film": queries.film_of(session)}
    return render(request, "web/live/_film.html", context)


def _made_by(request: HttpRequest, public_id: str) -> Any:
    """A session whose replay the reader answers for."""
    session = visible_session(request, public_id)
    if not rules.can_withdraw_replay(request.user, session):
        raise Http404
    return session
