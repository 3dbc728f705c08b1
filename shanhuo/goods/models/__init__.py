"""The tables of goods; no other room imports them."""

from shanhuo.goods.models.brand import Brand, BrandVersion
from shanhuo.goods.models.lot import Lot, LotQuerySet, StockShare
from shanhuo.goods.models.pool import PoolEntry
from shanhuo.goods.models.product import Product, ProductPhoto, ProductStandard
from shanhuo.goods.models.sku import PriceVersion, Sku

__all__ = [
    "Brand",
    "BrandVersion",
    "Lot",
    "LotQuerySet",
    "PoolEntry",
    "PriceVersion",
    "Product",
    "ProductPhoto",
    "ProductStandard",
    "Sku",
    "StockShare",
]
