"""From the basket to the payment company, and back."""

import ipaddress
from contextlib import suppress
from typing import Any

import segno
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from shanhuo.kernel import clock
from shanhuo.kernel.errors import Refusal
from shanhuo.orders import queries, services
from shanhuo.people.actors import actor_of
from shanhuo.web.trade.basket import refuse_minors

LARGEST_NOTICE_BYTES = 64 * 1024


@require_safe
def checkout(request: HttpRequest) -> HttpResponse:
    """What will be ordered, where it goes, what it costs; `?sku=` picks some of the basket,
    `?coupon=` the coupons."""
    refuse_minors(request)
    return render(request, "web/trade/checkout.html", _checkout_context(request, request.GET))


@require_POST
def place(request: HttpRequest) -> HttpResponse:
    """Order what the page showed. A refusal shows the page again, with the prices of now."""
    refuse_minors(request)
    try:
        placed = services.place_order(
            buyer=actor_of(request),
            address=request.POST.get("address", ""),
            wanted=_wanted(request),
            total_seen_fen=whole_number(request.POST.get("total_seen_fen", "")),
            key=request.POST.get("key", ""),
            now=clock.now(),
            coupons=_coupons(request.POST) or [],
        )
    except Refusal as refusal:
        context = {**_checkout_context(request, request.POST), "refusal": str(refusal)}
        return render(request, "web/trade/checkout.html", context, status=refusal.status)
    return redirect("trade:payment", public_id=placed.payment)


@require_safe
def payment(request: HttpRequest, public_id: str) -> HttpResponse:
    """A checkout that waits for its payment, or is through. The buyer comes back to this page.

    Coming back proves nothing: we ask the company.
    """
    found = _payment(request, public_id)
    if found.status == "waiting" and found.handed_over_at:
        with suppress(services.CompanyUnreachable):
            services.ask_back(payment_id=found.pk, now=clock.now())
        found = _payment(request, public_id)
    context = {"payment": found, "orders": list(found.orders.all())}
    template = "_payment_state.html" if request.GET.get("part") == "state" else "payment.html"
    return render(request, f"web/trade/{template}", context)


@require_safe
def pay(request: HttpRequest, public_id: str) -> HttpResponse:
    """Send the buyer to the payment company. A link, so that the content policy lets it leave."""
    refuse_minors(request)
    found = _payment(request, public_id)
    titles = [line.title for order in found.orders.all() for line in order.lines.all()]
    place_to_pay = services.hand_over(
        payment=found,
        description="、".join(titles)[:60],
        client_address=_client_address(request),
        on_phone="Mobile" in request.headers.get("User-Agent", ""),
        now=clock.now(),
    )
    browser = request.headers.get("User-Agent", "")
    if place_to_pay.closed_to and place_to_pay.closed_to in browser:
        context = {"payment": found, "address": place_to_pay.address}
        return render(request, "web/trade/pay_elsewhere.html", context)
    if not place_to_pay.as_code:
        return redirect(place_to_pay.address)
    picture = segno.make(place_to_pay.address, error="m").svg_inline(scale=6, border=2)
    context = {"payment": found, "code": mark_safe(picture)}  # noqa: S308 (drawn by us)
    return render(request, "web/trade/pay_code.html", context)


@require_POST
def cancel(request: HttpRequest, public_id: str) -> HttpResponse:
    """Give an unpaid checkout up."""
    found = _payment(request, public_id)
    if not services.cancel_unpaid(payment_id=found.pk, actor=actor_of(request), now=clock.now()):
        raise services.PaymentOver
    return redirect("trade:payment", public_id=public_id)


@csrf_exempt
@require_POST
def notice(request: HttpRequest, company: str) -> HttpResponse:
    """A payment company tells us something. Only its signature counts, not who calls."""
    body = request.body
    if len(body) > LARGEST_NOTICE_BYTES:
        return HttpResponse(status=413)
    headers = {name.lower(): value for name, value in request.headers.items()}
    try:
        accepted = services.read_notice(
            company_name=company, headers=headers, body=body, now=clock.now()
        )
    except services.NoticeRefused as refusal:
        return HttpResponse(status=refusal.status)
    return HttpResponse(accepted, content_type="text/plain")


def _checkout_context(request: HttpRequest, chosen: Any) -> dict[str, Any]:
    addresses = queries.address_book(actor_of(request))
    wanted = chosen.get("address", "")
    address = next((one for one in addresses if one.public_id == wanted), None)
    address = address or next(iter(addresses), None)
    only, coupons = chosen.getlist("sku") or None, _coupons(chosen)
    view = queries.checkout_view(
        buyer=actor_of(request),
        now=clock.now(),
        address=address,
        only=only,
        coupons=coupons,
    )
    # An empty name says that there was a choice, and that it was none.
    chosen_coupons = [] if coupons is None else coupons or [""]
    return {
        "checkout": view,
        "addresses": addresses,
        "only": only or [],
        "chosen": chosen_coupons,
    }


def _coupons(chosen: Any) -> list[str] | None:
    """The coupons that were chosen (public ids), perhaps none; None before any choice."""
    return [one for one in chosen.getlist("coupon") if one] if "coupon" in chosen else None


def _wanted(request: HttpRequest) -> list[services.Wanted]:
    """`sku`, `quantity` and `unit_seen_fen` stand once per line, in the same order."""
    skus = request.POST.getlist("sku")
    quantities = request.POST.getlist("quantity")
    seen = request.POST.getlist("unit_seen_fen")
    if not len(skus) == len(quantities) == len(seen):
        raise services.BasketChanged
    return [
        services.Wanted(sku, whole_number(quantity), whole_number(fen))
        for sku, quantity, fen in zip(skus, quantities, seen, strict=True)
    ]


def whole_number(text: str) -> int:
    """What was typed, or −1 for anything that is no plain number of a sane length."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 14 else -1


def _payment(request: HttpRequest, public_id: str) -> Any:
    found = queries.payments_of_buyer(request.user).filter(public_id=public_id).first()
    if found is None:
        raise Http404(_("There is no such order."))
    return found


def _client_address(request: HttpRequest) -> str:
    """As the door saw it; companies want an address even where there is none."""
    address = request.META.get("REMOTE_ADDR", "")
    try:
        return str(ipaddress.ip_address(address))
    except ValueError:
        return "127.0.0.1"
