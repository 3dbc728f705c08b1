"""The operator's desk: programmes, decisions, and ending what must end."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from shanhuo.kernel import clock
from shanhuo.kernel.errors import Refusal
from shanhuo.people.actors import actor_of
from shanhuo.traffic.grants import queries, services
from shanhuo.web.forms import form_page
from shanhuo.web.grants.audience import audience_for
from shanhuo.web.grants.finding import list_of
from shanhuo.web.grants.forms import ProgrammeForm, RateForm, ReasonForm
from shanhuo.web.grants.reading import grant_of

MOST_PROGRAMMES = 20
MOST_WAITING = 20


@require_safe
def desk(request: HttpRequest) -> HttpResponse:
    """What waits, what runs, and what the programmes have left."""
    chosen = queries.grants_visible_to(request.user)
    waiting = queries.requests_to_decide(request.user)
    context = {
        **list_of(request, chosen, statuses=queries.Status.values),
        "waiting": queries.lines(waiting[:MOST_WAITING]),
        "more_waiting": max(0, waiting.count() - MOST_WAITING),
        "programmes": queries.programme_sheets(queries.programmes()[:MOST_PROGRAMMES]),
        "audience": audience_for(request),
    }
    return render(request, "web/grants/desk.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def programme_new(request: HttpRequest) -> HttpResponse:
    form = ProgrammeForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and _opened(request, form):
        return redirect("grants:desk")
    return form_page(request, "web/grants/programme_new.html", form)


def _opened(request: HttpRequest, form: ProgrammeForm) -> bool:
    try:
        services.open_programme(operator=actor_of(request), now=clock.now(), **form.cleaned_data)
    except Refusal as refusal:
        form.add_error(None, str(refusal))
        return False
    messages.success(request, _("The programme is open: counties can ask."))
    return True


@require_http_methods(["GET", "HEAD", "POST"])
def rates(request: HttpRequest) -> HttpResponse:
    """The dated rate card: what a thousand exposures are worth, for reports only."""
    form = RateForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        services.set_rate(operator=actor_of(request), now=clock.now(), **form.cleaned_data)
        messages.success(request, _("Noted in the rate card."))
        return redirect("grants:rates")
    return form_page(request, "web/grants/rates.html", form, rates=queries.rate_card())


@require_POST
def approve(request: HttpRequest, public_id: str) -> HttpResponse:
    found = grant_of(request, public_id)
    services.approve_grant(operator=actor_of(request), grant_id=found.pk, now=clock.now())
    messages.success(request, _("Approved: its exposures are promised now."))
    return redirect("grants:grant", public_id)


@require_POST
def refuse(request: HttpRequest, public_id: str) -> HttpResponse:
    found = grant_of(request, public_id)
    services.refuse_grant(
        operator=actor_of(request), grant_id=found.pk, reason=_reason(request), now=clock.now()
    )
    messages.success(request, _("Refused. The county reads your reason."))
    return redirect("grants:grant", public_id)


@require_POST
def stop(request: HttpRequest, public_id: str) -> HttpResponse:
    found: Any = grant_of(request, public_id)
    services.stop_grant(
        operator=actor_of(request), grant_id=found.pk, reason=_reason(request), now=clock.now()
    )
    messages.success(request, _("Stopped. What is unused goes back to the programme."))
    return redirect("grants:grant", public_id)


def _reason(request: HttpRequest) -> str:
    form = ReasonForm(request.POST)
    return form.cleaned_data["reason"] if form.is_valid() else ""
