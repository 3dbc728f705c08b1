"""Addresses of the ops pages; each also stands in `access.py`."""

from django.urls import URLPattern, URLResolver, path

from shanhuo.web.ops.home import home

app_name = "ops"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", home, name="home"),
]
