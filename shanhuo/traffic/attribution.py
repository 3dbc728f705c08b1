"""What brought a buyer: the post or the session they came from, its creators, and where it was
shown (归因).

Pages and API both decide it here, so that a program earns a creator neither more nor less.
"""

from typing import TYPE_CHECKING

from shanhuo.content import queries as content
from shanhuo.goods import queries as goods
from shanhuo.live import queries as live
from shanhuo.orders.services import Source
from shanhuo.traffic.kinds import ObjectKind
from shanhuo.traffic.sheets import NotASheet, unseal_own

if TYPE_CHECKING:
    from shanhuo.content.models import Post


def source_of(
    *, product: str, post: str, sheet: str, slot: str | int, viewer: int, session: str = ""
) -> Source:
    """`post` (public id) counts if it is public and shows this product (public id).

    sheet, slot: where it, or the session, or without one the product, was shown; they count if it
    was, and to this viewer. session: public id of a live session; it counts, before a post, if it
    has been on air with this product in its showcase.
    """
    credit = live.credit_of(session, product=product) if session else None
    if credit is not None:
        return Source(
            creator_id=credit.lead_id,
            session=session,
            credit=credit.creators,
            exposure=_exposure(
                ObjectKind.SESSION, credit.session_id, sheet=sheet, slot=slot, viewer=viewer
            )
            or _exposure_of_product(product, sheet=sheet, slot=slot, viewer=viewer),
        )
    found = _post_that_shows(product, public_id=post) if post else None
    if found is None:
        return Source(exposure=_exposure_of_product(product, sheet=sheet, slot=slot, viewer=viewer))
    organisation = found.organisation
    earns = organisation is not None and organisation.kind == "creator"
    return Source(
        creator_id=organisation.pk if organisation and earns else None,
        post=post,
        exposure=_exposure(ObjectKind.POST, found.pk, sheet=sheet, slot=slot, viewer=viewer),
    )


def _post_that_shows(product: str, *, public_id: str) -> "Post | None":
    shown = content.published_posts().filter(public_id=public_id, product__public_id=product)
    return shown.first()


def _exposure_of_product(public_id: str, *, sheet: str, slot: str | int, viewer: int) -> str:
    if not sheet:
        return ""
    product = goods.products_on_sale().filter(public_id=public_id).first()
    if product is None:
        return ""
    return _exposure(ObjectKind.PRODUCT, product.pk, sheet=sheet, slot=slot, viewer=viewer)


def _exposure(kind: ObjectKind, pk: int, *, sheet: str, slot: str | int, viewer: int) -> str:
    """`sheet.slot`, as the signal log knows what was shown; empty if nothing proves it.

    A buyer who signed in on the way is another viewer by now: the post still counts.
    """
    try:
        shown_on, number = unseal_own(sheet, slot, viewer=viewer)
    except NotASheet:
        return ""
    shown = shown_on.slots[number]
    if (shown["object_kind"], shown["object"]) != (kind, pk):
        return ""
    return f"{shown_on.id:x}.{number}"
