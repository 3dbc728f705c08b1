"""Back office: what a technician may look up. No field about a person (see `kernel.backoffice`)."""

from django.contrib import admin

from shanhuo.kernel.backoffice import ReadOnly
from shanhuo.people.models import Organisation, User, Verification


@admin.register(User)
class UserAdmin(ReadOnly):
    list_display = ("public_id", "is_active", "is_staff", "joined_at", "erased_at")
    search_fields = ("public_id",)


@admin.register(Organisation)
class OrganisationAdmin(ReadOnly):
    list_display = ("public_id", "name", "kind", "county", "status")
    list_filter = ("kind", "status")
    list_select_related = ("county",)
    search_fields = ("public_id", "name")


@admin.register(Verification)
class VerificationAdmin(ReadOnly):
    list_display = ("organisation", "status")
    list_filter = ("status",)
    list_select_related = ("organisation",)
