"""Addresses of the county pages; each also stands in `access.py`."""

from django.urls import URLPattern, URLResolver

app_name = "county"
urlpatterns: list[URLPattern | URLResolver] = []
