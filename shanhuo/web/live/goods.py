"""The goods of a session before and during the show: searched, put in, put in order, taken out."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from shanhuo.goods import queries as goods
from shanhuo.kernel import clock
from shanhuo.kernel.errors import Refusal
from shanhuo.live import queries
from shanhuo.live.services import showcase
from shanhuo.people import rules as people
from shanhuo.people.actors import actor_of
from shanhuo.web.live.rows import directed_session
from shanhuo.web.shop.views import cards_page


@require_safe
def shelf(request: HttpRequest, public_id: str) -> HttpResponse:
    """What is in the showcase, and what may be put there."""
    return _page(request, directed_session(request, public_id))


@require_POST
def add(request: HttpRequest, public_id: str) -> HttpResponse:
    session = directed_session(request, public_id)
    product = goods.product_of(request.POST.get("product", ""))
    try:
        if product is None:
            raise showcase.NotForThisShowcase
        showcase.add_item(
            session_id=session.pk, product_id=product.pk, by=actor_of(request), now=clock.now()
        )
    except Refusal as refusal:
        return _page(request, session, status=refusal.status, refusal=str(refusal))
    return redirect("live:goods", public_id)


@require_POST
def move(request: HttpRequest, public_id: str) -> HttpResponse:
    """`item` goes one place up, one place down, or out, as `to` says."""
    session = directed_session(request, public_id)
    order = [item.id for item in queries.desk_items(session, now=clock.now())]
    item, to = item_in(request, order), request.POST.get("to")
    if item and to == "out":
        showcase.remove_item(item_id=item, by=actor_of(request), now=clock.now())
    elif item and to in ("up", "down"):
        showcase.reorder(
            session_id=session.pk, item_ids=_moved(order, item, to), by=actor_of(request)
        )
    return redirect("live:goods", public_id)


def item_in(request: HttpRequest, present: list[int]) -> int | None:
    """The item that the form names, if it stands in this showcase."""
    text = request.POST.get("item", "")
    item = int(text) if text.isascii() and text.isdigit() and len(text) < 18 else 0
    return item if item in present else None


def _moved(order: list[int], item: int, to: str) -> list[int]:
    place = order.index(item)
    other = max(0, place - 1) if to == "up" else min(len(order) - 1, place + 1)
    order[place], order[other] = order[other], order[place]
    return order


def _page(
    request: HttpRequest, session: Any, *, status: int = 200, refusal: str = ""
) -> HttpResponse:
    now = clock.now()
    shelf = queries.desk_items(session, now=now)
    page = cards_page(_candidates(request, session), number=request.GET.get("page"))
    context = {
        "session": session,
        "shelf": shelf,
        "page": page,
        "found": page.object_list,
        "there": {item.product_id for item in shelf},
        "refusal": refusal,
    }
    return render(request, "web/live/goods.html", context, status=status)


def _candidates(request: HttpRequest, session: Any) -> QuerySet[Any]:
    """One's own goods; with words, everything on sale whose name or county has them."""
    words = request.GET.get("q", "").strip()[:60]
    on_sale = goods.products_on_sale()
    if words:
        return goods.search(on_sale, words).order_by("-listed_at", "-pk")
    mine = on_sale.filter(merchant__in=people.merchant_ids(request.user))
    ours = goods.in_pool(on_sale.filter(county=session.county_id))
    return (mine if mine.exists() else ours).order_by("-listed_at", "-pk")
