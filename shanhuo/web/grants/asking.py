"""The county office asks for exposures, and follows what became of it."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from shanhuo.content import queries as content
from shanhuo.goods import queries as goods
from shanhuo.kernel import clock, sheets
from shanhuo.kernel.errors import Refusal
from shanhuo.people import rules as people
from shanhuo.people.actors import actor_of
from shanhuo.regions import queries as regions
from shanhuo.traffic.grants import queries, services, targets
from shanhuo.web.county.office import county_of
from shanhuo.web.forms import form_page
from shanhuo.web.grants import object_sheets
from shanhuo.web.grants.forms import CountyForm, RequestForm

PAGE, MOST_CLIPS, MOST_CLIPS_IN_A_SHEET = 20, 30, 2_000


class NoWorkbook(Refusal):
    code = "no_workbook"
    status = 422
    message = gettext_lazy("Choose the filled-in workbook first.")


@require_safe
def county(request: HttpRequest) -> HttpResponse:
    """Every grant that the reader's counties asked for."""
    chosen = queries.grants_of_offices(request.user)
    page = Paginator(chosen, PAGE).get_page(request.GET.get("page"))
    context = {"page": page, "lines": queries.lines(page), "open": _open_programmes()}
    return render(request, "web/grants/county.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def request_grant(request: HttpRequest) -> HttpResponse:
    """An officer asks for their county; an operator names one with `?county=`. A workbook is read
    into the page first."""
    place = _county(request)
    if place is None:
        return render(request, "web/grants/which.html", {"form": CountyForm(request.GET or None)})
    programmes = _open_programmes()
    has_sheet = bool(request.FILES or request.POST.get("sheet"))
    asking = partial(
        RequestForm,
        programmes=[(one.public_id, one.name) for one in programmes],
        objects=_objects_of(place, MOST_CLIPS),
        in_sheet=_objects_of(place, MOST_CLIPS_IN_A_SHEET) if has_sheet else [],
    )
    context = {"county": place, "programmes": programmes}
    if request.FILES or {"read", "without_sheet"} & request.POST.keys():
        return _looked_over(request, asking, context)
    form = asking(request.POST or None)
    if request.method == "POST" and form.is_valid():
        by_id = {one.public_id: one for one in programmes}
        grant = _asked(request, by_id[form.cleaned_data["programme"]], place, form)
        if grant is not None:
            return redirect("grants:grant", grant.public_id)
    return form_page(request, "web/grants/request.html", form, **context)


@require_safe
def objects(request: HttpRequest) -> HttpResponse:
    """The workbook to fill in: all that the county may ask for."""
    place = _county(request)
    if place is None:
        return redirect("grants:request")
    return object_sheets.workbook_of(_objects_of(place, MOST_CLIPS_IN_A_SHEET))


def _looked_over(request: HttpRequest, asking: Any, context: dict[str, Any]) -> HttpResponse:
    """The page as it was typed, with what a new workbook says, or without the last one."""
    empty = asking(None)
    typed = {name: request.POST.get(name, "") for name in empty.fields}
    found, status = None, 200
    if "without_sheet" in request.POST:
        typed["sheet"] = ""
    else:
        try:
            found = _read(request.FILES.get("file"), empty.in_sheet)
            typed["sheet"] = object_sheets.packed(found.wishes)
        except Refusal as refusal:
            found, status = object_sheets.Read((), (str(refusal),)), refusal.status
    context = {**context, "form": asking(None, initial=typed), "read": found}
    return render(request, "web/grants/request.html", context, status=status)


def _read(file: Any, objects: Sequence[Any]) -> object_sheets.Read:
    """Never more of a file than a workbook may have; no file is one that cannot be read."""
    if file is None:
        raise NoWorkbook
    return object_sheets.read(file.read(sheets.LARGEST_BYTES + 1), objects=objects)


def _asked(request: HttpRequest, programme: Any, place: Any, form: RequestForm) -> Any:
    try:
        grant = services.request_grant(
            requester=actor_of(request),
            programme_id=programme.pk,
            county_id=place.pk,
            terms=form.terms(),
            now=clock.now(),
        )
    except Refusal as refusal:
        form.add_error(None, str(refusal))
        return None
    messages.success(request, _("Asked for. Another person decides; you will see it here."))
    return grant


def _county(request: HttpRequest) -> Any:
    """The county asked for; None while an operator has not named one."""
    if not people.is_operator(request.user):
        return county_of(request)
    form = CountyForm(request.GET or None)
    return form.cleaned_data["county"] if form.is_valid() else None


def _open_programmes() -> list[Any]:
    return list(queries.programmes().filter(closed_at=None, ends_on__gte=clock.today()))


def _objects_of(county: Any, most_clips: int) -> list[Any]:
    """What the county may ask for, in groups: itself, its products, creators, villages with clips,
    sessions to come or on air, and newest clips."""
    clips = content.published_posts().filter(county=county)
    creators = {one.author.public_id: one.author.display_name for one in clips[:200]}
    products = goods.products_on_sale().filter(county=county, pk__in=clips.values("product"))
    villages = regions.villages_of(county.pk).filter(pk__in=clips.values("village"))
    sessions = targets.sessions_to_support().filter(county=county)
    return [
        (_("County"), [(f"county:{county.adcode}", county.name)]),
        (_("Products"), [(f"goods:{one.public_id}", one.title) for one in products]),
        (_("Creators"), [(f"creator:{key}", name) for key, name in creators.items()]),
        (_("Villages"), [(f"village:{one.public_id}", one.name) for one in villages]),
        (_("Live sessions"), [(f"session:{one.public_id}", one.title) for one in sessions]),
        (_("Clips"), [(f"post:{one.public_id}", one.caption[:40]) for one in clips[:most_clips]]),
    ]
