"""Hot sales at the seller's desk: the list, a new one, what came of it, an early end."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from shanhuo.goods import queries as goods
from shanhuo.kernel import clock
from shanhuo.kernel.errors import Refusal
from shanhuo.kernel.sheets import at, yuan
from shanhuo.orders import queries, services
from shanhuo.orders.choices import SaleState
from shanhuo.people.actors import actor_of
from shanhuo.web.forms import form_page
from shanhuo.web.once import posted_once
from shanhuo.web.trade.forms import HotSaleForm
from shanhuo.web.trade.lists import ListForm, Sheet, list_page

SHEET = Sheet(
    gettext_lazy("Hot sales"),
    [
        (gettext_lazy("Goods"), lambda sale: sale.sku.product.title),
        (gettext_lazy("Size"), lambda sale: sale.sku.name),
        (gettext_lazy("Price (yuan)"), lambda sale: yuan(sale.price_fen)),
        (gettext_lazy("Pieces"), lambda sale: sale.stock_count),
        (gettext_lazy("At most for one person"), lambda sale: sale.per_person),
        (gettext_lazy("Opens"), lambda sale: at(sale.opens_at)),
        (gettext_lazy("Closes"), lambda sale: at(sale.closes_at)),
        (gettext_lazy("State"), lambda sale: str(sale.state.label)),
        (gettext_lazy("Sold out"), lambda sale: at(sale.sold_out_at)),
        (gettext_lazy("Buyers"), lambda sale: sale.buyer_count),
        (gettext_lazy("Kept, not ordered yet"), lambda sale: sale.kept_units),
        (gettext_lazy("Ordered"), lambda sale: sale.ordered_units),
        (gettext_lazy("Paid"), lambda sale: sale.paid_units),
        (gettext_lazy("Paid (yuan)"), lambda sale: yuan(sale.paid_fen)),
    ],
)


@require_safe
def sales(request: HttpRequest) -> HttpResponse:
    """The merchants' sales, the latest first."""
    form = ListForm(request.GET, states=SaleState.choices, hint=_("Name of the product"))
    asked = form.asked()
    found = queries.find_sales(
        queries.sales_of_merchants(request.user),
        now=clock.now(),
        q=asked.get("q", ""),
        state=asked.get("state", ""),
    )
    found = form.in_days(found, "opens_at")
    return list_page(
        request, "web/trade/sell_sales.html", found, form=form, sheet=SHEET, put=_put_states
    )


@require_http_methods(["GET", "HEAD", "POST"])
def sale_new(request: HttpRequest) -> HttpResponse:
    """Set pieces aside for a sale."""
    skus = goods.skus_editable_by(request.user).filter(is_active=True, product__status="listed")
    names = [
        (sku.public_id, f"{sku.product.title} · {sku.name}")
        for sku in skus.order_by("product__title", "pk")
    ]
    form = HotSaleForm(
        request.POST or None, skus=names, initial={"sku": request.GET.get("sku", "")}
    )
    if form.is_valid():
        try:
            return redirect("trade:sell_sale", _open_once(request, skus, form))
        except Refusal as refusal:
            form.add_error(None, str(refusal))
    return form_page(request, "web/trade/sell_sale_new.html", form, can_sell=bool(names))


@require_safe
def sale(request: HttpRequest, public_id: str) -> HttpResponse:
    """One sale and what came of it."""
    found = _sale(request, public_id)
    _put_states([found])
    return render(request, "web/trade/sell_sale.html", {"sale": found})


@require_POST
def sale_close(request: HttpRequest, public_id: str) -> HttpResponse:
    """End it before its time."""
    found = _sale(request, public_id)
    if services.close_hot_sale(sale_id=found.pk, actor=actor_of(request), now=clock.now()):
        messages.success(request, _("The sale is over. What is kept for buyers stays kept."))
    return redirect("trade:sell_sale", public_id)


def _open_once(request: HttpRequest, skus: Any, form: HotSaleForm) -> str:
    """The new sale's public id; a form that is sent twice opens one sale."""
    sku = skus.get(public_id=form.cleaned_data["sku"])
    actor = actor_of(request)

    def act() -> str:
        opened = services.open_hot_sale(
            sku_id=sku.pk,
            usual_fen=sku.price_fen,
            actor=actor,
            now=clock.now(),
            **form.terms(),
        )
        return str(opened.public_id)

    return posted_once(request, form, scope="orders.hot_sale", act=act)


def _put_states(sales: Any) -> None:
    for one in sales:
        one.state = one.state_at(clock.now())


def _sale(request: HttpRequest, public_id: str) -> Any:
    found = queries.sales_of_merchants(request.user).filter(public_id=public_id).first()
    if found is None:
        raise Http404
    return found
