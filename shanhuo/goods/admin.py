"""Back office: what a technician may look up. No field about a person (see `kernel.backoffice`)."""

from django.contrib import admin

from shanhuo.goods.models import Lot, PoolEntry, Product, Sku
from shanhuo.kernel.backoffice import ReadOnly


@admin.register(Product)
class ProductAdmin(ReadOnly):
    list_display = ("public_id", "title", "merchant", "county", "category", "status", "listed_at")
    list_filter = ("status", "category")
    list_select_related = ("merchant", "county")
    search_fields = ("public_id", "title")


@admin.register(Sku)
class SkuAdmin(ReadOnly):
    list_display = ("public_id", "product", "name", "price_fen", "stock_count", "held_count")
    list_select_related = ("product",)
    search_fields = ("public_id",)


@admin.register(Lot)
class LotAdmin(ReadOnly):
    list_display = ("number", "product", "declared_grams", "status", "valid_until")
    list_filter = ("status",)
    list_select_related = ("product",)
    search_fields = ("number", "public_id")


@admin.register(PoolEntry)
class PoolEntryAdmin(ReadOnly):
    list_display = ("product", "county", "status", "nominated_at", "checked_at")
    list_filter = ("status",)
    list_select_related = ("product", "county")
