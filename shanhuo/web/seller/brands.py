"""Brand dossiers, of merchants and of county offices."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from shanhuo.goods import queries
from shanhuo.goods import services as goods
from shanhuo.kernel import clock
from shanhuo.kernel.errors import Refusal
from shanhuo.people.access import Access, may_enter
from shanhuo.people.actors import actor_of
from shanhuo.people.queries import merchants_of, offices_of
from shanhuo.web.forms import form_page
from shanhuo.web.seller.forms import BrandNameForm, DossierForm


@require_safe
def brands(request: HttpRequest) -> HttpResponse:
    found = queries.brands_editable_by(request.user).order_by("name")
    return render(request, "web/seller/brands.html", {"brands": found, **_desk(request)})


@require_http_methods(["GET", "HEAD", "POST"])
def brand_new(request: HttpRequest) -> HttpResponse:
    """A brand of one's shop, or one that the county office keeps for all its merchants."""
    keepers = {keeper.public_id: keeper for keeper in _keepers(request)}
    form = BrandNameForm(
        request.POST or None, keepers=[(key, keeper.name) for key, keeper in keepers.items()]
    )
    if form.is_valid():
        keeper = keepers[form.cleaned_data["keeper"]]
        try:
            brand = goods.create_brand(
                organisation_id=keeper.pk,
                county_id=keeper.county_id,
                name=form.cleaned_data["name"],
                now=clock.now(),
            )
        except Refusal as refusal:
            form.add_error("name", str(refusal))
        else:
            return redirect("seller:brand", brand.public_id)
    return form_page(request, "web/seller/brand_new.html", form, **_desk(request))


@require_http_methods(["GET", "HEAD", "POST"])
def brand(request: HttpRequest, public_id: str) -> HttpResponse:
    """The dossier: its draft to work on, and every version that was published."""
    found = get_object_or_404(queries.brands_editable_by(request.user), public_id=public_id)
    form = DossierForm(request.POST or None, initial=asdict(queries.dossier_in_work(found)))
    if form.is_valid() and _save(request, found, form):
        return redirect("seller:brand", public_id)
    versions = queries.published_versions(found)
    return form_page(
        request, "web/seller/brand.html", form, brand=found, versions=versions, **_desk(request)
    )


def _save(request: HttpRequest, brand: queries.AnyBrand, form: DossierForm) -> bool:
    """Keep the draft, and publish it if that was the button; a refusal is told on the form."""
    goods.save_dossier(brand_id=brand.pk, dossier=form.dossier())
    if request.POST.get("act") != "publish":
        messages.success(request, _("Kept as a draft."))
        return True
    try:
        version = goods.publish_dossier(
            brand_id=brand.pk, actor_id=actor_of(request).pk, now=clock.now()
        )
    except goods.DossierIncomplete as refusal:
        for name in refusal.details["missing"]:
            form.add_error(name, _("Fill this in before you publish."))
        return False
    except Refusal as refusal:
        form.add_error("slogan", str(refusal))
        return False
    messages.success(request, _("Version %(number)d is published.") % {"number": version.number})
    return True


def _keepers(request: HttpRequest) -> Iterator[Any]:
    yield from merchants_of(request.user).exclude(county=None)
    yield from offices_of(request.user)


def _desk(request: HttpRequest) -> dict[str, str]:
    """Officers come here from their own desk."""
    sells = may_enter(request.user, Access.SELLER)
    return {"desk_template": "web/seller/desk.html" if sells else "web/county/desk.html"}
