"""What brought a buyer: the post they came from, its creator, and where it was shown."""

from django.http import HttpRequest

from shanhuo.content import queries as content
from shanhuo.goods import queries as goods
from shanhuo.orders.services import Source
from shanhuo.traffic.kinds import ObjectKind
from shanhuo.traffic.sheets import NotASheet
from shanhuo.web.viewers import own_slot


def source_of(request: HttpRequest, *, product_public_id: str) -> Source:
    """The post named in the form (`via_post`) counts if it is public and shows this product.

    `via_sheet` and `via_slot` say where it, or without one the product, was shown; they count if it
    was, and to this viewer.
    """
    post = (
        content.published_posts()
        .filter(public_id=request.POST.get("via_post", ""), product__public_id=product_public_id)
        .first()
    )
    if post is None:
        return Source(exposure=_exposure_of_product(request, product_public_id))
    organisation = post.organisation
    earns = organisation is not None and organisation.kind == "creator"
    return Source(
        creator_id=organisation.pk if organisation and earns else None,
        post=post.public_id,
        exposure=_exposure(request, ObjectKind.POST, post.pk),
    )


def _exposure_of_product(request: HttpRequest, public_id: str) -> str:
    product = goods.products_on_sale().filter(public_id=public_id).first()
    return _exposure(request, ObjectKind.PRODUCT, product.pk) if product else ""


def _exposure(request: HttpRequest, kind: ObjectKind, pk: int) -> str:
    """`sheet.slot`, as the signal log knows what was shown; empty if nothing proves it.

    A buyer who signed in on the way is another viewer by now: the post still counts.
    """
    try:
        sheet, slot = own_slot(
            request,
            token=request.POST.get("via_sheet", ""),
            slot=request.POST.get("via_slot", ""),
        )
    except NotASheet:
        return ""
    shown = sheet.slots[slot]
    if (shown["object_kind"], shown["object"]) != (kind, pk):
        return ""
    return f"{sheet.id:x}.{slot}"
