"""Addresses of the public shelves; each also stands in `access.py`."""

from django.urls import URLPattern, URLResolver, path

from shanhuo.web.shop import views

app_name = "shop"
urlpatterns: list[URLPattern | URLResolver] = [
    path("goods", views.goods_list, name="goods"),
    path("g/<slug:public_id>", views.product, name="product"),
    path("lot/<slug:code>", views.certificate, name="certificate"),
    path("c/<slug:adcode>/shop", views.storefront, name="storefront"),
    path("pool", views.pool, name="pool"),
    path("pool/export", views.pool_export, name="pool_export"),
]
