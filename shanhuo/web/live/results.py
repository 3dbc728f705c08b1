"""What sessions brought: of one, of everything a host had a part in, of a county."""

from collections.abc import Sequence
from typing import Any

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from shanhuo.kernel import clock, sheets
from shanhuo.live import queries
from shanhuo.live.queries import ProductResult, SessionResult
from shanhuo.live.states import Arrival
from shanhuo.orders import queries as orders
from shanhuo.people import rules as people
from shanhuo.traffic import queries as traffic
from shanhuo.traffic.showcases import Pull, pulls_of
from shanhuo.web.downloads import workbook
from shanhuo.web.live.forms import DeskForm
from shanhuo.web.trade.lists import at, yuan

ROWS = 20
MOST_SUMMED = 2000


@never_cache
@require_safe
def session(request: HttpRequest, public_id: str) -> HttpResponse:
    row = queries.results_visible_to(request.user).filter(public_id=public_id).first()
    if row is None:
        raise Http404
    [result] = queries.results_of([row])
    drew = pulls_of(traffic.signal_log(), row, now=clock.now())
    goods = [(one, drew.get(one.product_id, Pull())) for one in result.products]
    if request.GET.get("format") == "xlsx":
        return _workbook_of(result, goods)
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


def _joins_by_place(result: SessionResult) -> list[int]:
    joins = {one.key: one.joins for one in result.arrivals}
    return [joins.get(place.name.lower(), 0) for place in Arrival]


def _list(request: HttpRequest, template: str, rows: QuerySet[Any]) -> HttpResponse:
    """Sums are of all that was found, up to the last two thousand sessions."""
    form = DeskForm(request.GET)
    asked = form.asked()
    found = queries.find_sessions(rows, **asked)
    if request.GET.get("format") == "xlsx":
        return _workbook(queries.results_of(found[: sheets.MOST_ROWS]))
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


def _workbook_of(
    result: SessionResult, goods: Sequence[tuple[ProductResult, Pull]]
) -> HttpResponse:
    """One session by product."""
    headings = [
        _("Product"),
        _("Opened out of the room"),
        _("Opened while explained"),
        _("Orders in the show"),
        _("Orders while explained"),
        _("Paid orders"),
        _("Units"),
        _("Paid"),
        _("Refunded"),
    ]
    rows = (
        [
            *(one.title, pull.opened, pull.opened_in_talks, pull.orders, pull.orders_in_talks),
            *(one.orders, one.units, yuan(one.paid_fen), yuan(one.refunded_fen)),
        ]
        for one, pull in goods
    )
    return workbook(result.title, headings, rows)


def _workbook(results: Sequence[SessionResult]) -> HttpResponse:
    headings = [
        _("Session number"),
        _("Title"),
        _("Kind"),
        _("County"),
        _("Operator of the room"),
        _("Host"),
        _("On air"),
        _("Ended"),
        _("Minutes on air"),
        _("Times entered"),
        _("Most at once"),
        _("Likes"),
        _("Messages"),
        _("Paid orders"),
        _("Units"),
        _("Paid"),
        _("Refunded"),
        _("Settled"),
        *(_("From: %(place)s") % {"place": place.label} for place in Arrival),
    ]
    rows = (
        [
            *(one.public_id, one.title, one.kind, one.county, one.operator, one.host),
            *(at(one.began_at), at(one.ended_at), round(one.on_air.total_seconds() / 60)),
            *(one.joins, one.most_viewers, one.likes, one.messages, one.orders, one.units),
            *(yuan(one.paid_fen), yuan(one.refunded_fen), yuan(one.settled_fen)),
            *_joins_by_place(one),
        ]
        for one in results
    )
    return workbook(_("Results of live sessions"), headings, rows)
