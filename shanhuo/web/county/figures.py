"""The office's own figures: any window, exact household figures, and a file of them."""

from datetime import date
from urllib.parse import urlencode

from django.forms import Form, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from shanhuo.impact import queries as impact
from shanhuo.impact import services
from shanhuo.impact.windows import Window, WindowRefused
from shanhuo.kernel import clock
from shanhuo.people.actors import actor_of
from shanhuo.web.county.office import counties_of, county_of
from shanhuo.web.fields import DayField
from shanhuo.web.impact.county_page import chart_of
from shanhuo.web.impact.exports import figures_file
from shanhuo.web.impact.windows import USUAL_DAYS


class WindowForm(Form):
    since_day = DayField(label=gettext_lazy("First day"))
    until_day = DayField(label=gettext_lazy("Last day"))

    def clean(self) -> None:
        try:
            Window.asked_for(self.cleaned_data["since_day"], self.cleaned_data["until_day"])
        except KeyError:
            return
        except WindowRefused as refusal:
            raise ValidationError(str(refusal)) from refusal


@require_safe
def figures(request: HttpRequest) -> HttpResponse:
    """Every figure of the officer's county in a window of their choice."""
    county = county_of(request)
    form = WindowForm(request.GET if "since_day" in request.GET else None)
    window = _window(form)
    report = impact.report(window, county=county.adcode)
    context = {
        "county": county,
        "counties": counties_of(request),
        "form": form if form.is_bound else WindowForm(initial=_initial(window)),
        "window": window,
        "report": report,
        "exact": impact.household_figures(window, county=county.adcode).values(),
        "publication": impact.publication(county.adcode, now=clock.now()),
        "unreleased": impact.unreleased_figures(county.adcode, today=clock.today()),
        "sales_by_day": chart_of(report, "paid_gmv"),
        "query": urlencode({"county": county.adcode} | _initial(window)),
    }
    status = 422 if form.errors else 200
    return render(request, "web/county/figures.html", context, status=status)


@require_safe
def figures_export(request: HttpRequest) -> HttpResponse:
    """The same as a file. It holds exact household figures, so it is noted in the audit log."""
    county = county_of(request)
    window = _window(WindowForm(request.GET))
    services.note_export(county=county, window=window, actor=actor_of(request), now=clock.now())
    report = impact.report(window, county=county.adcode)
    exact = impact.household_figures(window, county=county.adcode)
    everything = [*report.figures.values(), *exact.values()]
    name = f"shanhuo-{county.adcode}-exact"
    return figures_file(name, everything, kind=request.GET.get("format"))


def _window(form: WindowForm) -> Window:
    """What the form says, or the usual days."""
    if form.is_bound and form.is_valid():
        return Window(form.cleaned_data["since_day"], form.cleaned_data["until_day"])
    return Window.last_days(USUAL_DAYS, until_day=clock.today())


def _initial(window: Window) -> dict[str, date]:
    return {"since_day": window.since_day, "until_day": window.until_day}
