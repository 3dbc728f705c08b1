"""What every room's operations look up the same way."""

from typing import Any

from django.http import Http404, HttpRequest

from shanhuo.people.queries import AnyUser
from shanhuo.regions import queries as regions


def person_of(request: HttpRequest) -> AnyUser:
    """The caller of an operation that the access table closes to visitors."""
    assert isinstance(request.user, AnyUser)  # noqa: S101 - the access table lets nobody else in
    return request.user


def county_of(adcode: str) -> Any:
    """The county; 404 where no county has this code."""
    county = regions.county_of(adcode)
    if county is None:
        raise Http404
    return county
