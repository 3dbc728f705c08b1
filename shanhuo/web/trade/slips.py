"""Purchase slips: pay a household, print the slip, take a wrong one back, see what adds up."""

from collections.abc import Iterable
from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from shanhuo.goods import queries as goods
from shanhuo.kernel import audit, clock
from shanhuo.orders import queries, rules, services
from shanhuo.people import queries as people
from shanhuo.people.actors import actor_of
from shanhuo.web.trade.forms import PeriodForm, SlipForm

ON_A_PAGE = 30
LEFT = _("A household that left the books")


@require_safe
def slips(request: HttpRequest) -> HttpResponse:
    """The cooperative's slips, the newest first."""
    page = Paginator(queries.slips_of_merchants(request.user), ON_A_PAGE).get_page(
        request.GET.get("page")
    )
    _put_names(request, page.object_list)
    return render(request, "web/trade/slips.html", {"page": page})


def slip_new(request: HttpRequest) -> HttpResponse:
    """Weigh, price, pay: one slip."""
    households = people.payable_households(request.user)
    lots = {lot.public_id: lot for lot in goods.lots_editable_by(request.user).order_by("-pk")}
    form = SlipForm(
        request.POST or None,
        households=[(one.public_id, _name(one)) for one in households],
        lots=[(key, f"{lot.product.title} · {lot.number}") for key, lot in lots.items()],
        initial={"bought_on": clock.today(), "household": request.GET.get("household")},
    )
    if request.method != "POST" or not form.is_valid():
        status = 422 if form.is_bound else 200
        context = {"form": form, "can_write": bool(households and lots)}
        return render(request, "web/trade/slip_new.html", context, status=status)
    data = form.cleaned_data
    household = people.payable_household(request.user, data["household"])
    if household is None:
        raise Http404
    public_id = services.pay_household(
        actor=actor_of(request),
        household=household,
        lot=lots[data["lot"]],
        grams=form.grams,
        price_fen_per_kg=data["price_fen"],
        baseline_fen_per_kg=data["baseline_fen"],
        means=data["means"],
        bought_on=data["bought_on"],
        key=request.POST.get("key", ""),
        now=clock.now(),
    )
    return redirect("trade:slip", public_id=public_id)


@require_safe
def slip(request: HttpRequest, public_id: str) -> HttpResponse:
    """One slip, made to be printed and signed."""
    found = _slip(request, public_id)
    _put_names(request, [found])
    return render(request, "web/trade/slip.html", {"slip": found})


@require_POST
def reverse(request: HttpRequest, public_id: str) -> HttpResponse:
    """Take a wrong slip back."""
    found = _slip(request, public_id)
    made = services.reverse_slip(slip_id=found.pk, actor=actor_of(request), now=clock.now())
    return redirect("trade:slip", public_id=made.public_id)


@require_safe
def household_sheet(request: HttpRequest) -> HttpResponse:
    """Per household: what it brought and was paid in a period. Reading it is noted."""
    period = PeriodForm.of(request.GET)
    lines = queries.household_sheet(queries.slips_of_merchants(request.user), **_days(period))
    audit.record(
        verb="orders.household_sheet",
        subject="orders.PurchaseSlip",
        actor=actor_of(request),
        detail={"households": len(lines)},
        now=clock.now(),
    )
    names = household_names(request)
    named = [(line, names.get(line.household_id, LEFT)) for line in lines]
    context = {"lines": named, "form": period}
    return render(request, "web/trade/household_sheet.html", context)


@require_safe
def balance(request: HttpRequest) -> HttpResponse:
    """What buyers paid and what households got, by product."""
    period = PeriodForm.of(request.GET)
    lines = queries.lot_balances(request.user, **_days(period))
    return render(request, "web/trade/slip_balance.html", {"lines": lines, "form": period})


def household_names(request: HttpRequest) -> dict[int, str]:
    """Household id -> number and masked name, for those that still agree to be on the books."""
    return {one.id: _name(one) for one in people.payable_households(request.user)}


def _put_names(request: HttpRequest, slips: Iterable[Any]) -> None:
    names = household_names(request)
    for one in slips:
        one.household_name = names.get(one.household_id, LEFT)


def _name(one: people.PayableHousehold) -> str:
    return " · ".join(part for part in (one.number, one.masked_name, one.village) if part)


def _days(period: PeriodForm) -> dict[str, Any]:
    return {name: period.cleaned_data[name] for name in ("since", "until")}


def _slip(request: HttpRequest, public_id: str) -> Any:
    found = queries.slips_of_merchants(request.user).filter(public_id=public_id).first()
    if not rules.can_correct_slip(request.user, found):
        raise Http404
    return found
