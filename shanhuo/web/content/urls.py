"""Addresses of the content pages; each also stands in `access.py`."""

from django.urls import URLPattern, URLResolver

app_name = "content"
urlpatterns: list[URLPattern | URLResolver] = []
