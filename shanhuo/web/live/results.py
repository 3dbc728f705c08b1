"""What sessions brought: of one, of everything a host had a part in, of a county."""

from typing import Any

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from shanhuo.kernel import clock, sheets
from shanhuo.kernel.downloads import as_file
from shanhuo.live import queries, tables
from shanhuo.orders import queries as orders
from shanhuo.people import rules as people
from shanhuo.traffic import queries as traffic
from shanhuo.traffic.showcases import goods_of
from shanhuo.web.live.forms import DeskForm

ROWS = 20
MOST_SUMMED = 2000


@never_cache
@require_safe
def session(request: HttpRequest, public_id: str) -> HttpResponse:
    row = queries.results_visible_to(request.user).filter(public_id=public_id).first()
    if row is None:
        raise Http404
    [result] = queries.results_of([row])
    goods = goods_of(traffic.signal_log(), row, result, now=clock.now())
    if request.GET.get("format") == "xlsx":
        return as_file(result.title, tables.goods_workbook(result.title, goods))
    context = {
        "result": result,
        "goods": goods,
        "pins": queries.pins_of(row),
        "coupons": orders.coupons_of_sessions([public_id]),
    }
    return render(request, "web/live/results.html", context)


@never_cache
@require_safe
def mine(request: HttpRequest) -> HttpResponse:
    return _list(request, "web/live/my_results.html", queries.results_visible_to(request.user))


@never_cache
@require_safe
def office(request: HttpRequest) -> HttpResponse:
    """Sessions of the officer's counties, and what their hosts brought."""
    counties = people.officer_county_ids(request.user)
    rows = queries.results_visible_to(request.user).filter(county__in=counties)
    return _list(request, "web/live/office_results.html", rows)


def _list(request: HttpRequest, template: str, rows: QuerySet[Any]) -> HttpResponse:
    """Sums are of all that was found, up to the last two thousand sessions."""
    form = DeskForm(request.GET)
    asked = form.asked()
    found = queries.find_sessions(rows, **asked)
    if request.GET.get("format") == "xlsx":
        results = queries.results_of(found[: sheets.MOST_ROWS])
        return as_file(_("Results of live sessions"), tables.results_workbook(results))
    results = queries.results_of(found[:MOST_SUMMED])
    page = Paginator(results, ROWS).get_page(request.GET.get("page"))
    context = {
        "form": form,
        "is_filtered": bool(asked),
        "page": page,
        "sum": queries.totals("", results),
        "hosts": queries.totals_by("host", results),
    }
    return render(request, template, context)
