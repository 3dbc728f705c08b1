"""Addresses of the impact pages; each also stands in `access.py`."""

from django.urls import URLPattern, URLResolver, path

from shanhuo.web.impact import audits, fairness, views

app_name = "impact"
urlpatterns: list[URLPattern | URLResolver] = [
    path("c/<slug:adcode>", views.county, name="county"),
    path("c/<slug:adcode>/map.svg", views.county_map, name="county_map"),
    path("c/<slug:adcode>/export", views.county_export, name="county_export"),
    path("metrics", views.metrics, name="metrics"),
    path("metrics/<slug:metric_id>", views.metric, name="metric"),
    path("fairness", fairness.fairness, name="fairness"),
    path("fairness/export", fairness.fairness_export, name="fairness_export"),
    path("audits", audits.audits, name="audits"),
    path("audits/export", audits.audits_export, name="audits_export"),
    path("audits/<slug:public_id>", audits.audit, name="audit"),
    path("projects", views.projects, name="projects"),
    path("projects/<slug:public_id>", views.project, name="project"),
]
