"""Addresses of the trade pages; each also stands in `access.py`."""

from django.urls import URLPattern, URLResolver

app_name = "trade"
urlpatterns: list[URLPattern | URLResolver] = []
