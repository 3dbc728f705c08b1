"""Coupons for buyers: take one where it is offered, and one's own."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from shanhuo.kernel import clock
from shanhuo.kernel.errors import Refusal
from shanhuo.orders import queries, services
from shanhuo.people.actors import actor_of
from shanhuo.web.account.addresses import own_path
from shanhuo.web.trade.basket import refuse_minors

ON_A_PAGE = 20


@require_safe
def mine(request: HttpRequest) -> HttpResponse:
    """What the reader has: what can be used first."""
    page = Paginator(queries.coupons_of(actor_of(request)), ON_A_PAGE).get_page(
        request.GET.get("page")
    )
    return render(request, "web/trade/coupons.html", {"page": page, "now": clock.now()})


@require_POST
def take(request: HttpRequest, public_id: str) -> HttpResponse:
    """The button; needs no script. Leads back to `next`, where it stood."""
    refuse_minors(request)
    batch = get_object_or_404(queries.coupons_in_public(now=clock.now()), public_id=public_id)
    try:
        services.take_coupon(batch_id=batch.pk, by=actor_of(request), now=clock.now())
    except Refusal as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("The coupon is yours. The checkout uses it by itself."))
    return redirect(own_path(request.POST.get("next", "")) or reverse("trade:coupons"))


def coupons_of_product(request: HttpRequest, product: Any) -> list[queries.CouponView]:
    """What can be taken for a product, for its page."""
    batches = queries.coupons_of_product(product.pk, product.merchant_id, now=clock.now())
    return queries.coupon_views(batches, user=request.user)
