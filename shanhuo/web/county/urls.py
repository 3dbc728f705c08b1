"""Addresses of the county pages; each also stands in `access.py`."""

from django.urls import URLPattern, URLResolver, path

from shanhuo.web.county import pool
from shanhuo.web.county.home import home

app_name = "county"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", home, name="home"),
    path("pool", pool.pool, name="pool"),
    path("pool/export", pool.pool_export, name="pool_export"),
    path("pool/propose", pool.pool_candidates, name="pool_candidates"),
    path("pool/propose/<slug:public_id>", pool.pool_nominate, name="pool_nominate"),
    path("pool/<slug:public_id>", pool.pool_entry, name="pool_entry"),
]
