"""Every calm address: pages, JSON API, stock admin. Hot doors stand in `realtime`."""

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

from shanhuo.api.main import api

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("shanhuo.web.site.urls")),
    path("", include("shanhuo.web.content.urls")),
    path("", include("shanhuo.web.feed.urls")),
    path("", include("shanhuo.web.shop.urls")),
    path("", include("shanhuo.web.trade.urls")),
    path("", include("shanhuo.web.impact.urls")),
    path("", include("shanhuo.web.live.urls")),
    path("", include("shanhuo.web.grants.urls")),
    path("account/", include("shanhuo.web.account.urls")),
    path("sell/", include("shanhuo.web.seller.urls")),
    path("county/", include("shanhuo.web.county.urls")),
    path("ops/", include("shanhuo.web.ops.urls")),
    path("api/", api.urls),
    path("admin/", admin.site.urls),
]

handler400 = "shanhuo.web.refusals.bad_request"
handler403 = "shanhuo.web.refusals.permission_denied"
handler404 = "shanhuo.web.refusals.page_not_found"
handler500 = "shanhuo.web.refusals.server_error"
