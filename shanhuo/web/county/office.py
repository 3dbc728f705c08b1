"""Which county an officer is working on: their only one, or the one named in the address."""

from typing import Any

from django.http import Http404, HttpRequest

from shanhuo.people import rules as people
from shanhuo.regions import queries as regions


def counties_of(request: HttpRequest) -> list[Any]:
    """The counties whose office the signed-in person works for."""
    ids = people.officer_county_ids(request.user)
    return list(regions.counties().filter(pk__in=ids).order_by("adcode"))


def county_of(request: HttpRequest) -> Any:
    """The county named by `?county=`, or without that the first. 404 unless it is their own."""
    own = counties_of(request)
    wanted = request.GET.get("county")
    chosen = [county for county in own if wanted in (None, county.adcode)]
    if not chosen:
        raise Http404
    return chosen[0]
