"""Public pages of figures: counties, metrics and their definitions, support projects."""

from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from shanhuo.impact import queries as impact
from shanhuo.impact import rules
from shanhuo.impact.examinations import examinations_in_public, find, with_examinations
from shanhuo.impact.fairness.metrics import FAIR_BY_ID, FAIRNESS
from shanhuo.impact.metrics import BY_ID, METRICS, Merge, Metric
from shanhuo.impact.survival.metrics import SURVIVAL, SURVIVAL_BY_ID
from shanhuo.impact.windows import Window
from shanhuo.kernel import clock
from shanhuo.regions import queries as regions
from shanhuo.traffic.kinds import Source, Surface
from shanhuo.web.impact import country, windows
from shanhuo.web.impact.audits import lines_of
from shanhuo.web.impact.county_page import chart_of, county_page
from shanhuo.web.impact.exports import figures_file
from shanhuo.web.placing import banner_on
from shanhuo.web.showing import show

MOST_COUNTIES = 20
MAP_AGE_S = 86_400
PROJECTS_PER_PAGE, LONGEST_SEARCH = 30, 40


@require_safe
def county(request: HttpRequest, adcode: str) -> HttpResponse:
    """What a county has and what came of it; officers of the county see exact household figures."""
    found = _county_or_404(adcode)
    window = windows.chosen(request.GET)
    page = county_page(
        found,
        window,
        may_see_households=rules.may_see_households(request.user, found.pk),
    )
    context = {
        "page": page,
        "support": banner_on(request, adcode=adcode),
        "windows": windows.choices(window),
        "query": windows.query_of(window),
        "showing": show(
            request, Surface.COUNTY, Source.PLACE, products=page.products, posts=page.posts
        ),
        "orders_by_day": chart_of(page.report, "orders"),
        "plays_by_day": chart_of(page.report, "plays"),
        "approval_number": regions.map_approval_number(),
    }
    return render(request, "web/impact/county.html", context)


@require_safe
@cache_control(public=True, max_age=MAP_AGE_S)
def county_map(request: HttpRequest, adcode: str) -> HttpResponse:
    """Where the county is, as a picture."""
    found = _county_or_404(adcode)
    title = _("Where %(county)s is") % {"county": found.path_name}
    svg = regions.county_map(found, title=title)
    if svg is None:
        raise Http404
    return HttpResponse(svg, content_type="image/svg+xml")


@require_safe
def county_export(request: HttpRequest, adcode: str) -> HttpResponse:
    """The public figures of a county as a file: `?format=csv`, or Excel."""
    found = _county_or_404(adcode)
    window = windows.chosen(request.GET)
    report = impact.report(window, county=found.adcode)
    everything = [*report.figures.values(), *impact.published_figures(found.adcode)]
    figures = with_examinations(everything, county=found.adcode)
    return figures_file(f"shanhuo-{found.adcode}", figures, kind=request.GET.get("format"))


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """All metrics with the figure of the country."""
    window = windows.chosen(request.GET)
    report = impact.report(window)
    audited = with_examinations(report.figures.values())
    figures = {figure.metric.id: figure for figure in audited}
    context = {
        "windows": windows.choices(window),
        "report": report,
        "rows": [(metric, figures.get(metric.id)) for metric in METRICS],
        "platform": [*FAIRNESS, *SURVIVAL],
    }
    return render(request, "web/impact/metrics.html", context)


@require_safe
def metric(request: HttpRequest, metric_id: str) -> HttpResponse:
    """What a figure means, how anybody can recount it, and where it was wrong."""
    declared = BY_ID.get(metric_id) or FAIR_BY_ID.get(metric_id) or SURVIVAL_BY_ID.get(metric_id)
    if declared is None:
        raise Http404
    window = windows.chosen(request.GET)
    context: dict[str, Any] = {
        "metric": declared,
        "window": window,
        "windows": windows.choices(window),
        "checks": impact.checks_of(declared),
        "errata": impact.errata_of(declared),
        "audits": lines_of(find(examinations_in_public(), metric=metric_id)[:6], exact=False),
    }
    if isinstance(declared, Metric):
        context |= _by_county(declared, window)
    return render(request, "web/impact/metric.html", context)


def _by_county(metric: Metric, window: Window) -> dict[str, Any]:
    """A ranking and a map, of a metric that adds up over counties."""
    if metric.merge is not Merge.SUM or impact.is_damaged(metric, window):
        return {}
    totals = impact.by_county(metric, window)
    return {
        "ranking": country.ranking(totals, limit=MOST_COUNTIES),
        "map": country.map_of(metric, totals),
        "approval_number": regions.map_approval_number(),
    }


@require_safe
def projects(request: HttpRequest) -> HttpResponse:
    """Support projects, the newest first; `?q=` finds one by its name, product or county."""
    text = request.GET.get("q", "").strip()[:LONGEST_SEARCH]
    rows = impact.search_projects(text)
    page = Paginator(rows, PROJECTS_PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "web/impact/projects.html", {"page": page, "text": text})


@require_safe
def project(request: HttpRequest, public_id: str) -> HttpResponse:
    """What one support project brought, from its first day until today or its last."""
    found = impact.project_of(public_id)
    if found is None:
        raise Http404
    place = {"county": found.county.adcode, "product": found.product.public_id}
    window = impact.window_of(found, today=clock.today())
    report = impact.report(window, **place)
    may_see = rules.may_see_households(request.user, found.county_id)
    exact = impact.household_figures(window, **place) if may_see else {}
    publication = impact.publication(**place, now=clock.now())
    context = {
        "project": found,
        "report": report,
        "figures": with_examinations(report.figures.values(), **place),
        "published": publication.figures,
        "next_look_at": publication.next_look_at,
        "exact": exact.values(),
        "orders_by_day": chart_of(report, "orders"),
    }
    return render(request, "web/impact/project.html", context)


def _county_or_404(adcode: str) -> Any:
    found = regions.county_of(adcode)
    if found is None:
        raise Http404
    return found
