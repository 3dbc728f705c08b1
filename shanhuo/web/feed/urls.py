"""Addresses of the feed; each also stands in `access.py`."""

from django.urls import URLPattern, URLResolver, path

from shanhuo.web.feed import tags, views

app_name = "feed"
urlpatterns: list[URLPattern | URLResolver] = [
    path("watch", views.watch, name="watch"),
    path("watch/why", views.why, name="why"),
    path("settings/feed", views.feed_settings, name="settings"),
    path("settings/interests", tags.interests, name="interests"),
]
