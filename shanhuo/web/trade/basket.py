"""The basket: look, put in, change, take out."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from shanhuo.goods import queries as goods
from shanhuo.kernel import clock
from shanhuo.orders import queries, services
from shanhuo.people.actors import actor_of
from shanhuo.web import shell
from shanhuo.web.refusals import is_htmx
from shanhuo.web.trade.sources import source_in


@require_safe
def basket(request: HttpRequest) -> HttpResponse:
    view = queries.checkout_view(buyer=actor_of(request), now=clock.now())
    return render(request, "web/trade/basket.html", {"basket": view})


@require_POST
def add(request: HttpRequest) -> HttpResponse:
    """From a product page: `then=checkout` buys at once, otherwise the basket is shown."""
    refuse_minors(request)
    sku_id, product_public_id = _sku(request)
    services.add_to_basket(
        buyer=actor_of(request),
        sku_id=sku_id,
        quantity=_quantity(request),
        now=clock.now(),
        source=source_in(request, product_public_id),
    )
    if request.POST.get("then") == "checkout":
        return redirect(f"/checkout?{urlencode({'sku': request.POST['sku']})}")
    return redirect("trade:basket")


@require_POST
def change(request: HttpRequest) -> HttpResponse:
    """htmx: answers with the fragment that replaces #basket."""
    sku_id, _product = _sku(request)
    if request.POST.get("quantity") == "0":
        services.take_out(buyer=actor_of(request), sku_id=sku_id)
    else:
        services.set_quantity(
            buyer=actor_of(request),
            sku_id=sku_id,
            quantity=_quantity(request),
            now=clock.now(),
        )
    if not is_htmx(request):
        return redirect("trade:basket")
    view = queries.checkout_view(buyer=actor_of(request), now=clock.now())
    return render(request, "web/trade/_basket.html", {"basket": view})


def refuse_minors(request: HttpRequest) -> None:
    """Raises YouthModeIsOn where the browser is in youth mode."""
    if shell.read(request).youth:
        raise shell.YouthModeIsOn


def _sku(request: HttpRequest) -> tuple[int, str]:
    """Id of the SKU and public id of its product. Raises Http404."""
    found = goods.sku_ids(request.POST.get("sku", ""))
    if found is None:
        raise Http404(_("This is not for sale."))
    return found


def _quantity(request: HttpRequest) -> int:
    """Digits as a keyboard types them; anything else is refused by the service."""
    text = request.POST.get("quantity", "1").strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 6 else 0
