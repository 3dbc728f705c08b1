"""What everybody may read about traffic grants; a little more for those who decide and audit."""

from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from shanhuo.kernel import clock
from shanhuo.traffic import queries as traffic
from shanhuo.traffic import rules as may
from shanhuo.traffic.fakes import RULES, Rule
from shanhuo.traffic.grants import queries
from shanhuo.traffic.grants.counting import excluded_by_rule
from shanhuo.traffic.grants.pace import pace_of
from shanhuo.traffic.grants.recount import book_and_recount
from shanhuo.traffic.rehearsing import in_force
from shanhuo.traffic.trials import queries as trials
from shanhuo.web.grants.audience import audience_for
from shanhuo.web.grants.charts import chart_of
from shanhuo.web.grants.finding import list_of
from shanhuo.web.impact.survival import survival_of

PAGE = 20


@require_safe
def grants(request: HttpRequest) -> HttpResponse:
    """Every grant ever promised; `?q=`, `?county=` and `?status=` narrow it."""
    programmes = queries.programme_sheets(queries.programmes()[:PAGE])
    listed = list_of(request, queries.grants_in_public(), statuses=queries.PUBLIC)
    return render(request, "web/grants/grants.html", {"programmes": programmes, **listed})


@require_safe
def programme(request: HttpRequest, public_id: str) -> HttpResponse:
    found = get_object_or_404(queries.programmes(), public_id=public_id)
    (sheet,) = queries.programme_sheets([found])
    chosen = queries.grants_in_public().filter(programme=found)
    page = Paginator(chosen, PAGE).get_page(request.GET.get("page"))
    context = {
        "sheet": sheet,
        "page": page,
        "lines": queries.lines(page),
        "survival": survival_of(until_day=clock.today(), programme=public_id),
    }
    return render(request, "web/grants/programme.html", context)


@require_safe
def grant(request: HttpRequest, public_id: str) -> HttpResponse:
    """One grant: burn-down by day, by object; what waits for the reader, if anything does."""
    found = grant_of(request, public_id)
    now = clock.now()
    sheet = queries.sheet_of(found, now=now)
    waits = found.status == queries.Status.REQUESTED
    under_way = found.status in (queries.Status.APPROVED, queries.Status.RUNNING)
    context = {
        "sheet": sheet,
        "days": [(f"{one.day:%m-%d}", one.delivered) for one in sheet.days],
        "others": queries.overlapping(found)[:5],
        "may_decide": waits and may.may_decide(request.user, found),
        "may_stop": under_way and may.may_stop(request.user),
        "may_recount": may.may_read_requests(request.user),
        "is_public": found.status in queries.PUBLIC,
        "trial": trials.trial_of(found),
        "may_try": trials.may_register(request.user, found, now=now),
        "metrics": trials.METRICS,
        "audience": audience_for(request) if under_way else None,
    }
    return render(request, "web/grants/grant.html", {**context, **_pace(found, now)})


@require_safe
def pace(request: HttpRequest, public_id: str) -> HttpResponse:
    """htmx: answers with the fragment that replaces #pace, every few seconds."""
    found = grant_of(request, public_id)
    return render(request, "web/grants/_pace.html", _pace(found, clock.now()))


def _pace(grant: Any, now: Any) -> dict[str, Any]:
    """`pace` is None while the signal log is damaged: the ledger below stands all the same."""
    try:
        going = pace_of(traffic.signal_log(), grant, now=now)
    except traffic.LogDamaged:
        going = None
    known = in_force(now=now)
    contracts = queries.numbers_in_feed(grant)
    return {
        "grant": grant,
        "pace": going,
        "chart": chart_of(going, now=now) if going else None,
        "in_feed": len(contracts),
        "rehearsed": len(known.rehearsed & contracts),
        "lists": known.lists,
    }


@require_safe
def recount(request: HttpRequest, public_id: str) -> HttpResponse:
    """Log and ledger side by side, counted at this moment."""
    found = grant_of(request, public_id)
    now, log = clock.now(), traffic.signal_log()
    context = {
        "grant": found,
        "found": book_and_recount(log, found, now=now),
        "excluded": _excluded(log, found),
    }
    return render(request, "web/grants/recount.html", context)


def _excluded(log: Any, grant: Any) -> list[tuple[Rule, int]]:
    """Which rule excluded how many."""
    contracts = list(grant.contracts.values_list("pk", flat=True))
    last = max(grant.ends_on, clock.today())
    found = excluded_by_rule(log, contracts, since=grant.starts_on, until=last)
    return [(rule, found[rule.number]) for rule in RULES if found[rule.number]]


@require_safe
def rules(request: HttpRequest) -> HttpResponse:
    """What a grant is, how it is counted, and what is not believed."""
    return render(request, "web/grants/rules.html", {"fakes": RULES})


def grant_of(request: HttpRequest, public_id: str) -> Any:
    """The grant, if the reader may see it. 404 otherwise."""
    found = queries.grants_visible_to(request.user).filter(public_id=public_id).first()
    if found is None:
        raise Http404
    return found
