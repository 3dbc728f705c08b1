"""What this room keeps from facts of the rooms below."""

from datetime import datetime

from shanhuo.content.events import PostPublished
from shanhuo.impact.models import PostProduct
from shanhuo.kernel import facts


@facts.receives(PostPublished)
def remember_product_of_post(fact: PostPublished, *, fact_id: int, at: datetime) -> None:
    """So that plays of a clip can be counted for the product it is about."""
    if fact.product_id is not None:
        PostProduct.objects.update_or_create(
            post_id=fact.post_id, defaults={"product_id": fact.product_id}
        )
