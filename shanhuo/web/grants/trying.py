"""Trials of a grant: an operator promises one before the start, or stops it; everybody reads."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from shanhuo.kernel import clock
from shanhuo.people.actors import actor_of
from shanhuo.traffic import queries as traffic
from shanhuo.traffic.trials import queries, services
from shanhuo.web.downloads import workbook
from shanhuo.web.grants.forms import ReasonForm
from shanhuo.web.grants.reading import grant_of


class TrialForm(forms.Form):
    metric = forms.ChoiceField(choices=queries.METRICS)
    look_count = forms.IntegerField(min_value=1, max_value=services.MOST_LOOKS)


@require_POST
def register(request: HttpRequest, public_id: str) -> HttpResponse:
    """The promise cannot be changed afterwards, so a form that is wrong promises nothing."""
    found: Any = grant_of(request, public_id)
    form = TrialForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Choose a metric and the number of looks. Nothing is promised."))
        return redirect("grants:grant", public_id)
    services.register_trial(
        traffic.signal_log(),
        operator=actor_of(request),
        grant_id=found.pk,
        now=clock.now(),
        **form.cleaned_data,
    )
    messages.success(request, _("Registered: what will be measured, and when, is fixed now."))
    return redirect("grants:grant", public_id)


@require_POST
def stop(request: HttpRequest, public_id: str) -> HttpResponse:
    found: Any = grant_of(request, public_id)
    form = ReasonForm(request.POST)
    services.stop_trial(
        operator=actor_of(request),
        grant_id=found.pk,
        reason=form.cleaned_data["reason"] if form.is_valid() else "",
        now=clock.now(),
    )
    messages.success(request, _("Stopped: everybody may be shown what the grant supports."))
    return redirect("grants:grant", public_id)


@require_safe
def export(request: HttpRequest, public_id: str) -> HttpResponse:
    """Every look that was read, metric by metric."""
    found = grant_of(request, public_id)
    sheet = queries.trial_of(found)
    if sheet is None:
        raise Http404
    headings = [
        _("Look"),
        _("Read until"),
        _("Metric"),
        _("Registered before the start"),
        _("Added by the grant"),
        _("Lower bound"),
        _("Upper bound"),
    ]
    rows = (
        [
            look.number + 1,
            look.until.astimezone(clock.SHANGHAI).replace(tzinfo=None),
            str(name),
            metric == sheet.trial.metric,
            *look.found[metric],
        ]
        for _until, look in sheet.looks
        if look is not None
        for metric, name in queries.METRICS
    )
    return workbook(f"{found.title}-{_('trial')}", headings, rows)
