"""Addresses of the ops pages; each also stands in `access.py`."""

from django.urls import URLPattern, URLResolver

app_name = "ops"
urlpatterns: list[URLPattern | URLResolver] = []
