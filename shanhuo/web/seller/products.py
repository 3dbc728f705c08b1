"""A seller's products: the list, one sheet each, the text, the way on sale and into the pool."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from shanhuo.goods import listing, queries
from shanhuo.goods import services as goods
from shanhuo.goods.choices import ExitReason
from shanhuo.kernel import clock, idempotency, sheets
from shanhuo.kernel.errors import Refusal
from shanhuo.people.actors import actor_of
from shanhuo.people.queries import merchants_of
from shanhuo.web.downloads import workbook
from shanhuo.web.forms import form_page
from shanhuo.web.seller.forms import ListForm, NominationForm, PhotoForm, ProductForm

ROWS = 20


@require_safe
def products(request: HttpRequest) -> HttpResponse:
    """All products of the seller's shops, drafts first found."""
    form = ListForm(request.GET)
    found = _found(request, form)
    page = Paginator(found, ROWS).get_page(request.GET.get("page"))
    rows = queries.cards(
        found[max(page.start_index() - 1, 0) : page.end_index()], day=clock.today()
    )
    context = {"form": form, "page": page, "cards": rows, "is_filtered": bool(form.asked())}
    return render(request, "web/seller/products.html", context)


@require_safe
def products_export(request: HttpRequest) -> HttpResponse:
    """The same list as a workbook, one row for each size."""
    headings = [
        _("Product"),
        _("State"),
        _("Size"),
        _("Grams per unit"),
        _("Price (yuan)"),
        _("Farm gate (yuan)"),
        _("Units in stock"),
        _("Promised to unpaid orders"),
    ]
    found = _found(request, ListForm(request.GET))
    rows = (
        [
            sku.product.title,
            str(sku.product.get_status_display()),
            sku.name,
            sku.grams_per_unit,
            sku.price_fen / 100,
            sku.farm_gate_fen / 100,
            sku.stock_count,
            sku.held_count,
        ]
        for sku in queries.skus_of(found)[: sheets.MOST_ROWS]
    )
    return workbook(_("Products"), headings, rows)


@require_http_methods(["GET", "HEAD", "POST"])
def product_new(request: HttpRequest) -> HttpResponse:
    """A new draft."""
    merchant = _chosen_merchant(request)
    brands = listing.brands_usable_by(merchant.pk, county_id=merchant.county_id)
    form = ProductForm(request.POST or None, brands=brands)
    if form.is_valid():
        return redirect("seller:product", _create_once(request, merchant, form))
    return form_page(
        request,
        "web/seller/product_form.html",
        form,
        merchant=merchant,
        merchants=merchants_of(request.user),
    )


@require_http_methods(["GET", "HEAD", "POST"])
def product_edit(request: HttpRequest, public_id: str) -> HttpResponse:
    """Change the text."""
    product = _mine(request, public_id)
    brands = listing.brands_usable_by(product.merchant_id, county_id=product.county_id)
    form = ProductForm(request.POST or None, brands=brands, initial=ProductForm.initial_of(product))
    if form.is_valid():
        try:
            goods.edit_product(product_id=product.pk, details=form.details())
        except Refusal as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("Saved."))
            return redirect("seller:product", public_id)
    return form_page(request, "web/seller/product_form.html", form, product=product)


@require_safe
def product(request: HttpRequest, public_id: str) -> HttpResponse:
    """One product's sheet: what is missing, photos, sizes, lots, the pool."""
    found = _mine(request, public_id)
    context = {
        "product": found,
        "gaps": listing.gaps_of(found, day=clock.today()),
        "photos": queries.photos_of(found),
        "photo_form": PhotoForm(),
        "skus": found.skus.order_by("-is_active", "grams_per_unit", "pk"),
        "lots": found.lots.order_by("-created_at"),
        "entry": queries.pool_entries_visible_to(request.user)
        .filter(product=found)
        .order_by("-nominated_at")
        .first(),
        "nomination": NominationForm(),
        "today": clock.today(),
    }
    return render(request, "web/seller/product.html", context)


@require_POST
def product_list(request: HttpRequest, public_id: str) -> HttpResponse:
    """Put it on sale; what is missing is told on the sheet."""
    found = _mine(request, public_id)
    try:
        goods.list_product(product_id=found.pk, now=clock.now())
    except goods.NotReady as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("It is on sale now."))
    return redirect("seller:product", public_id)


@require_POST
def product_unlist(request: HttpRequest, public_id: str) -> HttpResponse:
    found = _mine(request, public_id)
    goods.unlist_product(product_id=found.pk, actor=actor_of(request), now=clock.now())
    messages.success(request, _("It is off sale. Orders that were placed stay valid."))
    return redirect("seller:product", public_id)


@require_POST
def product_nominate(request: HttpRequest, public_id: str) -> HttpResponse:
    """Propose it for the county's pool."""
    found = _mine(request, public_id)
    form = NominationForm(request.POST)
    if form.is_valid():
        goods.nominate_product(
            product_id=found.pk, actor_id=actor_of(request).pk, now=clock.now(), **form.cleaned_data
        )
        messages.success(request, _("Your county office will check it."))
    else:
        messages.error(request, _("Write why it deserves a place."))
    return redirect("seller:product", public_id)


@require_POST
def product_leave_pool(request: HttpRequest, public_id: str) -> HttpResponse:
    """Ask for the exit of one's own product."""
    found = _mine(request, public_id)
    entry = get_object_or_404(
        queries.pool_entries_visible_to(request.user), product=found, status="admitted"
    )
    goods.exit_pool(
        entry_id=entry.pk,
        actor=actor_of(request),
        reason=ExitReason.WISH,
        note="",
        now=clock.now(),
    )
    messages.success(request, _("It has left the pool."))
    return redirect("seller:product", public_id)


def _create_once(request: HttpRequest, merchant: Any, form: ProductForm) -> str:
    """The new product's public id; a form that is sent twice makes one product."""

    def create() -> str:
        product = goods.create_product(
            merchant_id=merchant.pk,
            county_id=merchant.county_id,
            details=form.details(),
            now=clock.now(),
        )
        return str(product.public_id)

    key = request.POST.get("key")
    if not key:
        return create()
    typed = request.POST.copy()
    typed.pop("csrfmiddlewaretoken", None)
    answer: str = idempotency.run(
        owner=actor_of(request).public_id,
        scope="goods.product",
        key=key,
        body=typed.urlencode().encode(),
        now=clock.now(),
        act=create,
    )
    return answer


def _mine(request: HttpRequest, public_id: str) -> queries.AnyProduct:
    return get_object_or_404(queries.products_editable_by(request.user), public_id=public_id)


def _found(request: HttpRequest, form: ListForm) -> QuerySet[Any]:
    asked = form.asked()
    found = queries.search(queries.products_editable_by(request.user), asked.get("q", ""))
    if "status" in asked:
        found = found.filter(status=asked["status"])
    return found.order_by("-created_at", "-pk")


def _chosen_merchant(request: HttpRequest) -> Any:
    """The shop named in the address, or the first; one without a county cannot list goods."""
    mine = merchants_of(request.user).exclude(county=None)
    chosen = request.GET.get("shop")
    merchant = mine.filter(public_id=chosen).first() if chosen else mine.first()
    if merchant is None:
        raise Http404
    return merchant
