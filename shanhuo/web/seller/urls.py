"""Addresses of the seller pages; each also stands in `access.py`."""

from django.urls import URLPattern, URLResolver, path

from shanhuo.web.seller.home import home

app_name = "seller"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", home, name="home"),
]
