"""What brought the buyer, carried from the page of a product to what is bought there."""

from django.http import HttpRequest

from shanhuo.orders.services import Source
from shanhuo.traffic.attribution import source_of
from shanhuo.web.viewers import viewer_of

_NAMES = ("post", "sheet", "slot", "session")


def way_here(request: HttpRequest) -> dict[str, str]:
    """The post, sheet, slot and session that the form names, or else the address."""
    said = {name: request.POST.get(f"via_{name}") or request.GET.get(name) for name in _NAMES}
    return {name: value for name, value in said.items() if value}


def source_in(request: HttpRequest, product: str) -> Source:
    """What brought the buyer to a product (public id), as far as it can be believed."""
    way = way_here(request)
    return source_of(
        product=product,
        post=way.get("post", ""),
        sheet=way.get("sheet", ""),
        slot=way.get("slot", ""),
        viewer=viewer_of(request).key,
        session=way.get("session", ""),
    )
