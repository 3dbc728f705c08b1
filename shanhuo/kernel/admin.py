"""Back office: what a technician may look up. No field about a person (see `kernel.backoffice`)."""

from django.contrib import admin

from shanhuo.kernel.backoffice import ReadOnly
from shanhuo.kernel.models import AuditEntry, FactRecord, Job


@admin.register(Job)
class JobAdmin(ReadOnly):
    list_display = ("task", "status", "attempts", "run_at", "finished_at", "worker")
    list_filter = ("status", "task")


@admin.register(FactRecord)
class FactAdmin(ReadOnly):
    list_display = ("kind", "at")
    list_filter = ("kind",)


@admin.register(AuditEntry)
class AuditAdmin(ReadOnly):
    list_display = ("verb", "subject", "at")
    search_fields = ("verb", "subject")
