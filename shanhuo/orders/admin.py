"""Back office: what a technician may look up. No field about a person (see `kernel.backoffice`)."""

from django.contrib import admin

from shanhuo.kernel.backoffice import ReadOnly
from shanhuo.orders.models import JournalEntry, Notice, Order, Payment, Settlement, SuspenseItem


@admin.register(Order)
class OrderAdmin(ReadOnly):
    list_display = ("public_id", "merchant", "status", "total_fen", "refunded_fen", "placed_at")
    list_filter = ("status",)
    list_select_related = ("merchant",)
    search_fields = ("public_id",)


@admin.register(Payment)
class PaymentAdmin(ReadOnly):
    list_display = ("public_id", "status", "amount_fen", "expires_at")
    list_filter = ("status",)
    search_fields = ("public_id",)


@admin.register(JournalEntry)
class JournalEntryAdmin(ReadOnly):
    list_display = ("kind", "at")
    list_filter = ("kind",)


@admin.register(Notice)
class NoticeAdmin(ReadOnly):
    list_display = ("company", "received_at")


@admin.register(SuspenseItem)
class SuspenseItemAdmin(ReadOnly):
    list_display = ("public_id", "amount_fen")


@admin.register(Settlement)
class SettlementAdmin(ReadOnly):
    list_display = ("line", "refund")
