"""What brought a buyer: the post they came from, and the creator who made it."""

from django.http import HttpRequest

from shanhuo.content import queries as content
from shanhuo.orders.services import Source
from shanhuo.traffic.kinds import ObjectKind
from shanhuo.traffic.sheets import NotASheet
from shanhuo.web.viewers import own_slot


def source_of(request: HttpRequest, *, product_public_id: str) -> Source:
    """The post named in the form (`via_post`) counts if it is public and shows this product.

    `via_sheet` and `via_slot` say where it was shown; they count if it was, and to this viewer.
    """
    public_id = request.POST.get("via_post", "")
    if not public_id:
        return Source()
    posts = content.published_posts().filter(
        public_id=public_id, product__public_id=product_public_id
    )
    post = posts.first()
    if post is None:
        return Source()
    organisation = post.organisation
    earns = organisation is not None and organisation.kind == "creator"
    return Source(
        creator_id=organisation.pk if organisation and earns else None,
        post=public_id,
        exposure=_exposure(request, post_id=post.pk),
    )


def _exposure(request: HttpRequest, *, post_id: int) -> str:
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
    if (shown["object_kind"], shown["object"]) != (ObjectKind.POST, post_id):
        return ""
    return f"{sheet.id:x}.{slot}"
