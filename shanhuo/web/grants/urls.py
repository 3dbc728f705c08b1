"""Addresses of the pages of traffic grants; each also stands in `access.py`."""

from django.urls import URLPattern, URLResolver, path

from shanhuo.web.grants import asking, exports, operating, reading, trying
from shanhuo.web.grants.audience import audience
from shanhuo.web.grants.mine import mine
from shanhuo.web.grants.opening import opening

app_name = "grants"
urlpatterns: list[URLPattern | URLResolver] = [
    path("grants", reading.grants, name="grants"),
    path("grants/export", exports.grants_export, name="grants_export"),
    path("grants/rules", reading.rules, name="rules"),
    path("grants/<slug:public_id>", reading.grant, name="grant"),
    path("grants/<slug:public_id>/pace", reading.pace, name="pace"),
    path("grants/<slug:public_id>/export", exports.grant_export, name="grant_export"),
    path("grants/<slug:public_id>/entries", exports.entries_export, name="entries_export"),
    path("grants/<slug:public_id>/recount", reading.recount, name="recount"),
    path("grants/<slug:public_id>/trial", trying.register, name="trial"),
    path("grants/<slug:public_id>/trial/stop", trying.stop, name="trial_stop"),
    path("grants/<slug:public_id>/trial/export", trying.export, name="trial_export"),
    path("grants/<slug:public_id>/approve", operating.approve, name="approve"),
    path("grants/<slug:public_id>/refuse", operating.refuse, name="refuse"),
    path("grants/<slug:public_id>/stop", operating.stop, name="stop"),
    path("programmes/<slug:public_id>", reading.programme, name="programme"),
    path("opening", opening, name="opening"),
    path("me/exposures", mine, name="mine"),
    path("county/grants", asking.county, name="county"),
    path("county/grants/new", asking.request_grant, name="request"),
    path("county/grants/objects", asking.objects, name="objects"),
    path("ops/grants", operating.desk, name="desk"),
    path("ops/grants/export", exports.desk_export, name="desk_export"),
    path("ops/grants/audience", audience, name="audience"),
    path("ops/grants/programmes/new", operating.programme_new, name="programme_new"),
    path("ops/grants/rates", operating.rates, name="rates"),
]
