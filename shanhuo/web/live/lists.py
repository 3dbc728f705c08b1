"""What is on air, what comes, what can be seen again; and what one wants to be told of."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from shanhuo.kernel import clock
from shanhuo.live import queries
from shanhuo.live.queries import SessionCard
from shanhuo.web.live.forms import FindForm
from shanhuo.web.live.rows import refuse_minors

TILES = 24
SOON = 12


@require_safe
def sessions(request: HttpRequest) -> HttpResponse:
    """On air and coming on the first page, replays by page below."""
    refuse_minors(request)
    form = FindForm(request.GET)
    asked, now, today = form.asked(), clock.now(), clock.today()
    page = Paginator(queries.find_sessions(queries.replays(), **asked), TILES).get_page(
        request.GET.get("page")
    )
    on_air: list[SessionCard] = []
    coming: list[SessionCard] = []
    if page.number == 1:
        on_air = queries.cards(queries.find_sessions(queries.on_air(), **asked), day=today)
        next_ones = queries.find_sessions(queries.upcoming(now=now), **asked)[:SOON]
        coming = queries.cards(next_ones, day=today)
    context = {
        "form": form,
        "is_filtered": bool(asked),
        "on_air": on_air,
        "coming": coming,
        "page": page,
        "replays": queries.cards(page.object_list, day=today),
    }
    return render(request, "web/live/list.html", context)


@require_safe
def reminders(request: HttpRequest) -> HttpResponse:
    """What the reader wants to be told of, what has begun first."""
    rows = queries.sessions_reminded_of(request.user)
    page = Paginator(rows, TILES).get_page(request.GET.get("page"))
    cards = queries.cards(page.object_list, day=clock.today())
    return render(request, "web/live/reminders.html", {"page": page, "cards": cards})
