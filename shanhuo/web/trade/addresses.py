"""The address book."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from shanhuo.kernel import clock
from shanhuo.orders import queries, services
from shanhuo.people.actors import actor_of
from shanhuo.regions import queries as regions
from shanhuo.web.forms import form_page
from shanhuo.web.trade.forms import AddressForm


@require_safe
def addresses(request: HttpRequest) -> HttpResponse:
    found = queries.addresses_of(actor_of(request))
    return render(request, "web/trade/addresses.html", {"addresses": found})


def edit(request: HttpRequest, public_id: str = "") -> HttpResponse:
    """A new address, or a corrected one. `next` leads back to where it was needed."""
    address = _address(request, public_id) if public_id else None
    form = AddressForm(request.POST or None, initial=_initial(address))
    if request.method != "POST" or not form.is_valid():
        return form_page(
            request, "web/trade/address.html", form, address=address, next=_next(request)
        )
    services.keep_address(
        owner=actor_of(request),
        now=clock.now(),
        replaces=public_id,
        **form.address(),
    )
    return redirect(_next(request))


@require_safe
def places(request: HttpRequest) -> HttpResponse:
    """htmx: the options that replace the list #places while a place is typed."""
    found = regions.search_counties(request.GET.get("place", "")[:40], limit=8)
    return render(request, "web/trade/_places.html", {"counties": found})


@require_POST
def remove(request: HttpRequest, public_id: str) -> HttpResponse:
    services.remove_address(owner=actor_of(request), public_id=public_id, now=clock.now())
    return redirect("trade:addresses")


def _address(request: HttpRequest, public_id: str) -> Any:
    found = queries.addresses_of(actor_of(request)).filter(public_id=public_id).first()
    if found is None:
        raise Http404
    return found


def _initial(address: Any) -> dict[str, Any]:
    if address is None:
        return {}
    return {
        "recipient": address.recipient,
        "phone": address.phone,
        "place": address.county.path_name,
        "street": address.street,
        "is_default": address.is_default,
    }


def _next(request: HttpRequest) -> str:
    """Where the reader came from, if it is one of our pages."""
    target = request.POST.get("next") or request.GET.get("next") or "/addresses"
    ours = url_has_allowed_host_and_scheme(
        target, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return target if ours else "/addresses"
