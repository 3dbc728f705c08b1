"""Back office: errata are written here; checks and releases can only be read."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from shanhuo.impact.models import Check, Erratum, Release


class ReadOnly(admin.ModelAdmin[Any]):
    """Rows that nobody changes by hand."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Erratum)
class ErratumAdmin(admin.ModelAdmin[Erratum]):
    list_display = ("noted_on", "metric", "county", "text_zh")
    list_filter = ("metric",)
    raw_id_fields = ("county",)


@admin.register(Check)
class CheckAdmin(ReadOnly):
    list_display = ("at", "metric", "county", "rolled_up", "recounted", "is_equal")
    list_filter = ("metric",)


@admin.register(Release)
class ReleaseAdmin(ReadOnly):
    list_display = ("county", "through_day", "released_at")
    list_filter = ("county",)
