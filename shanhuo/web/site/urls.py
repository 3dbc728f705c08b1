"""Addresses of the public pages; each also stands in `access.py`."""

from django.urls import URLPattern, URLResolver, path

from shanhuo.web.site import views

app_name = "site"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", views.home, name="home"),
    path("counties", views.counties, name="counties"),
    path("about", views.about, name="about"),
    path("rules", views.rules, name="rules"),
    path("me", views.me, name="me"),
    path("settings/mode", views.mode, name="mode"),
    path("settings/youth", views.youth, name="youth"),
    path("settings/token", views.token, name="token"),
    path("settings/language", views.language, name="language"),
]
