"""Purchase slips: pay a household, print the slip, take a wrong one back, see what adds up."""

from collections.abc import Iterable
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from shanhuo.goods import queries as goods
from shanhuo.kernel import audit, clock
from shanhuo.kernel.sheets import yuan
from shanhuo.orders import queries, rules, services
from shanhuo.orders.choices import SlipState
from shanhuo.people import queries as people
from shanhuo.people.actors import actor_of
from shanhuo.web.forms import form_page
from shanhuo.web.trade.forms import PeriodForm, SlipForm
from shanhuo.web.trade.lists import ListForm, Sheet, list_page

LEFT = _("A household that left the books")
SLIPS = Sheet(
    _("Purchase slips"),
    [
        (_("Slip"), lambda slip: slip.public_id),
        (_("Day"), lambda slip: slip.bought_on),
        (_("Household"), lambda slip: str(slip.household_name)),
        (_("Goods"), lambda slip: slip.product.title),
        (_("Lot"), lambda slip: slip.lot.number),
        (_("Weight (kg)"), lambda slip: slip.grams / 1000),
        (_("Price per kg (yuan)"), lambda slip: yuan(slip.price_fen_per_kg)),
        (_("Local price per kg (yuan)"), lambda slip: yuan(slip.baseline_fen_per_kg)),
        (_("Paid (yuan)"), lambda slip: yuan(slip.paid_fen)),
        (_("Gain (yuan)"), lambda slip: yuan(slip.premium_fen)),
        (_("Paid by"), lambda slip: str(slip.get_means_display())),
        (_("Takes back"), lambda slip: slip.reverses.public_id if slip.reverses else ""),
    ],
)
HOUSEHOLDS = Sheet(
    _("By household"),
    [
        (_("Household"), lambda row: str(row[1])),
        (_("Slips"), lambda row: row[0].slip_count),
        (_("Weight (kg)"), lambda row: row[0].grams / 1000),
        (_("Paid (yuan)"), lambda row: yuan(row[0].paid_fen)),
        (_("Above the local price (yuan)"), lambda row: yuan(row[0].premium_fen)),
    ],
)
BALANCE = Sheet(
    _("Slips against settlement"),
    [
        (_("Goods"), lambda line: line.product_title),
        (_("Units settled"), lambda line: line.settled_count),
        (_("Yours from the settlement (yuan)"), lambda line: yuan(line.merchant_fen)),
        (_("Promised to the farm gate (yuan)"), lambda line: yuan(line.farm_gate_fen)),
        (_("Paid by slips (yuan)"), lambda line: yuan(line.slips_fen)),
        (_("Difference (yuan)"), lambda line: yuan(line.difference_fen)),
    ],
)


@require_safe
def slips(request: HttpRequest) -> HttpResponse:
    """The cooperative's slips, the newest first."""
    form = ListForm(request.GET, states=SlipState.choices, hint=_("Goods, lot or slip number"))
    found = queries.find_slips(queries.slips_of_merchants(request.user), **form.asked())
    return list_page(
        request,
        "web/trade/slips.html",
        found,
        form=form,
        sheet=SLIPS,
        put=lambda rows: _put_names(request, rows),
    )


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
        return form_page(
            request, "web/trade/slip_new.html", form, can_write=bool(households and lots)
        )
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
    if request.GET.get("format") == "xlsx":
        return HOUSEHOLDS.download(named)
    context = {"lines": named, "form": period}
    return render(request, "web/trade/household_sheet.html", context)


@require_safe
def balance(request: HttpRequest) -> HttpResponse:
    """What buyers paid and what households got, by product."""
    period = PeriodForm.of(request.GET)
    lines = queries.lot_balances(request.user, **_days(period))
    if request.GET.get("format") == "xlsx":
        return BALANCE.download(lines)
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
