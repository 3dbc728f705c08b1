"""The host's studio: one's own sessions."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from shanhuo.kernel import clock
from shanhuo.live import queries, rules
from shanhuo.web.live.forms import KINDS

ROWS = 20


@require_safe
def sessions(request: HttpRequest) -> HttpResponse:
    """Everything the reader has a part in; who may not host yet is told how."""
    page = Paginator(queries.sessions_of(request.user), ROWS).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "cards": queries.cards(page.object_list, day=clock.today()),
        "can_host": rules.can_host(request.user),
        "kinds": KINDS,
    }
    return render(request, "web/live/studio.html", context)
