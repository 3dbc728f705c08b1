"""The county office asks for exposures, and follows what became of it."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from shanhuo.content import queries as content
from shanhuo.goods import queries as goods
from shanhuo.kernel import clock
from shanhuo.kernel.errors import Refusal
from shanhuo.people import rules as people
from shanhuo.people.actors import actor_of
from shanhuo.regions import queries as regions
from shanhuo.traffic.grants import queries, services, targets
from shanhuo.web.county.office import county_of
from shanhuo.web.forms import form_page
from shanhuo.web.grants.forms import CountyForm, RequestForm

PAGE, MOST_CLIPS = 20, 30


@require_safe
def county(request: HttpRequest) -> HttpResponse:
    """Every grant that the reader's counties asked for."""
    chosen = queries.grants_of_offices(request.user)
    page = Paginator(chosen, PAGE).get_page(request.GET.get("page"))
    context = {"page": page, "lines": queries.lines(page), "open": _open_programmes()}
    return render(request, "web/grants/county.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def request_grant(request: HttpRequest) -> HttpResponse:
    """An officer asks for their county; an operator names one with `?county=`."""
    place = _county(request)
    if place is None:
        return render(request, "web/grants/which.html", {"form": CountyForm(request.GET or None)})
    programmes = _open_programmes()
    form = RequestForm(
        request.POST or None,
        programmes=[(one.public_id, one.name) for one in programmes],
        objects=_objects_of(place),
    )
    if request.method == "POST" and form.is_valid():
        by_id = {one.public_id: one for one in programmes}
        grant = _asked(request, by_id[form.cleaned_data["programme"]], place, form)
        if grant is not None:
            return redirect("grants:grant", grant.public_id)
    return form_page(request, "web/grants/request.html", form, county=place, programmes=programmes)


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


def _objects_of(county: Any) -> list[Any]:
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
        (_("Clips"), [(f"post:{one.public_id}", one.caption[:40]) for one in clips[:MOST_CLIPS]]),
    ]
