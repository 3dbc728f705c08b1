"""Lists from Excel: hand in, look at, confirm, undo."""

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from shanhuo.kernel import clock
from shanhuo.people import queries, services
from shanhuo.people.services import household_files
from shanhuo.web.county.household_forms import ListForm
from shanhuo.web.county.households import office_county, workbook_file
from shanhuo.web.forms import accepted, form_page
from shanhuo.web.identity import person

PER_PAGE = 50


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def import_new(request: HttpRequest) -> HttpResponse:
    """Hand in a list; the answer is its preview."""
    county = office_county(request)
    form = ListForm(request.POST or None, request.FILES or None)
    made = []

    def look(file: Any) -> None:
        made.append(
            services.preview_import(
                county_id=county.pk, raw=file.read(), officer=person(request), now=clock.now()
            )
        )

    if accepted(form, look, "file"):
        return redirect("county:household_import", made[0].public_id)
    return form_page(
        request,
        "web/county/household_import_new.html",
        form,
        county=county,
        imports=queries.imports_visible_to(request.user).order_by("-uploaded_at")[:10],
    )


@never_cache
@require_safe
def household_import(request: HttpRequest, public_id: str) -> HttpResponse:
    """Row by row what the list does, or did."""
    batch = _mine(request, public_id)
    shown = request.GET.get("show", "")
    page = Paginator(queries.import_rows(batch, outcome=shown), PER_PAGE).get_page(
        request.GET.get("page")
    )
    context = {
        "batch": batch,
        "counts": queries.import_counts(batch),
        "page": page,
        "rows": [queries.import_line(row) for row in page],
        "shown": shown,
        "can_undo": services.can_undo(batch, now=clock.now()),
    }
    return render(request, "web/county/household_import.html", context)


@require_POST
def confirm(request: HttpRequest, public_id: str) -> HttpResponse:
    batch = _mine(request, public_id)
    services.confirm_import(batch=batch, officer=person(request), now=clock.now())
    return redirect("county:household_import", public_id)


@require_POST
def undo(request: HttpRequest, public_id: str) -> HttpResponse:
    batch = _mine(request, public_id)
    undone = services.undo_import(batch=batch, officer=person(request), now=clock.now())
    return render(
        request, "web/county/household_import_undone.html", {"batch": batch, "undone": undone}
    )


@require_POST
def discard(request: HttpRequest, public_id: str) -> HttpResponse:
    batch = _mine(request, public_id)
    services.discard_import(batch=batch, officer=person(request), now=clock.now())
    return redirect("county:household_import_new")


@require_safe
def errors(request: HttpRequest, public_id: str) -> HttpResponse:
    """The same list with a column of what is wrong."""
    content = household_files.with_errors(_mine(request, public_id))
    return workbook_file(_("Households with errors"), content)


def _mine(request: HttpRequest, public_id: str) -> Any:
    return get_object_or_404(queries.imports_visible_to(request.user), public_id=public_id)
