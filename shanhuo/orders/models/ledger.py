"""Double entry in whole fen. A posting moves money from one account to another, so every posting,
every entry and the whole ledger sum to zero by construction, on any database."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from shanhuo.orders.choices import Funder


class LedgerAccount(models.Model):
    """A pocket. Its name is its key: "gateway:demo", "held", "merchant:3f9k…"."""

    class Kind(models.TextChoices):
        GATEWAY = "gateway", _("At the payment company")
        HELD = "held", _("Paid, not settled")
        MERCHANT = "merchant", _("Merchant")
        FREIGHT = "freight", _("Freight")
        CREATOR = "creator", _("Creator commission")
        PLATFORM = "platform", _("Platform fee")
        FUNDER = "funder", _("Discounts borne by the platform")
        REFUNDS = "refunds", _("Refunds under way")
        SUSPENSE = "suspense", _("Money without an order")

    code = models.CharField(max_length=40, primary_key=True)
    kind = models.CharField(max_length=8, choices=Kind)


class JournalEntry(models.Model):
    """One event of money. `key` names the event, so that it is posted once."""

    class Kind(models.TextChoices):
        PAID = "paid", _("Payment")
        REFUND_PROMISED = "promised", _("Refund promised")
        REFUND_SENT = "sent", _("Refund sent")
        SETTLED = "settled", _("Settlement")
        SUSPENSE = "suspense", _("Money without an order")

    key = models.CharField(max_length=60, unique=True)
    kind = models.CharField(max_length=8, choices=Kind)
    at = models.DateTimeField()
    order = models.ForeignKey("orders.Order", models.PROTECT, null=True, related_name="+")

    class Meta:
        indexes = [models.Index(fields=["-at"], name="entry_newest")]


class Posting(models.Model):
    """`amount_fen` leaves `source` and reaches `target`. Never changed, never deleted."""

    entry = models.ForeignKey(JournalEntry, models.PROTECT, related_name="postings")
    source = models.ForeignKey(LedgerAccount, models.PROTECT, related_name="+")
    target = models.ForeignKey(LedgerAccount, models.PROTECT, related_name="+")
    amount_fen = models.PositiveBigIntegerField()
    line = models.ForeignKey("orders.OrderLine", models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount_fen__gt=0), name="posting_moves_something"),
            models.CheckConstraint(
                condition=~Q(source=F("target")), name="posting_moves_between_two_accounts"
            ),
        ]


class CommissionShare(models.Model):
    """What one creator got of a settlement that several share; negative in a correction."""

    settlement = models.ForeignKey("orders.Settlement", models.PROTECT, related_name="shares")
    creator = models.ForeignKey("people.Organisation", models.PROTECT, related_name="+")
    commission_fen = models.BigIntegerField()
    discount_fen = models.BigIntegerField(help_text="Borne by the creators, this one's part.")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["settlement", "creator"], name="settlement_shared_once_per_creator"
            )
        ]


class Settlement(models.Model):
    """Who got what of one order line (结算单). A later refund adds a row of negatives."""

    line = models.ForeignKey("orders.OrderLine", models.PROTECT, related_name="settlements")
    refund = models.ForeignKey("orders.Refund", models.PROTECT, null=True, related_name="+")
    merchant = models.ForeignKey("people.Organisation", models.PROTECT, related_name="+")
    creator = models.ForeignKey("people.Organisation", models.PROTECT, null=True, related_name="+")
    settled_at = models.DateTimeField()
    quantity = models.IntegerField()
    goods_fen = models.BigIntegerField(help_text="At list price, before any discount.")
    discount_fen = models.BigIntegerField()
    discount_funder = models.CharField(max_length=8, choices=Funder, blank=True)
    coupon_fen = models.BigIntegerField(default=0)
    coupon_platform_fen = models.BigIntegerField(
        default=0, help_text="The platform's part of the coupon; the merchant bears the rest."
    )
    fee_fen = models.BigIntegerField()
    commission_fen = models.BigIntegerField()
    freight_fen = models.BigIntegerField()
    merchant_fen = models.BigIntegerField(help_text="What the merchant keeps, freight included.")

    class Meta:
        indexes = [
            models.Index(fields=["merchant", "settled_at"], name="settled_by_merchant"),
            models.Index(fields=["creator", "settled_at"], name="settled_by_creator"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["line"], condition=Q(refund=None), name="line_settles_once"
            ),
            models.UniqueConstraint(
                fields=["line", "refund"], name="refund_corrects_settlement_once"
            ),
        ]
