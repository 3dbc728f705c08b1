"""Money that comes and goes through a payment company, and what the company told us about it."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from shanhuo.kernel.ids import PublicIdField
from shanhuo.orders.choices import RefundReason


class Payment(models.Model):
    """One checkout: what the buyer owes for all its orders. `public_id` is our number at the
    company (out_trade_no).

    `expires_at` ends the stock hold of all its orders.
    """

    class Status(models.TextChoices):
        WAITING = "waiting", _("Waiting for payment")
        PAID = "paid", _("Paid")
        CLOSED = "closed", _("Closed unpaid")

    public_id = PublicIdField()
    buyer = models.ForeignKey("people.User", models.PROTECT, related_name="+")
    amount_fen = models.PositiveBigIntegerField()
    refunded_fen = models.PositiveBigIntegerField(default=0)
    company = models.CharField(max_length=12, help_text="Which payment company takes it.")
    transaction_id = models.CharField(max_length=64, null=True, help_text="The company's number.")
    status = models.CharField(max_length=8, choices=Status, default=Status.WAITING)
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    handed_over_at = models.DateTimeField(null=True, help_text="Buyer was sent to the company.")
    asked_at = models.DateTimeField(null=True, help_text="We last asked the company about it.")
    paid_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["expires_at"], condition=Q(status="waiting"), name="payment_to_expire"
            ),
            models.Index(fields=["buyer", "-made_at"], name="payment_by_buyer"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["company", "transaction_id"], name="transaction_pays_once"
            ),
            models.CheckConstraint(
                condition=Q(status__in=["waiting", "paid", "closed"]),
                name="payment_status_is_known",
            ),
            models.CheckConstraint(condition=Q(amount_fen__gt=0), name="payment_has_an_amount"),
            models.CheckConstraint(
                condition=Q(refunded_fen__lte=F("amount_fen")), name="payment_refund_within_amount"
            ),
            models.CheckConstraint(
                condition=Q(refunded_fen=0) | Q(status="paid"), name="only_paid_money_is_refunded"
            ),
            models.CheckConstraint(
                condition=~Q(status="paid")
                | Q(paid_at__isnull=False, transaction_id__isnull=False),
                name="paid_payment_has_a_transaction",
            ),
        ]

    def __str__(self) -> str:
        return str(self.public_id)


class Notice(models.Model):
    """A genuine message from a payment company, and what we made of it. Forgeries leave no row."""

    class Outcome(models.TextChoices):
        APPLIED = "applied", _("Applied")
        REPEATED = "repeated", _("Known already")
        SUSPENSE = "suspense", _("Money put aside")

    class Kind(models.TextChoices):
        PAID = "paid", _("Payment")
        REFUNDED = "refunded", _("Refund")

    company = models.CharField(max_length=12)
    notice_id = models.CharField(max_length=64)
    kind = models.CharField(max_length=8, choices=Kind)
    trade_no = models.CharField(max_length=64)
    amount_fen = models.BigIntegerField()
    received_at = models.DateTimeField()
    outcome = models.CharField(max_length=8, choices=Outcome)
    times = models.PositiveIntegerField(default=1, help_text="How often it arrived.")

    class Meta:
        indexes = [models.Index(fields=["-received_at"], name="notice_newest")]
        constraints = [
            models.UniqueConstraint(fields=["company", "notice_id"], name="notice_counted_once")
        ]


class SuspenseItem(models.Model):
    """Money that really arrived and fits no order (待查款). It waits for an operator."""

    class Reason(models.TextChoices):
        NO_ORDER = "no_order", _("No such order")
        WRONG_AMOUNT = "wrong_amount", _("Amount differs from the order")
        WRONG_CURRENCY = "wrong_currency", _("Another currency")
        PAID_TWICE = "paid_twice", _("Order was paid already")

    public_id = PublicIdField()
    company = models.CharField(max_length=12)
    transaction_id = models.CharField(max_length=64)
    trade_no = models.CharField(max_length=64)
    amount_fen = models.BigIntegerField()
    currency = models.CharField(max_length=8)
    reason = models.CharField(max_length=16, choices=Reason)
    received_at = models.DateTimeField()
    resolved_at = models.DateTimeField(null=True)
    resolved_by = models.ForeignKey("people.User", models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["company", "transaction_id"], name="suspense_once_per_transaction"
            )
        ]


class Refund(models.Model):
    """Money promised back. It is ours to send (`wanted`) until the company says `done`."""

    class Status(models.TextChoices):
        WANTED = "wanted", _("Being sent back")
        DONE = "done", _("Sent back")

    public_id = PublicIdField()
    payment = models.ForeignKey(Payment, models.PROTECT, null=True, related_name="refunds")
    order = models.ForeignKey("orders.Order", models.PROTECT, null=True, related_name="refunds")
    suspense = models.OneToOneField(SuspenseItem, models.PROTECT, null=True, related_name="refund")
    company = models.CharField(max_length=12)
    trade_no = models.CharField(max_length=64)
    amount_fen = models.PositiveBigIntegerField()
    reason = models.CharField(max_length=16, choices=RefundReason)
    status = models.CharField(max_length=8, choices=Status, default=Status.WANTED)
    asked_by = models.ForeignKey("people.User", models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, help_text="The company accepted it.")
    done_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["made_at"], condition=Q(status="wanted"), name="refund_to_send")
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=["wanted", "done"]), name="refund_status_is_known"
            ),
            models.CheckConstraint(condition=Q(amount_fen__gt=0), name="refund_has_an_amount"),
            models.CheckConstraint(
                condition=Q(payment__isnull=False, order__isnull=False, suspense=None)
                | Q(payment=None, order=None, suspense__isnull=False),
                name="refund_is_of_an_order_or_of_suspense",
            ),
        ]


class RefundLine(models.Model):
    """Which units of a line were refunded, and how much that is."""

    refund = models.ForeignKey(Refund, models.CASCADE, related_name="lines")
    line = models.ForeignKey("orders.OrderLine", models.PROTECT, related_name="+")
    quantity = models.PositiveIntegerField()
    goods_fen = models.PositiveBigIntegerField()
    freight_fen = models.PositiveBigIntegerField()
    was_shipped = models.BooleanField()
