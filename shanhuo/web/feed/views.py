"""The feed: watch, ask why, decide what it may know."""

from dataclasses import replace

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from shanhuo.kernel import clock
from shanhuo.regions import queries as regions
from shanhuo.traffic import reasons, viewers
from shanhuo.traffic.grants import queries as grants
from shanhuo.traffic.kinds import Flags
from shanhuo.traffic.serving import serving
from shanhuo.traffic.sheets import NotASheet
from shanhuo.web.feed.forms import FeedForm
from shanhuo.web.refusals import is_htmx
from shanhuo.web.viewers import own_slot, viewer_of

FIRST_LIST = 6


@require_safe
def watch(request: HttpRequest) -> HttpResponse:
    """A list of clips that the script turns into one clip per screen. Without script it stays a
    list, plays in place, and "more" loads the next."""
    viewer, now = viewer_of(request), clock.now()
    house = serving()
    house.bring_up_to_date(now=now)
    answer = house.answer(viewer, now=now, length=FIRST_LIST)
    context = {
        "items": answer.as_data(),
        "sheet": answer.sheet,
        "stage": answer.stage,
        "viewer": viewer,
    }
    response = render(request, "web/feed/watch.html", context)
    response["Cache-Control"] = "no-store"
    return response


@require_safe
def why(request: HttpRequest) -> HttpResponse:
    """Why a slot of a sheet was shown: from what was sealed then, not from what we would say now.

    htmx and the script swap the fragment; without script it is a page.
    """
    try:
        sheet, slot = own_slot(
            request, token=request.GET.get("sheet", ""), slot=request.GET.get("slot", "")
        )
    except NotASheet as error:
        raise Http404 from error
    explained = reasons.explain(sheet, slot)
    context = {
        "why": explained,
        "county": regions.county_of(str(explained.county)),
        "grant": grants.grant_of_contract(explained.grant) if explained.grant else None,
        "is_pool": grants.is_pool(explained.grant),
    }
    alone = not is_htmx(request) and "fragment" not in request.GET
    template = "web/feed/why.html" if alone else "web/feed/_why.html"
    return render(request, template, context)


def feed_settings(request: HttpRequest) -> HttpResponse:
    """Personalisation and place; the very next list obeys."""
    viewer = viewer_of(request)
    county = regions.county_of(str(viewer.county)) if viewer.county else None
    now = {"personal": viewer.personal, "county": county.name if county else ""}
    form = FeedForm(request.POST or None, initial=now)
    if request.method != "POST" or not form.is_valid():
        status = 422 if form.is_bound and not form.is_valid() else 200
        return render(request, "web/feed/settings.html", {"form": form}, status=status)
    chosen = replace(viewer, county=form.cleaned_data["county"])
    chosen = chosen.with_flag(Flags.NOT_PERSONAL, on=not form.cleaned_data["personal"])
    response = redirect("feed:watch")
    viewers.give(response, chosen)
    return response
