"""Sizes, prices, stock and photos of a product."""

from django.contrib import messages
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from shanhuo.goods import queries
from shanhuo.goods import services as goods
from shanhuo.kernel import clock
from shanhuo.kernel.errors import Refusal
from shanhuo.people.actors import actor_of
from shanhuo.web.forms import form_page
from shanhuo.web.seller.forms import PriceForm, SkuForm, SkuNameForm, StockForm


@require_http_methods(["GET", "HEAD", "POST"])
def sku_new(request: HttpRequest, public_id: str) -> HttpResponse:
    """A new size with its price chain."""
    product = get_object_or_404(queries.products_editable_by(request.user), public_id=public_id)
    form = SkuForm(request.POST or None)
    if form.is_valid():
        try:
            goods.add_sku(
                product_id=product.pk,
                name=form.cleaned_data["name"],
                grams_per_unit=form.cleaned_data["grams_per_unit"],
                stock_count=form.cleaned_data["stock_count"],
                chain=form.chain(),
                actor_id=actor_of(request).pk,
                now=clock.now(),
            )
        except Refusal as refusal:
            form.add_error(None, str(refusal))
        else:
            return redirect("seller:product", public_id)
    return form_page(request, "web/seller/sku_form.html", form, product=product)


@require_http_methods(["GET", "HEAD", "POST"])
def sku(request: HttpRequest, public_id: str) -> HttpResponse:
    """One size: name, stock, price and the prices it had. `what` names the form that was sent."""
    found = get_object_or_404(queries.skus_editable_by(request.user), public_id=public_id)
    what = request.POST.get("what")
    forms: dict[str | None, Form] = {
        "name": SkuNameForm(
            request.POST if what == "name" else None,
            initial={"name": found.name, "is_active": found.is_active},
        ),
        "stock": StockForm(
            request.POST if what == "stock" else None,
            initial={"stock_count": found.stock_count, "seen_count": found.stock_count},
        ),
        "price": PriceForm(
            request.POST if what == "price" else None, initial=PriceForm.initial_of(found)
        ),
    }
    if what in forms and forms[what].is_valid() and _save(request, found, forms[what]):
        messages.success(request, _("Saved."))
        return redirect("seller:sku", public_id)
    context = {"sku": found, "forms": forms, "prices": found.prices.all()[:20]}
    status = 422 if what in forms else 200
    return render(request, "web/seller/sku.html", context, status=status)


def _save(request: HttpRequest, sku: queries.AnySku, form: Form) -> bool:
    """Whether the service took it; if not, the form says why."""
    try:
        if isinstance(form, SkuNameForm):
            goods.rename_sku(sku_id=sku.pk, **form.cleaned_data)
        elif isinstance(form, StockForm):
            goods.set_stock(
                sku_id=sku.pk, actor=actor_of(request), now=clock.now(), **form.cleaned_data
            )
        elif isinstance(form, PriceForm):
            goods.set_price(
                sku_id=sku.pk, chain=form.chain(), actor_id=actor_of(request).pk, now=clock.now()
            )
    except Refusal as refusal:
        form.add_error(None, str(refusal))
        return False
    return True


@require_POST
def photo_add(request: HttpRequest, public_id: str) -> HttpResponse:
    """Take pictures in, one by one; the first that is refused is told, the others stay."""
    product = get_object_or_404(queries.products_editable_by(request.user), public_id=public_id)
    files = request.FILES.getlist("photo")
    if not files:
        messages.error(request, _("Choose a photo first."))
    try:
        for file in files:
            goods.add_photo(product_id=product.pk, file=file)
    except Refusal as refusal:
        messages.error(request, str(refusal))
    return redirect("seller:product", public_id)


@require_POST
def photo_change(request: HttpRequest, public_id: str, name: str) -> HttpResponse:
    """Make it the cover, or remove it."""
    product = get_object_or_404(queries.products_editable_by(request.user), public_id=public_id)
    photo = get_object_or_404(product.photos, name=name)
    if request.POST.get("act") == "remove":
        goods.remove_photo(product_id=product.pk, name=photo.name)
    else:
        goods.make_cover(product_id=product.pk, name=photo.name)
    return redirect("seller:product", public_id)
