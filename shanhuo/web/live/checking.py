"""The look before air, the platform's list of sessions, and the county's."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from shanhuo.content import words
from shanhuo.content.reasons import Reason
from shanhuo.kernel import clock, sheets
from shanhuo.kernel.sheets import at
from shanhuo.live import queries, rules
from shanhuo.live.formats import format_of
from shanhuo.live.services import planning
from shanhuo.people import rules as people
from shanhuo.people.actors import actor_of
from shanhuo.web.desks import Todo
from shanhuo.web.downloads import workbook
from shanhuo.web.live import late
from shanhuo.web.live.forms import CheckForm, DeskForm
from shanhuo.web.live.rows import visible_session

ROWS = 20


@require_safe
def sessions(request: HttpRequest) -> HttpResponse:
    """What waits for a check, then every session; whether enough people moderate."""
    context = {
        "waiting": queries.cards(queries.waiting_for_check(request.user), day=clock.today()),
        "load": queries.moderation_load(),
    }
    return _list(
        request, "web/live/checks.html", queries.sessions_visible_to(request.user), context
    )


@require_safe
def office(request: HttpRequest) -> HttpResponse:
    """Every session of the officer's counties."""
    counties = people.officer_county_ids(request.user)
    rows = queries.sessions_visible_to(request.user).filter(county__in=counties)
    return _list(request, "web/live/office.html", rows, {})


@require_safe
def session(request: HttpRequest, public_id: str) -> HttpResponse:
    return _page(request, visible_session(request, public_id), CheckForm())


@require_POST
def decide(request: HttpRequest, public_id: str) -> HttpResponse:
    row = visible_session(request, public_id)
    form = CheckForm(request.POST)
    if not form.is_valid():
        return _page(request, row, form, status=422)
    agreed = form.cleaned_data["decision"] == CheckForm.AGREE
    try:
        planning.check(
            session_id=row.pk,
            checker=actor_of(request),
            agreed=agreed,
            reason=form.cleaned_data["reason"],
            now=clock.now(),
        )
    except planning.ReasonMissing as refusal:
        form.add_error("reason", str(refusal))
        return _page(request, row, form, status=422)
    messages.success(request, _("Noted.") if agreed else _("Back to the host, with your reason."))
    return redirect("live:checks")


def todos(user: Any) -> list[Todo]:
    """What waits for an operator, for the front page of the desk."""
    load = queries.moderation_load()
    address = reverse("live:checks")
    return [
        Todo(queries.waiting_for_check(user).count(), _("Live sessions to check"), address, "eye"),
        Todo(
            load.rooms if load.is_too_few else 0,
            _("Rooms without enough moderators"),
            address,
            "alert",
        ),
        late.todo(user),
    ]


def _list(
    request: HttpRequest, template: str, rows: QuerySet[Any], context: dict[str, Any]
) -> HttpResponse:
    form = DeskForm(request.GET)
    asked = form.asked()
    found = queries.find_sessions(rows, **asked).order_by("-starts_at", "-pk")
    if request.GET.get("format") == "xlsx":
        return _workbook(found)
    page = Paginator(found, ROWS).get_page(request.GET.get("page"))
    context |= {
        "form": form,
        "is_filtered": bool(asked),
        "page": page,
        "cards": queries.cards(page.object_list, day=clock.today()),
    }
    return render(request, template, context)


def _workbook(found: QuerySet[Any]) -> HttpResponse:
    headings = [
        _("Title"),
        _("Kind"),
        _("State"),
        _("County"),
        _("Operator of the room"),
        _("Host"),
        _("Announced for"),
        _("On air"),
        _("Ended"),
        _("Goods in the showcase"),
    ]
    cards = queries.cards(found[: sheets.MOST_ROWS], day=clock.today())
    rows = (
        [
            card.title,
            str(card.kind_label),
            str(card.status_label),
            card.county_name,
            card.operator_name,
            card.host_name,
            at(card.starts_at),
            at(card.on_air_at),
            at(card.ended_at),
            card.goods_count,
        ]
        for card in cards
    )
    return workbook(_("Live sessions"), headings, rows)


def _desk(request: HttpRequest) -> str:
    """The shell of the reader's own desk."""
    roles = people.roles_of(request.user)
    return "ops" if roles.is_operator or roles.is_auditor else "county"


def _page(request: HttpRequest, row: Any, form: CheckForm, *, status: int = 200) -> HttpResponse:
    listed = words.found_in(row.title, row.notice, row.script)
    can_check = rules.can_check(request.user, row) and row.status == "submitted"
    desk = _desk(request)
    context = {
        "desk": desk,
        "shell_of_desk": f"web/{desk}/desk.html",
        "session": row,
        "shape": format_of(row.kind),
        "cast": queries.cast_of(row),
        "shelf": queries.desk_items(row, now=clock.now()),
        "listed": [(word, Reason(reason).label) for word, reason in listed.items()],
        "checks": queries.checks_of(row),
        "steps": queries.steps_of(row),
        "can_check": can_check,
        "checks_missing": rules.checks_missing(row),
        "form": form,
    }
    return render(request, "web/live/check.html", context, status=status)
