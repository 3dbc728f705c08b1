"""What brought a buyer: the post they came from, and the creator who made it."""

from django.http import HttpRequest

from shanhuo.content import queries as content
from shanhuo.orders.services import Source

LONGEST_SLOT = 80


def source_of(request: HttpRequest, *, product_public_id: str) -> Source:
    """The post named in the form (`via_post`) counts if it is public and shows this product.

    `via_exposure` is the signed slot in which the feed showed it; whoever counts checks it.
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
        exposure=request.POST.get("via_exposure", "")[:LONGEST_SLOT],
    )
