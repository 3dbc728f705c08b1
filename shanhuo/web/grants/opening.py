"""The opening card (开屏), for the script that asks for it."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from shanhuo.web.placing import opening_card


@require_safe
def opening(request: HttpRequest) -> HttpResponse:
    """The opening card, asked for by the script of a page that nobody has touched yet; 204 where
    there is none."""
    support = opening_card(request)
    if support is None:
        return HttpResponse(status=204)
    response = render(request, "web/grants/_opening.html", {"support": support})
    response["Cache-Control"] = "no-store"
    return response
