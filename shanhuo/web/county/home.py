"""The front page of the desk: what waits, in the order in which it matters."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from shanhuo.goods.queries import pool_entries_of_offices
from shanhuo.people.actors import actor_of
from shanhuo.web.desks import Deed, Todo, waiting


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    return render(
        request, "web/county/home.html", {"todos": waiting(*_goods(request)), "deeds": _deeds()}
    )


def _deeds() -> list[Deed]:
    return [
        Deed(_("Enter a household"), reverse("county:household_new"), "people"),
        Deed(_("Import households from Excel"), reverse("county:household_import_new"), "upload"),
        Deed(_("Propose a product for the pool"), reverse("county:pool_candidates"), "seal"),
        Deed(_("Add a village"), reverse("county:places"), "house"),
        Deed(_("Read this county's figures"), reverse("county:figures"), "chart"),
    ]


def _goods(request: HttpRequest) -> list[Todo]:
    waits = pool_entries_of_offices(request.user).filter(status="nominated")
    to_check = waits.exclude(nominated_by=actor_of(request)).count()
    address = f"{reverse('county:pool')}?status=nominated"
    return [Todo(to_check, _("Products to check for the pool"), address, "seal")]
