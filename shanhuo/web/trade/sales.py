"""Hot sales for buyers: what is on, the page of one, the button without script, the order.

With script the button asks the hot door (`/hot/buy`); this calm way calls the same service.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_POST, require_safe

from shanhuo.kernel import clock
from shanhuo.kernel.errors import Refusal
from shanhuo.orders import queries, services
from shanhuo.orders.queries import SaleView
from shanhuo.people import rules as people
from shanhuo.people.actors import actor_of
from shanhuo.traffic.kinds import Source, Surface
from shanhuo.web import shell
from shanhuo.web.showing import item_of_session, show
from shanhuo.web.trade.basket import refuse_minors
from shanhuo.web.trade.checkout import whole_number
from shanhuo.web.trade.sources import source_in, way_here

ON_A_PAGE = 24


@dataclass(frozen=True, slots=True)
class Ticket:
    """A sale with what its button needs: the server's clock, for a buyer the entry token, and
    `way`, the end of addresses that says what brought the reader here."""

    view: SaleView
    now_ms: int
    entry: str
    way: str


@require_safe
def sales(request: HttpRequest) -> HttpResponse:
    """Everything that is open or will be."""
    found = queries.still_to_come(queries.sales_in_public(), now=clock.now())
    page = Paginator(found, ON_A_PAGE).get_page(request.GET.get("page"))
    views = queries.sale_views(page.object_list, user=request.user, now=clock.now())
    return render(request, "web/trade/sales.html", {"page": page, "views": views})


@require_safe
def sale(request: HttpRequest, public_id: str) -> HttpResponse:
    """One sale, with its countdown and its button."""
    return _page(request, _sale(request, public_id))


@require_POST
def claim(request: HttpRequest, public_id: str) -> HttpResponse:
    """The button without script. A refusal shows the page again."""
    refuse_minors(request)
    found = _sale(request, public_id)
    try:
        services.claim(
            sale=found,
            buyer=actor_of(request),
            quantity=whole_number(request.POST.get("quantity", "1").strip()),
            now=clock.now(),
        )
    except Refusal as refusal:
        found = _sale(request, public_id)
        return _page(request, found, status=refusal.status, refusal=str(refusal))
    return redirect(reverse("trade:sale_order", args=[public_id]) + _way(request))


@require_safe
def order(request: HttpRequest, public_id: str) -> HttpResponse:
    """Where what was kept shall go, and what it costs."""
    refuse_minors(request)
    context = _order_context(request, public_id, address=request.GET.get("address", ""))
    if not context["checkout"].parcels:
        return redirect("trade:sale", public_id=public_id)
    return render(request, "web/trade/sale_order.html", context)


@require_POST
def place(request: HttpRequest, public_id: str) -> HttpResponse:
    """Order what was kept. A refusal shows the page again, with the price of now."""
    refuse_minors(request)
    address = request.POST.get("address", "")
    found = _sale(request, public_id)
    try:
        placed = services.order_claim(
            buyer=actor_of(request),
            sale_id=found.pk,
            address=address,
            total_seen_fen=whole_number(request.POST.get("total_seen_fen", "")),
            key=request.POST.get("key", ""),
            source=source_in(request, found.sku.product.public_id),
            now=clock.now(),
        )
    except Refusal as refusal:
        context = _order_context(request, public_id, address=address)
        context["refusal"] = str(refusal)
        return render(request, "web/trade/sale_order.html", context, status=refusal.status)
    return redirect("trade:payment", public_id=placed.payment)


def tickets(request: HttpRequest, sales: Iterable[Any]) -> list[Ticket]:
    """The sales as their buttons need them, for this reader."""
    now = clock.now()
    may_buy = people.may_trade(request.user) and not shell.read(request).youth
    return [
        Ticket(
            view=view,
            now_ms=int(now.timestamp() * 1000),
            entry=services.entry_token(sale=view.sale, buyer=actor_of(request), now=now)
            if may_buy and view.is_open_to_wishes
            else "",
            way=_way(request),
        )
        for view in queries.sale_views(sales, user=request.user, now=now)
    ]


def tickets_of_product(request: HttpRequest, product_id: int) -> list[Ticket]:
    """The sales of a product that are open or will be, for its page."""
    found = queries.still_to_come(queries.sales_in_public(), now=clock.now())
    return tickets(request, found.filter(sku__product=product_id)[:3])


def _page(
    request: HttpRequest, found: Any, *, status: int = 200, refusal: str = ""
) -> HttpResponse:
    context = {
        "ticket": tickets(request, [found])[0],
        "refusal": refusal,
        "showing": show(
            request,
            Surface.PRODUCT,
            Source.CHOSEN,
            also=item_of_session(request, found.sku.product),
        ),
    }
    return render(request, "web/trade/sale.html", context, status=status)


def _order_context(request: HttpRequest, public_id: str, *, address: str) -> dict[str, Any]:
    found = _sale(request, public_id)
    buyer = actor_of(request)
    addresses = list(queries.addresses_of(buyer))
    chosen = next((one for one in addresses if one.public_id == address), None)
    chosen = chosen or next(iter(addresses), None)
    view = queries.claim_checkout(found, buyer=buyer, address=chosen, now=clock.now())
    way = way_here(request)
    return {"sale": found, "checkout": view, "addresses": addresses, "way": way}


def _way(request: HttpRequest) -> str:
    way = way_here(request)
    return f"?{urlencode(way)}" if way else ""


def _sale(request: HttpRequest, public_id: str) -> Any:
    found = queries.sales_visible_to(request.user).filter(public_id=public_id).first()
    if found is None:
        raise Http404
    return found
