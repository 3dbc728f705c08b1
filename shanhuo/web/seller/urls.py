"""Addresses of the seller pages; each also stands in `access.py`."""

from django.urls import URLPattern, URLResolver, path

from shanhuo.web.seller import brands, lots, products, skus
from shanhuo.web.seller.home import home

app_name = "seller"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", home, name="home"),
    path("products", products.products, name="products"),
    path("products/export", products.products_export, name="products_export"),
    path("products/new", products.product_new, name="product_new"),
    path("products/<slug:public_id>", products.product, name="product"),
    path("products/<slug:public_id>/edit", products.product_edit, name="product_edit"),
    path("products/<slug:public_id>/list", products.product_list, name="product_list"),
    path("products/<slug:public_id>/unlist", products.product_unlist, name="product_unlist"),
    path("products/<slug:public_id>/nominate", products.product_nominate, name="product_nominate"),
    path("products/<slug:public_id>/leave", products.product_leave_pool, name="product_leave_pool"),
    path("products/<slug:public_id>/photos", skus.photo_add, name="photo_add"),
    path("products/<slug:public_id>/photos/<slug:name>", skus.photo_change, name="photo_change"),
    path("products/<slug:public_id>/sizes/new", skus.sku_new, name="sku_new"),
    path("products/<slug:public_id>/lots/new", lots.lot_new, name="lot_new"),
    path("sizes/<slug:public_id>", skus.sku, name="sku"),
    path("lots", lots.lots, name="lots"),
    path("lots/export", lots.lots_export, name="lots_export"),
    path("lots/<slug:public_id>", lots.lot_edit, name="lot_edit"),
    path("lots/<slug:public_id>/certificate", lots.certificate, name="certificate"),
    path("lots/<slug:public_id>/withdraw", lots.lot_withdraw, name="lot_withdraw"),
    path("brands", brands.brands, name="brands"),
    path("brands/new", brands.brand_new, name="brand_new"),
    path("brands/<slug:public_id>", brands.brand, name="brand"),
]
