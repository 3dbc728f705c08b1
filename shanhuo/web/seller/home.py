"""The front page of the desk: what waits, in the order in which it matters."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from shanhuo.web.desks import Todo, waiting


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    return render(request, "web/seller/home.html", {"todos": waiting(*_todos(request))})


def _todos(request: HttpRequest) -> list[Todo]:
    return []
