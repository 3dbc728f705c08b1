"""Addresses of the impact pages; each also stands in `access.py`."""

from django.urls import URLPattern, URLResolver

app_name = "impact"
urlpatterns: list[URLPattern | URLResolver] = []
