"""Lots and their certificates, made to be entered on a phone within a minute."""

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from shanhuo.goods import certificate as certificates
from shanhuo.goods import queries
from shanhuo.goods import services as goods
from shanhuo.kernel import clock, sheets
from shanhuo.kernel.errors import Refusal
from shanhuo.people.actors import actor_of
from shanhuo.web.downloads import workbook
from shanhuo.web.forms import form_page
from shanhuo.web.seller.forms import LotForm

ROWS = 30


@require_safe
def lots(request: HttpRequest) -> HttpResponse:
    """All lots of the seller's shops, with what is still free of each."""
    found = queries.lots_editable_by(request.user).order_by("-created_at", "-pk")
    page = Paginator(found, ROWS).get_page(request.GET.get("page"))
    context = {"page": page, "today": clock.today()}
    return render(request, "web/seller/lots.html", context)


@require_safe
def lots_export(request: HttpRequest) -> HttpResponse:
    """The certificate book (开具记录) as a workbook; it is to be kept for six months."""
    headings = [
        _("Certificate number"),
        _("Lot number"),
        _("Name of the goods"),
        _("Declared (kg)"),
        _("Sold or promised (kg)"),
        _("Origin"),
        _("Promised by"),
        _("Date of issue"),
        _("Harvest begins"),
        _("Sold until"),
        _("State"),
    ]
    found = queries.lots_editable_by(request.user).order_by("-created_at", "-pk")
    rows = (
        [
            lot.certificate_number,
            lot.number,
            lot.goods_name,
            lot.declared_grams / 1000,
            lot.committed_grams / 1000,
            lot.origin,
            lot.promiser,
            lot.issued_on or "",
            lot.harvest_from or "",
            lot.valid_until or "",
            str(lot.get_status_display()),
        ]
        for lot in found[: sheets.MOST_ROWS]
    )
    return workbook(_("Certificates"), headings, rows)


@require_http_methods(["GET", "HEAD", "POST"])
def lot_new(request: HttpRequest, public_id: str) -> HttpResponse:
    """A new lot; the button decides between draft and certificate."""
    product = get_object_or_404(queries.products_editable_by(request.user), public_id=public_id)
    last = product.lots.order_by("-created_at").first()
    form = LotForm(request.POST or None, initial=LotForm.initial_after(product, last))
    if form.is_valid():
        try:
            lot = goods.enter_lot(product_id=product.pk, details=form.details(), now=clock.now())
        except Refusal as refusal:
            form.add_error(None, str(refusal))
        else:
            return _go_on(request, lot)
    return form_page(request, "web/seller/lot_form.html", form, product=product)


@require_http_methods(["GET", "HEAD", "POST"])
def lot_edit(request: HttpRequest, public_id: str) -> HttpResponse:
    """Complete a draft."""
    lot = get_object_or_404(
        queries.lots_editable_by(request.user), public_id=public_id, status="draft"
    )
    form = LotForm(request.POST or None, initial=LotForm.initial_of(lot))
    if form.is_valid():
        try:
            lot = goods.edit_lot(lot_id=lot.pk, details=form.details())
        except Refusal as refusal:
            form.add_error(None, str(refusal))
        else:
            return _go_on(request, lot)
    return form_page(request, "web/seller/lot_form.html", form, product=lot.product, lot=lot)


def _go_on(request: HttpRequest, lot: queries.AnyLot) -> HttpResponse:
    """Issue the certificate if that was the button; a draft stays where it can be completed."""
    if request.POST.get("act") != "certify":
        messages.success(request, _("Kept as a draft."))
        return redirect("seller:product", lot.product.public_id)
    try:
        goods.certify_lot(lot_id=lot.pk, actor_id=actor_of(request).pk, now=clock.now())
    except Refusal as refusal:
        messages.error(request, str(refusal))
        return redirect("seller:lot_edit", lot.public_id)
    messages.success(request, _("The certificate is issued."))
    return redirect("seller:certificate", lot.public_id)


@require_safe
def certificate(request: HttpRequest, public_id: str) -> HttpResponse:
    """The merchant's own print, with the whole telephone number, and the orders of the lot."""
    found = queries.lots_editable_by(request.user).exclude(status="draft")
    lot = get_object_or_404(found, public_id=public_id)
    sheet = certificates.sheet_of(lot, origin=f"{settings.PUBLIC_ORIGIN}/", full_contact=True)
    context = {"sheet": sheet, "lot": lot, "reach": queries.reach_of(lot)}
    return render(request, "web/seller/certificate.html", context)


@require_POST
def lot_withdraw(request: HttpRequest, public_id: str) -> HttpResponse:
    """Stop selling a lot; a draft is thrown away."""
    lot = get_object_or_404(queries.lots_editable_by(request.user), public_id=public_id)
    goods.withdraw_lot(lot_id=lot.pk, actor=actor_of(request), now=clock.now())
    messages.success(request, _("The lot is withdrawn. Nothing more of it is sold."))
    return redirect("seller:product", lot.product.public_id)
