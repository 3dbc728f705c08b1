"""Addresses of the seller pages; each also stands in `access.py`."""

from django.urls import URLPattern, URLResolver

app_name = "seller"
urlpatterns: list[URLPattern | URLResolver] = []
