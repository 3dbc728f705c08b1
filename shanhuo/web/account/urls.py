"""Addresses of the account pages; each also stands in `access.py`."""

from django.urls import URLPattern, URLResolver, path

from shanhuo.web.account.views import sign_in

app_name = "account"
urlpatterns: list[URLPattern | URLResolver] = [
    path("sign-in", sign_in.sign_in, name="sign_in"),
    path("sign-in/code", sign_in.code, name="code"),
    path("sign-in/challenge", sign_in.challenge, name="challenge"),
    path("sign-out", sign_in.sign_out, name="sign_out"),
]
