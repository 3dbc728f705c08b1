"""Goods as everybody sees them."""

from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from shanhuo.goods import certificate as certificates
from shanhuo.goods import queries
from shanhuo.kernel import clock, ids, sheets
from shanhuo.live import queries as live
from shanhuo.regions.queries import county_of
from shanhuo.traffic.kinds import Source, Surface
from shanhuo.web.downloads import workbook
from shanhuo.web.onair import strip
from shanhuo.web.placing import banner_on
from shanhuo.web.shop.forms import PoolForm, ShelfForm
from shanhuo.web.showing import item_of_session, show
from shanhuo.web.trade.coupons import coupons_of_product
from shanhuo.web.trade.sales import tickets_of_product

TILES = 24
ROWS = 30


@require_safe
def goods_list(request: HttpRequest) -> HttpResponse:
    """Everything on sale, in the platform's whole country."""
    context = _shelf(request, queries.products_on_sale())
    context["support"] = banner_on(request)
    return render(request, "web/shop/goods.html", context)


@require_safe
def storefront(request: HttpRequest, adcode: str) -> HttpResponse:
    """A county's shop (特产馆): what its office admitted, from all its merchants."""
    county = county_of(adcode)
    if county is None:
        raise Http404
    admitted = queries.in_pool(queries.products_on_sale().filter(county=county))
    context = _shelf(request, admitted)
    calendar = queries.season_calendar(admitted)
    context |= {"county": county, "calendar": calendar, "slogans": queries.slogans_of(admitted)}
    context["live"] = strip(request, county=county)
    return render(request, "web/shop/storefront.html", context)


@require_safe
def product(request: HttpRequest, public_id: str) -> HttpResponse:
    """One product with its certificate, origin, price chain and dossier."""
    found = get_object_or_404(queries.products_visible_to(request.user), public_id=public_id)
    day = clock.today()
    context = {
        "page": queries.product_page(found, day=day),
        "product": found,
        "tickets": tickets_of_product(request, found.pk),
        "coupons": coupons_of_product(request, found),
        "clips": live.explain_clips(found.pk),
        "showing": show(
            request,
            Surface.PRODUCT,
            Source.CHOSEN,
            products=queries.cards_by_id([found.pk], day=day).values(),
            also=item_of_session(request, found),
        ),
    }
    return render(request, "web/shop/product.html", context)


@require_safe
def certificate(request: HttpRequest, code: str) -> HttpResponse:
    """A lot's certificate (承诺达标合格证), to read on a phone or to print.

    `code` may be typed from a label: any case, with or without dashes.
    """
    public_id = ids.as_typed(code)
    lot = get_object_or_404(queries.lots_in_public(), public_id=public_id)
    sheet = certificates.sheet_of(lot, origin=f"{settings.PUBLIC_ORIGIN}/", full_contact=False)
    return render(request, "web/shop/certificate.html", {"sheet": sheet, "lot": lot})


@require_safe
def pool(request: HttpRequest) -> HttpResponse:
    """The public list of every county's pool, with what left it and why."""
    form = PoolForm(request.GET)
    entries = queries.find_pool_entries(queries.pool_in_public(), **form.asked())
    page = _page(request, entries, size=ROWS)
    return render(request, "web/shop/pool.html", {"form": form, "page": page})


@require_safe
def pool_export(request: HttpRequest) -> HttpResponse:
    """The same list as a workbook."""
    form = PoolForm(request.GET)
    entries = queries.find_pool_entries(queries.pool_in_public(), **form.asked())
    headings = [
        _("County"),
        _("Product"),
        _("Merchant"),
        _("State"),
        _("Admitted on"),
        _("Left on"),
        _("Reason for leaving"),
    ]
    rows = (
        [
            entry.county.name,
            entry.product.title,
            entry.product.merchant.name,
            str(entry.get_status_display()),
            _day(entry.checked_at),
            _day(entry.exited_at),
            str(entry.get_exit_reason_display()) if entry.exit_reason else "",
        ]
        for entry in entries[: sheets.MOST_ROWS]
    )
    return workbook(_("Product pool"), headings, rows)


def _shelf(request: HttpRequest, products: QuerySet[Any]) -> dict[str, Any]:
    """A filtered page of cards, with the form that filtered it."""
    form = ShelfForm(request.GET)
    found = queries.find_products(products, **form.asked())
    page = cards_page(found, number=request.GET.get("page"))
    showing = show(request, Surface.MALL, Source.PLACE, products=page.object_list)
    return {"form": form, "page": page, "is_filtered": bool(form.asked()), "showing": showing}


def cards_page(products: QuerySet[Any], *, number: str | None) -> Page[Any]:
    """One page of cards; what does not exist is the nearest page that does."""
    page = Paginator(products, TILES).get_page(number)
    shown = products[max(page.start_index() - 1, 0) : page.end_index()]
    page.object_list = queries.cards(shown, day=clock.today())
    return page


def _day(at: datetime | None) -> date | str:
    return clock.day_of(at) if at else ""


def _page(request: HttpRequest, rows: QuerySet[Any], *, size: int) -> Page[Any]:
    return Paginator(rows, size).get_page(request.GET.get("page"))
