"""Who may do what with goods. Unknown, inactive and anonymous people may nothing."""

from typing import Any

from shanhuo.goods.models import Brand, PoolEntry, Product
from shanhuo.people import rules as people


def can_edit_product(user: Any, product: Product) -> bool:
    """Everybody who sells for the product's merchant."""
    return product.merchant_id in people.merchant_ids(user)


def can_edit_brand(user: Any, brand: Brand) -> bool:
    """The merchant whose brand it is, or the officers of the county that keeps it."""
    if brand.organisation.kind == "county_office":
        return brand.county_id in people.officer_county_ids(user)
    return brand.organisation_id in people.merchant_ids(user)


def can_nominate(user: Any, product: Product) -> bool:
    """The merchant itself, or an officer of the county in which the product grows."""
    return can_edit_product(user, product) or product.county_id in people.officer_county_ids(user)


def can_decide(user: Any, entry: PoolEntry) -> bool:
    """An officer of the county who is not the one who proposed it."""
    return entry.county_id in people.officer_county_ids(user) and entry.nominated_by_id != user.pk


def can_end(user: Any, entry: PoolEntry) -> bool:
    """An officer of the county; the merchant may ask for its own product's exit."""
    return entry.county_id in people.officer_county_ids(user) or can_edit_product(
        user, entry.product
    )
