"""Addresses of the ops pages; each also stands in `access.py`."""

from django.urls import URLPattern, URLResolver, path

from shanhuo.web.ops import examinations, people, ranker
from shanhuo.web.ops.home import home

app_name = "ops"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", home, name="home"),
    path("audits", examinations.examinations, name="examinations"),
    path("audits/new", examinations.examination_new, name="examination_new"),
    path("audits/<slug:public_id>", examinations.examination, name="examination"),
    path("audits/<slug:public_id>/sign", examinations.sign, name="examination_sign"),
    path("audits/<slug:public_id>/object", examinations.object_, name="examination_object"),
    path("ranker", ranker.ranker, name="ranker"),
    path("ranker/train", ranker.train, name="ranker_train"),
    path("ranker/roll-back/<slug:kind>", ranker.roll_back, name="ranker_roll_back"),
    path("verifications", people.verifications, name="verifications"),
    path("verifications/<slug:public_id>", people.verification, name="verification"),
    path("people", people.people, name="people"),
    path("people/<slug:public_id>", people.account, name="account"),
    path(
        "people/<slug:public_id>/suspend",
        people.account_act,
        {"act": "suspend"},
        name="account_suspend",
    ),
    path(
        "people/<slug:public_id>/reopen",
        people.account_act,
        {"act": "reopen"},
        name="account_reopen",
    ),
    path(
        "people/<slug:public_id>/release",
        people.account_act,
        {"act": "release"},
        name="account_release",
    ),
    path("organisations", people.organisations, name="organisations"),
    path(
        "organisations/<slug:public_id>/suspend",
        people.organisation_suspend,
        name="organisation_suspend",
    ),
]
