"""Goods that came into a showcase after the check: somebody without a part in the session looks."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from shanhuo.kernel import clock
from shanhuo.live import queries
from shanhuo.live.services import showcase
from shanhuo.people.actors import actor_of
from shanhuo.web.desks import Todo

ROWS = 20


@require_safe
def items(request: HttpRequest) -> HttpResponse:
    """What waits for a look: of the officer's counties, or of all for an operator."""
    found = queries.late_items_for(request.user)
    page = Paginator(found, ROWS).get_page(request.GET.get("page"))
    return render(request, "web/live/late.html", {"page": page})


@require_POST
def pass_item(request: HttpRequest) -> HttpResponse:
    """The product is shown to viewers from now on."""
    said = request.POST.get("item", "")
    number = int(said) if said.isascii() and said.isdigit() and len(said) < 18 else 0
    item = queries.late_items_for(request.user).filter(pk=number).first()
    if item is None:
        raise Http404
    showcase.pass_item(item_id=item.pk, by=actor_of(request), now=clock.now())
    messages.success(request, _("Viewers see it from now on."))
    return redirect("live:late")


def todo(user: Any) -> Todo:
    """For the front page of a desk."""
    count = queries.late_items_for(user).count()
    return Todo(count, _("Goods added after the check"), reverse("live:late"), "basket")
