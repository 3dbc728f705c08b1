"""Support projects: the county office groups the season of its product under a name."""

from datetime import date, datetime
from typing import TYPE_CHECKING

from shanhuo.console.demo.cast import Place
from shanhuo.impact import services as impact

if TYPE_CHECKING:
    from shanhuo.goods.models import Product
    from shanhuo.impact.models import Project


def open_project(
    place: Place, product: "Product", *, starts_on: date, ends_on: date, now: datetime
) -> "Project":
    """The county's project for its product; everybody sees its page."""
    return impact.open_project(
        county_id=place.county.pk,
        product_id=product.pk,
        product_county_id=product.county_id,
        name=f"{product.title}上市季（演示）",
        starts_on=starts_on,
        ends_on=ends_on,
        actor=place.officer,
        now=now,
    )
