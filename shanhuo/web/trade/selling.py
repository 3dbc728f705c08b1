"""The seller's side: an order to send, refunds to grant, freight, price cuts, statement."""

from datetime import timedelta
from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import urlencode
from django.utils.text import slugify
from django.views.decorators.http import require_POST, require_safe

from shanhuo.goods import queries as goods
from shanhuo.kernel import clock, money, sheets
from shanhuo.orders import queries, rules, services
from shanhuo.orders.choices import Funder, RefundReason
from shanhuo.people import rules as people
from shanhuo.people.actors import actor_of
from shanhuo.web.forms import form_page
from shanhuo.web.trade.forms import FreightForm, PeriodForm, PriceCutForm, ShipForm
from shanhuo.web.trade.orders import order_context, units_in


@require_safe
def order(request: HttpRequest, public_id: str) -> HttpResponse:
    found = _order(request, public_id)
    context = {**order_context(found), "form": ShipForm(), "reasons": RefundReason.choices[:3]}
    return render(request, "web/trade/sell_order.html", context)


@require_POST
def ship(request: HttpRequest, public_id: str) -> HttpResponse:
    """A parcel leaves."""
    found = _order(request, public_id)
    form = ShipForm(request.POST)
    if not form.is_valid():
        context = {**order_context(found), "form": form, "reasons": RefundReason.choices[:3]}
        return render(request, "web/trade/sell_order.html", context, status=422)
    services.ship(
        order_id=found.pk,
        carrier=form.cleaned_data["carrier"],
        tracking_number=form.cleaned_data["tracking_number"],
        quantities=units_in(request, found),
        actor=actor_of(request),
        now=clock.now(),
    )
    return redirect("trade:sell_order", public_id=public_id)


@require_POST
def refund(request: HttpRequest, public_id: str) -> HttpResponse:
    """The seller gives money back: for units not shipped, or (`shipped`) for some that were."""
    found = _order(request, public_id)
    reason = RefundReason(request.POST["reason"]) if _known(request) else RefundReason.DAMAGED
    units = units_in(request, found)
    if "shipped" in request.POST:
        services.refund_shipped(
            order_id=found.pk,
            quantities=units or {},
            reason=reason,
            actor=actor_of(request),
            now=clock.now(),
        )
    else:
        services.refund_unshipped(
            order_id=found.pk,
            quantities=units,
            reason=reason,
            actor=actor_of(request),
            now=clock.now(),
        )
    return redirect("trade:sell_order", public_id=public_id)


@require_safe
def statement(request: HttpRequest) -> HttpResponse:
    """What was settled in a period; `?as=creator` for commissions; `?format=xlsx` for Excel."""
    period = PeriodForm.of(request.GET)
    since, until = period.cleaned_data["since"], period.cleaned_data["until"]
    as_creator = request.GET.get("as") == "creator"
    owners = people.creator_ids if as_creator else people.merchant_ids
    text = request.GET.get("q", "").strip()[:60]
    found = queries.statement_of(
        owners(request.user), since=since, until=until, as_creator=as_creator, q=text
    )
    if request.GET.get("format") == "xlsx":
        return _workbook(queries.statement_workbook(found), f"statement-{since}-{until}")
    page = Paginator(found.rows, 50).get_page(request.GET.get("page"))
    query = urlencode({"since": since, "until": until, "as": request.GET.get("as", ""), "q": text})
    totals = {name: found.total(name) for name in ("net_fen", "goods_fen", "fee_fen")}
    totals["commission_fen"] = found.total("commission_fen")
    context = {"page": page, "form": period, "query": query, "totals": totals, "text": text}
    return render(request, "web/trade/statement.html", context)


def freight(request: HttpRequest) -> HttpResponse:
    """The merchant's freight rule."""
    merchant_id = _merchant(request)
    rule = queries.freight_rule(merchant_id)
    form = FreightForm(request.POST or None, initial=_in_yuan(rule))
    if request.method != "POST" or not form.is_valid():
        return form_page(request, "web/trade/freight.html", form)
    services.set_freight(merchant_id=merchant_id, **form.cleaned_data)
    return redirect("trade:freight")


def price_cuts(request: HttpRequest) -> HttpResponse:
    """Price cuts that run or will; the merchant bears its own."""
    skus = goods.skus_editable_by(request.user).order_by("product__title", "pk")
    names = [(sku.public_id, f"{sku.product.title} · {sku.name}") for sku in skus]
    form = PriceCutForm(request.POST or None, skus=names)
    if request.method != "POST" or not form.is_valid():
        cuts = queries.price_cuts_of(people.merchant_ids(request.user), now=clock.now())
        return form_page(request, "web/trade/price_cuts.html", form, cuts=cuts)
    now = clock.now()
    sku = skus.get(public_id=form.cleaned_data["sku"])
    services.cut_price(
        sku_id=sku.pk,
        price_fen=sku.price_fen,
        off_fen=form.cleaned_data["off_fen"],
        funder=Funder.MERCHANT,
        starts_at=now,
        ends_at=now + timedelta(days=form.cleaned_data["days"]),
        actor=actor_of(request),
    )
    return redirect("trade:price_cuts")


@require_POST
def price_cut_end(request: HttpRequest, public_id: str) -> HttpResponse:
    """Stop one of the merchant's own cuts."""
    mine = queries.price_cuts_of(people.merchant_ids(request.user), now=clock.now())
    cut = get_object_or_404(mine, public_id=public_id, funder=Funder.MERCHANT)
    services.end_price_cut(cut_id=cut.pk, actor=actor_of(request), now=clock.now())
    return redirect("trade:price_cuts")


def _order(request: HttpRequest, public_id: str) -> Any:
    found = queries.orders_of_merchants(request.user).filter(public_id=public_id).first()
    if not rules.can_ship(request.user, found):
        raise Http404
    return found


def _known(request: HttpRequest) -> bool:
    return request.POST.get("reason") in RefundReason.values[:3]


def _merchant(request: HttpRequest) -> int:
    """The merchant of the user; of several, the one that came first."""
    return min(people.merchant_ids(request.user))


def _in_yuan(rule: Any) -> dict[str, str]:
    """What the form shows of a rule."""
    if rule is None:
        return {}
    amounts = {name: getattr(rule, name) for name in FreightForm.base_fields}
    return {name: money.yuan(fen) for name, fen in amounts.items() if fen is not None}


def _workbook(content: bytes, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type=sheets.XLSX)
    response["Content-Disposition"] = f'attachment; filename="{slugify(name)}.xlsx"'
    return response
