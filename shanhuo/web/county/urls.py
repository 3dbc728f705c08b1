"""Addresses of the county pages; each also stands in `access.py`."""

from django.urls import URLPattern, URLResolver, path

from shanhuo.web.county.home import home

app_name = "county"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", home, name="home"),
]
