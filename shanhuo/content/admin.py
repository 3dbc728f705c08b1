"""Back office: what a technician may look up. No field about a person (see `kernel.backoffice`)."""

from django.contrib import admin

from shanhuo.content.models import Post, Review, Upload
from shanhuo.kernel.backoffice import ReadOnly


@admin.register(Post)
class PostAdmin(ReadOnly):
    list_display = ("public_id", "kind", "status", "organisation", "county", "published_at")
    list_filter = ("status", "kind")
    list_select_related = ("organisation", "county")
    search_fields = ("public_id",)


@admin.register(Review)
class ReviewAdmin(ReadOnly):
    list_display = ("post", "look", "approved", "reason", "decided_at")
    list_filter = ("approved", "reason")
    list_select_related = ("post",)


@admin.register(Upload)
class UploadAdmin(ReadOnly):
    list_display = ("public_id", "started_at", "finished_at", "expires_at")
