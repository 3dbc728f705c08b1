"""Coupons at the seller's desk, and at the operator's where the platform bears a part."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from shanhuo.goods import queries as goods
from shanhuo.kernel import clock
from shanhuo.kernel.errors import Refusal
from shanhuo.kernel.sheets import at, yuan
from shanhuo.live import queries as live
from shanhuo.live.services import showcase
from shanhuo.orders import queries, services
from shanhuo.orders.choices import CouponState
from shanhuo.people import queries as people
from shanhuo.people.actors import actor_of
from shanhuo.web.desks import Todo
from shanhuo.web.forms import form_page
from shanhuo.web.once import posted_once
from shanhuo.web.trade.forms import CouponForm
from shanhuo.web.trade.lists import ListForm, Sheet, list_page

SHEET = Sheet(
    gettext_lazy("Coupons"),
    [
        (gettext_lazy("Number of the batch"), lambda batch: batch.public_id),
        (gettext_lazy("Merchant"), lambda batch: batch.merchant.name),
        (gettext_lazy("Off (yuan)"), lambda batch: yuan(batch.off_fen)),
        (gettext_lazy("From (yuan)"), lambda batch: yuan(batch.threshold_fen)),
        (gettext_lazy("Platform bears (%)"), lambda batch: yuan(batch.platform_basis_points)),
        (
            gettext_lazy("Only for"),
            lambda batch: "、".join(product.title for product in batch.products.all()),
        ),
        (gettext_lazy("Only in session"), lambda batch: batch.session),
        (gettext_lazy("Coupons"), lambda batch: batch.stock_count),
        (gettext_lazy("Coupons for one person at most"), lambda batch: batch.per_person),
        (gettext_lazy("Opens"), lambda batch: at(batch.opens_at)),
        (gettext_lazy("Closes"), lambda batch: at(batch.closes_at)),
        (gettext_lazy("To be used by"), lambda batch: at(batch.use_by)),
        (gettext_lazy("State"), lambda batch: str(batch.state.label)),
        (gettext_lazy("Coupons taken"), lambda batch: batch.stock_count - batch.left_count),
        (gettext_lazy("In orders"), lambda batch: batch.used_count),
        (gettext_lazy("In paid orders"), lambda batch: batch.paid_count),
        (gettext_lazy("Taken off paid orders (yuan)"), lambda batch: yuan(batch.paid_off_fen)),
    ],
)


@require_safe
def coupons(request: HttpRequest) -> HttpResponse:
    """The merchants' batches, the latest first."""
    return _list(request, "web/trade/sell_coupons.html", queries.batches_of_merchants(request.user))


@require_http_methods(["GET", "HEAD", "POST"])
def coupon_new(request: HttpRequest) -> HttpResponse:
    """Offer coupons."""
    form = CouponForm(
        request.POST or None,
        merchants=people.merchants_of(request.user),
        products=goods.products_editable_by(request.user).filter(status="listed"),
        sessions=live.sessions_directed_by(request.user).filter(status__in=showcase.PLANNED),
    )
    if form.is_valid():
        try:
            return redirect("trade:sell_coupon", _offer_once(request, form))
        except Refusal as refusal:
            form.add_error(None, str(refusal))
    return form_page(request, "web/trade/sell_coupon_new.html", form)


@require_safe
def coupon(request: HttpRequest, public_id: str) -> HttpResponse:
    """One batch and what came of it."""
    batch = _batch(request, public_id)
    _put_states([batch])
    return render(request, "web/trade/sell_coupon.html", {"batch": batch})


@require_POST
def coupon_stop(request: HttpRequest, public_id: str) -> HttpResponse:
    """Give out no more."""
    batch = _batch(request, public_id)
    if services.stop_coupons(batch_id=batch.pk, actor=actor_of(request), now=clock.now()):
        messages.success(request, _("No more are given out. What people have stays good."))
    return redirect("trade:sell_coupon", public_id)


@require_safe
def ops_coupons(request: HttpRequest) -> HttpResponse:
    """Batches of which the platform bears a part; those that wait for its word say so."""
    return _list(request, "web/trade/ops_coupons.html", queries.batches_of_platform())


@require_POST
def ops_coupon(request: HttpRequest, public_id: str) -> HttpResponse:
    """`deed`: agree to bear the platform's part, or stop the batch."""
    batch = get_object_or_404(queries.batches_of_platform(), public_id=public_id)
    deeds = {"agree": services.agree_to_coupons, "stop": services.stop_coupons}
    deed = deeds.get(request.POST.get("deed", ""))
    if deed is None:
        raise Http404
    deed(batch_id=batch.pk, actor=actor_of(request), now=clock.now())
    return redirect("trade:ops_coupons")


def todos() -> list[Todo]:
    """What waits for an operator."""
    waiting = queries.batches_to_agree_to(now=clock.now())
    link = f"/ops/coupons?state={CouponState.WAITING}"
    return [Todo(waiting, _("Coupons that the platform shall pay for"), link, "coupon")]


def _list(request: HttpRequest, template: str, batches: Any) -> HttpResponse:
    form = ListForm(request.GET, states=CouponState.choices, hint=_("Merchant, product or number"))
    asked = form.asked()
    found = queries.find_batches(
        batches, now=clock.now(), q=asked.get("q", ""), state=asked.get("state", "")
    )
    found = form.in_days(found, "opens_at")
    return list_page(request, template, found, form=form, sheet=SHEET, put=_put_states)


def _offer_once(request: HttpRequest, form: CouponForm) -> str:
    """The new batch's public id; a form that is sent twice makes one batch."""
    actor = actor_of(request)

    def act() -> str:
        return str(services.offer_coupons(actor=actor, now=clock.now(), **form.terms()).public_id)

    return posted_once(request, form, scope="orders.coupons", act=act)


def _put_states(batches: Any) -> None:
    for one in batches:
        one.state = one.state_at(clock.now())


def _batch(request: HttpRequest, public_id: str) -> Any:
    return get_object_or_404(queries.batches_of_merchants(request.user), public_id=public_id)
