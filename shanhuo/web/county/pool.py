"""The county's product pool: propose, check, admit, refuse, take out."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from shanhuo.goods import listing, queries, rules
from shanhuo.goods import services as goods
from shanhuo.goods.choices import ExitReason
from shanhuo.kernel import clock, sheets
from shanhuo.kernel.errors import Refusal
from shanhuo.people.actors import actor_of
from shanhuo.web.county.pool_forms import CheckForm, PoolFilterForm
from shanhuo.web.downloads import workbook
from shanhuo.web.forms import form_page
from shanhuo.web.seller.forms import ExitForm, NominationForm

ROWS = 20


@require_safe
def pool(request: HttpRequest) -> HttpResponse:
    """Every nomination of the officer's counties, what waits first."""
    form = PoolFilterForm(request.GET)
    page = Paginator(_found(request, form), ROWS).get_page(request.GET.get("page"))
    context = {"form": form, "page": page, "is_filtered": bool(form.asked())}
    return render(request, "web/county/pool.html", context)


@require_safe
def pool_export(request: HttpRequest) -> HttpResponse:
    """The same list with who proposed and who checked, as a workbook."""
    headings = [
        _("Product"),
        _("Merchant"),
        _("State"),
        _("Proposed by"),
        _("Proposed on"),
        _("Checked by"),
        _("Checked on"),
        _("Note"),
        _("Reason for leaving"),
    ]
    rows = (
        [
            entry.product.title,
            entry.product.merchant.name,
            str(entry.get_status_display()),
            entry.nominated_by.display_name,
            clock.day_of(entry.nominated_at),
            entry.checked_by.display_name if entry.checked_by else "",
            clock.day_of(entry.checked_at) if entry.checked_at else "",
            entry.check_note,
            str(entry.get_exit_reason_display()) if entry.exit_reason else "",
        ]
        for entry in _found(request, PoolFilterForm(request.GET))[: sheets.MOST_ROWS]
    )
    return workbook(_("Product pool"), headings, rows)


@require_safe
def pool_candidates(request: HttpRequest) -> HttpResponse:
    """Products on sale from the officer's counties that nobody has proposed yet."""
    found = queries.pool_candidates(request.user, q=request.GET.get("q", ""))
    page = Paginator(found, ROWS).get_page(request.GET.get("page"))
    return render(request, "web/county/pool_candidates.html", {"page": page})


@require_http_methods(["GET", "HEAD", "POST"])
def pool_nominate(request: HttpRequest, public_id: str) -> HttpResponse:
    """Propose a product; somebody else in the office will check it."""
    product = get_object_or_404(queries.pool_candidates(request.user), public_id=public_id)
    form = NominationForm(request.POST or None)
    if form.is_valid():
        goods.nominate_product(
            product_id=product.pk,
            actor_id=actor_of(request).pk,
            now=clock.now(),
            **form.cleaned_data,
        )
        messages.success(request, _("Proposed. Somebody else must check it."))
        return redirect("county:pool")
    return form_page(request, "web/county/pool_nominate.html", form, product=product)


@require_http_methods(["GET", "HEAD", "POST"])
def pool_entry(request: HttpRequest, public_id: str) -> HttpResponse:
    """One nomination with everything the checker must see. `act` is admit, refuse or exit."""
    entry = get_object_or_404(queries.pool_entries_of_offices(request.user), public_id=public_id)
    act = request.POST.get("act")
    check = CheckForm(request.POST if act in ("admit", "refuse") else None)
    leave = ExitForm(request.POST if act == "exit" else None)
    chosen: CheckForm | ExitForm = leave if act == "exit" else check
    if act and chosen.is_valid() and _decide(request, entry, act, chosen):
        return redirect("county:pool")
    context = {
        "entry": entry,
        "page": queries.product_page(entry.product, day=clock.today()),
        "gaps": listing.gaps_of(entry.product, day=clock.today()),
        "check": check,
        "leave": leave,
        "can_decide": entry.status == "nominated" and rules.can_decide(request.user, entry),
    }
    return render(request, "web/county/pool_entry.html", context, status=422 if act else 200)


def _decide(
    request: HttpRequest, entry: queries.AnyPoolEntry, act: str, form: CheckForm | ExitForm
) -> bool:
    """Whether the service took the decision; if not, the form says why."""
    actor, now, note = actor_of(request), clock.now(), form.cleaned_data["note"]
    try:
        if isinstance(form, ExitForm):
            reason = ExitReason(form.cleaned_data["reason"])
            goods.exit_pool(entry_id=entry.pk, actor=actor, reason=reason, note=note, now=now)
        elif act == "admit":
            checks = form.checks()
            goods.admit_product(entry_id=entry.pk, actor=actor, checks=checks, note=note, now=now)
        else:
            goods.refuse_nomination(entry_id=entry.pk, actor=actor, note=note, now=now)
    except Refusal as refusal:
        form.add_error(None, str(refusal))
        return False
    messages.success(request, _("Decided and recorded."))
    return True


def _found(request: HttpRequest, form: PoolFilterForm) -> QuerySet[Any]:
    found = queries.pool_entries_of_offices(request.user)
    return queries.waiting_first(queries.find_pool_entries(found, **form.asked()))
