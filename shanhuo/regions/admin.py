"""Back office: reference data can be looked up; it is changed by the loader and by officers."""

from django.contrib import admin

from shanhuo.kernel.backoffice import ReadOnly
from shanhuo.regions.models import County, Village


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
