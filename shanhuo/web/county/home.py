"""The front page of the desk: what waits, in the order in which it matters."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from shanhuo.goods.queries import pool_entries_of_offices
from shanhuo.people.actors import actor_of
from shanhuo.web.desks import Todo, waiting


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    return render(request, "web/county/home.html", {"todos": waiting(*_todos(request))})


def _todos(request: HttpRequest) -> list[Todo]:
    return _goods(request)


def _goods(request: HttpRequest) -> list[Todo]:
    waits = pool_entries_of_offices(request.user).filter(status="nominated")
    to_check = waits.exclude(nominated_by=actor_of(request)).count()
    address = f"{reverse('county:pool')}?status=nominated"
    return [Todo(to_check, _("Products to check for the pool"), address, "seal")]
