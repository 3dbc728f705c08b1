"""Keeps the words by which a product is found."""

from collections.abc import Iterable

from django.utils import translation

from shanhuo.goods.models import Product
from shanhuo.goods.textindex import products_by_words


def refresh_search(products: Iterable[Product]) -> None:
    """Index anew: title, category, county, merchant, brand, slogan, story."""
    for product in products:
        products_by_words.put(product.pk, *_texts_of(product))


def _texts_of(product: Product) -> list[str]:
    brand = product.brand
    return [
        product.title,
        *_category_names(product),
        product.county.name,
        product.merchant.name,
        brand.name if brand else "",
        brand.current.slogan if brand and brand.current else "",
        product.story,
    ]


def _category_names(product: Product) -> list[str]:
    """In every language: the seller's choice of language must not hide a product."""
    names = []
    for language in ("zh-hans", "en"):
        with translation.override(language):
            names.append(str(product.get_category_display()))
    return names
