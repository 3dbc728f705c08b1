"""What brought a buyer, as the body of a request names it."""

from django.http import HttpRequest

from shanhuo.api.orders_schemas import WayIn
from shanhuo.orders.services import Source
from shanhuo.people.actors import actor_of
from shanhuo.traffic.attribution import source_of
from shanhuo.traffic.viewers import viewer_of


def source_in(request: HttpRequest, way: WayIn, *, product: str) -> Source:
    """What brought the buyer to a product (public id), as far as it can be believed."""
    return source_of(
        product=product,
        post=way.via_post,
        sheet=way.via_sheet,
        slot=way.via_slot,
        viewer=viewer_of(actor_of(request).viewer_secret).key,
        session=way.via_session,
    )
