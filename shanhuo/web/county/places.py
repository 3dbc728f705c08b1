"""Villages of the county, and its designation as a key county, kept by its office."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.forms import BaseForm, CharField, Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from shanhuo.kernel import clock
from shanhuo.kernel.errors import Refusal
from shanhuo.people import rules as people
from shanhuo.people.actors import actor_of
from shanhuo.regions import queries as regions
from shanhuo.regions import services
from shanhuo.web.county.office import counties_of, county_of

PAGE_SIZE = 50


class VillageForm(Form):
    township = CharField(label=gettext_lazy("Township"), max_length=40, required=False)
    name = CharField(label=gettext_lazy("Village"), max_length=40)


class KeyCountyForm(Form):
    source = CharField(
        label=gettext_lazy("Notice that names the county"),
        max_length=200,
        help_text=gettext_lazy("Title and date of the notice, as published."),
    )


@require_http_methods(["GET", "HEAD", "POST"])
def places(request: HttpRequest) -> HttpResponse:
    """The villages of the county; a POST adds one."""
    county = county_of(request)
    form = VillageForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and _added(request, county, form):
        return redirect(f"{request.path}?county={county.adcode}")
    return _page(request, county, village_form=form)


@require_POST
def key_county(request: HttpRequest) -> HttpResponse:
    """Note that the county is a key county for rural revitalisation."""
    county = county_of(request)
    form = KeyCountyForm(request.POST)
    if not form.is_valid():
        return _page(request, county, key_form=form)
    services.name_key_county(
        county=county,
        source=form.cleaned_data["source"],
        actor=actor_of(request),
        office_county_ids=people.officer_county_ids(request.user),
        now=clock.now(),
    )
    messages.success(request, _("Noted. The county page shows it."))
    return redirect("county:places")


def _added(request: HttpRequest, county: Any, form: VillageForm) -> bool:
    try:
        services.add_village(
            county=county,
            **form.cleaned_data,
            actor=actor_of(request),
            office_county_ids=people.officer_county_ids(request.user),
            now=clock.now(),
        )
    except Refusal as refusal:
        form.add_error("name", str(refusal))
        return False
    messages.success(request, _("%(name)s was added.") % {"name": form.cleaned_data["name"]})
    return True


def _page(
    request: HttpRequest,
    county: Any,
    *,
    village_form: VillageForm | None = None,
    key_form: KeyCountyForm | None = None,
) -> HttpResponse:
    text = request.GET.get("q", "")
    villages = regions.search_villages(county.pk, text)
    context = {
        "county": county,
        "counties": counties_of(request),
        "text": text,
        "page": Paginator(villages, PAGE_SIZE).get_page(request.GET.get("page")),
        "village_form": village_form or VillageForm(),
        "key_form": key_form or KeyCountyForm(),
    }
    status = 422 if _is_wrong(village_form) or _is_wrong(key_form) else 200
    return render(request, "web/county/places.html", context, status=status)


def _is_wrong(form: BaseForm | None) -> bool:
    return form is not None and bool(form.errors)
