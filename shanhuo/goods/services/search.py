"""Keeps the words by which a product is found."""

from collections.abc import Iterable

from shanhuo.goods.models import Product
from shanhuo.kernel import textsearch


def refresh_search(products: Iterable[Product]) -> None:
    """Write the search column anew: title, category, county, merchant, brand, slogan, story."""
    for product in products:
        Product.objects.filter(pk=product.pk).update(search_tokens=_words_of(product))


def _words_of(product: Product) -> str:
    brand = product.brand
    slogan = brand.current.slogan if brand and brand.current else ""
    return textsearch.column_of(
        product.title,
        str(product.get_category_display()),
        product.county.name,
        product.merchant.name,
        brand.name if brand else "",
        slogan,
        product.story,
    )
