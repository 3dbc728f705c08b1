"""Back office: errata are written here; checks and releases can only be read."""

from django.contrib import admin

from shanhuo.impact.models import Check, Erratum, Examination, Release
from shanhuo.kernel.backoffice import ReadOnly


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


@admin.register(Examination)
class ExaminationAdmin(ReadOnly):
    list_display = ("opened_at", "metric", "county", "since_day", "until_day", "status")
    list_filter = ("status", "metric")
