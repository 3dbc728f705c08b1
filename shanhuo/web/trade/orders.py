"""A buyer's order: page, receipt; taking it back, saying that it arrived."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from shanhuo.kernel import clock
from shanhuo.orders import queries, rules, services
from shanhuo.orders.choices import RefundReason
from shanhuo.people.actors import actor_of


@require_safe
def order(request: HttpRequest, public_id: str) -> HttpResponse:
    found = own_order(request, public_id)
    return render(request, "web/trade/order.html", order_context(found))


@require_safe
def receipt(request: HttpRequest, public_id: str) -> HttpResponse:
    """Where the money of this order goes."""
    found = own_order(request, public_id)
    if found.paid_at is None:
        raise Http404
    return render(request, "web/trade/receipt.html", {"receipt": queries.receipt_of(found)})


@require_POST
def receive(request: HttpRequest, public_id: str) -> HttpResponse:
    """The buyer has the goods."""
    found = own_order(request, public_id)
    services.receive(order_id=found.pk, actor=actor_of(request), now=clock.now())
    return redirect("trade:order", public_id=public_id)


@require_POST
def take_back(request: HttpRequest, public_id: str) -> HttpResponse:
    """The buyer takes units back that were not shipped yet: `units_<sku>`, or all of them."""
    found = own_order(request, public_id)
    services.refund_unshipped(
        order_id=found.pk,
        quantities=units_in(request, found),
        reason=RefundReason.CHANGED_MIND,
        actor=actor_of(request),
        now=clock.now(),
    )
    return redirect("trade:order", public_id=public_id)


def own_order(request: HttpRequest, public_id: str) -> Any:
    """The user's order of this id. Raises Http404."""
    found = queries.orders_of_buyer(request.user).filter(public_id=public_id).first()
    if not rules.is_buyer(request.user, found):
        raise Http404
    return found


def order_context(found: Any) -> dict[str, Any]:
    """What an order's page shows, to its buyer and to its seller."""
    return {
        "order": found,
        "lines": list(found.lines.all()),
        "steps": list(found.steps.order_by("pk")),
        "shipments": list(found.shipments.prefetch_related("lines__line").order_by("pk")),
        "refunds": list(found.refunds.prefetch_related("lines__line").order_by("pk")),
    }


def units_in(request: HttpRequest, found: Any) -> dict[int, int] | None:
    """Line id -> units as typed; None when the form names none, which means all."""
    if "all" in request.POST:
        return None
    typed = {
        line.pk: request.POST.get(f"units_{line.sku.public_id}", "0").strip()
        for line in found.lines.all()
    }
    return {
        line_id: int(text) if text.isascii() and text.isdigit() and len(text) <= 6 else -1
        for line_id, text in typed.items()
        if text not in ("", "0")
    }
