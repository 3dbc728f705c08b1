"""Back office: reference data can be looked up; it is changed by the loader and by officers."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from shanhuo.regions.models import County, Village


class ReadOnly(admin.ModelAdmin[Any]):
    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(County)
class CountyAdmin(ReadOnly):
    list_display = ("adcode", "name", "province", "prefecture", "exit_year", "key_county_basis")
    list_filter = ("exit_year", "key_county_basis")
    list_select_related = ("province", "prefecture")
    search_fields = ("name", "adcode", "search_keys")


@admin.register(Village)
class VillageAdmin(ReadOnly):
    list_display = ("name", "township", "county")
    list_select_related = ("county",)
    search_fields = ("name", "township")
