"""Addresses of the account pages; each also stands in `access.py`."""

from django.urls import URLPattern, URLResolver

app_name = "account"
urlpatterns: list[URLPattern | URLResolver] = []
