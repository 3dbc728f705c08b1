"""The order: what was agreed, at which price, and how far it has come."""

from typing import Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from shanhuo.kernel.encryption import EncryptedTextField
from shanhuo.kernel.ids import PublicIdField
from shanhuo.kernel.money import split
from shanhuo.orders.choices import Funder


class OrderQuerySet(models.QuerySet["Order"]):
    def told(self) -> Self:
        """With the names that facts and the ledger tell, and without the encrypted address."""
        return self.select_related("payment", "merchant", "buyer", "county").only(
            *("public_id", "status", "total_fen", "paid_at", "settled_at", "refunded_fen"),
            *("payment__public_id", "payment__company", "merchant__public_id"),
            *("buyer__public_id", "county__adcode"),
        )


class OrderLineQuerySet(models.QuerySet["OrderLine"]):
    def told(self) -> Self:
        """With the public names that facts tell, and not a column of other rooms' rows more."""
        own = [field.attname for field in OrderLine._meta.concrete_fields]
        return self.select_related("sku", "product", "county", "creator").only(
            *own,
            *("sku__public_id", "product__public_id", "county__adcode", "creator__public_id"),
        )


class Order(models.Model):
    """What one merchant sends to one buyer. A checkout at several merchants makes several orders
    under one payment.

    `status` is about the parcel; what was given back stands in `refunded_fen`, beside it, because
    an order may be shipped and partly refunded at once.
    """

    class Status(models.TextChoices):
        AWAITING_PAY = "awaiting_pay", _("Waiting for payment")
        PREPARING = "preparing", _("Paid, being prepared")
        PART_SHIPPED = "part_shipped", _("Partly shipped")
        SHIPPED = "shipped", _("Shipped")
        DONE = "done", _("Received")
        CANCELLED = "cancelled", _("Cancelled")
        EXPIRED = "expired", _("Not paid in time")

    public_id = PublicIdField()
    payment = models.ForeignKey("orders.Payment", models.PROTECT, related_name="orders")
    buyer = models.ForeignKey("people.User", models.PROTECT, related_name="+")
    merchant = models.ForeignKey("people.Organisation", models.PROTECT, related_name="+")
    status = models.CharField(max_length=12, choices=Status, default=Status.AWAITING_PAY)

    county = models.ForeignKey(
        "regions.County", models.PROTECT, related_name="+", help_text="Where the parcel goes."
    )
    recipient = EncryptedTextField()
    phone = EncryptedTextField()
    street = EncryptedTextField()

    goods_fen = models.PositiveBigIntegerField()
    discount_fen = models.PositiveBigIntegerField(default=0)
    coupon_fen = models.PositiveBigIntegerField(default=0, help_text="What a coupon took off.")
    freight_fen = models.PositiveBigIntegerField()
    total_fen = models.PositiveBigIntegerField(help_text="What the buyer pays for this order.")
    refunded_fen = models.PositiveBigIntegerField(default=0, help_text="Promised back or given.")

    placed_at = models.DateTimeField()
    paid_at = models.DateTimeField(null=True)
    shipped_at = models.DateTimeField(null=True)
    received_at = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(null=True)

    objects = OrderQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["buyer", "-placed_at"], name="order_by_buyer"),
            models.Index(fields=["merchant", "status", "-placed_at"], name="order_by_merchant"),
            models.Index(
                fields=["shipped_at"], condition=Q(status="shipped"), name="order_under_way"
            ),
            models.Index(
                fields=["received_at"],
                condition=Q(status="done", settled_at=None),
                name="order_to_settle",
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    status__in=[
                        "awaiting_pay",
                        "preparing",
                        "part_shipped",
                        "shipped",
                        "done",
                        "cancelled",
                        "expired",
                    ]
                ),
                name="order_status_is_known",
            ),
            models.CheckConstraint(
                condition=Q(
                    total_fen=F("goods_fen")
                    - F("discount_fen")
                    - F("coupon_fen")
                    + F("freight_fen")
                ),
                name="order_total_adds_up",
            ),
            models.CheckConstraint(
                condition=Q(refunded_fen__lte=F("total_fen")), name="order_refund_within_total"
            ),
            models.CheckConstraint(
                condition=Q(status__in=["awaiting_pay", "cancelled", "expired"])
                | Q(paid_at__isnull=False),
                name="order_goes_out_only_when_paid",
            ),
        ]

    def __str__(self) -> str:
        return str(self.public_id)


class OrderLine(models.Model):
    """One SKU of an order, with everything that was true of it when the order was placed.

    Money per unit is in fen. `chain` is the price chain that the product page showed: an estimate
    until slips and settlement say what really was. Which lots fill the line, `goods` remembers
    under the order's public id.
    """

    order = models.ForeignKey(Order, models.CASCADE, related_name="lines")
    sku = models.ForeignKey("goods.Sku", models.PROTECT, related_name="+")
    product = models.ForeignKey("goods.Product", models.PROTECT, related_name="+")
    county = models.ForeignKey(
        "regions.County", models.PROTECT, related_name="+", help_text="Where it grew."
    )
    title = models.CharField(max_length=120)
    sku_name = models.CharField(max_length=80)
    quantity = models.PositiveIntegerField()
    grams_per_unit = models.PositiveIntegerField()

    unit_price_fen = models.PositiveIntegerField()
    unit_discount_fen = models.PositiveIntegerField(default=0)
    discount_funder = models.CharField(max_length=8, choices=Funder, blank=True, default="")
    coupon_fen = models.PositiveIntegerField(
        default=0, help_text="This line's share of what a coupon took off the order."
    )
    coupon_platform_fen = models.PositiveIntegerField(
        default=0, help_text="The part of it that the platform bears; the merchant bears the rest."
    )
    unit_fee_fen = models.PositiveIntegerField(help_text="Platform fee.")
    unit_commission_fen = models.PositiveIntegerField(help_text="For the creator, if there is one.")
    freight_fen = models.PositiveIntegerField(help_text="This line's share of the order's freight.")
    chain = models.JSONField(default=dict)

    creator = models.ForeignKey("people.Organisation", models.PROTECT, null=True, related_name="+")
    via_post = models.CharField(max_length=16, blank=True)
    via_exposure = models.CharField(max_length=80, blank=True)
    via_session = models.CharField(
        max_length=16, blank=True, default="", help_text="Public id of the live session."
    )

    shipped_count = models.PositiveIntegerField(default=0)
    cancelled_count = models.PositiveIntegerField(
        default=0, help_text="Units refunded before they were shipped."
    )
    returned_count = models.PositiveIntegerField(
        default=0, help_text="Units refunded after they were shipped."
    )

    objects = OrderLineQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(
                fields=["via_session"], condition=~Q(via_session=""), name="line_of_session"
            )
        ]
        constraints = [
            models.UniqueConstraint(fields=["order", "sku"], name="one_order_line_per_sku"),
            models.CheckConstraint(condition=Q(quantity__gte=1), name="order_line_has_a_quantity"),
            models.CheckConstraint(
                condition=Q(quantity__gte=F("shipped_count") + F("cancelled_count")),
                name="unit_is_shipped_or_cancelled_once",
            ),
            models.CheckConstraint(
                condition=Q(shipped_count__gte=F("returned_count")),
                name="returned_unit_was_shipped",
            ),
            models.CheckConstraint(
                condition=Q(unit_price_fen__gte=F("unit_discount_fen")),
                name="discount_within_price",
            ),
            models.CheckConstraint(
                condition=Q(unit_discount_fen=0) ^ ~Q(discount_funder=""),
                name="discount_has_a_funder",
            ),
            models.CheckConstraint(
                condition=Q(
                    coupon_fen__lte=F("quantity") * (F("unit_price_fen") - F("unit_discount_fen"))
                ),
                name="coupon_within_price",
            ),
            models.CheckConstraint(
                condition=Q(coupon_platform_fen__lte=F("coupon_fen")),
                name="coupon_part_within_coupon",
            ),
            models.CheckConstraint(
                condition=Q(creator__isnull=False) | Q(unit_commission_fen=0),
                name="commission_has_a_creator",
            ),
        ]

    @property
    def unit_paid_fen(self) -> int:
        """What the buyer pays for one unit, freight and coupon apart."""
        return self.unit_price_fen - self.unit_discount_fen

    @property
    def paid_fen(self) -> int:
        """What the buyer pays for the line, freight included."""
        return self.quantity * self.unit_paid_fen - self.coupon_fen + self.freight_fen

    def coupon_on(self, units: int) -> int:
        """What the coupon takes off `units` of the line: nothing off none, all of it off all, and
        never less off more. Parts of the line are the difference between two of these."""
        return split(self.coupon_fen, weights=[units, self.quantity - units])[0]

    def coupon_platform_on(self, units: int) -> int:
        """The platform's part of `coupon_on`."""
        if not self.coupon_fen:
            return 0
        parts = [self.coupon_platform_fen, self.coupon_fen - self.coupon_platform_fen]
        return split(self.coupon_on(units), weights=parts)[0]

    @property
    def open_count(self) -> int:
        """Units still to be shipped."""
        return self.quantity - self.shipped_count - self.cancelled_count

    @property
    def kept_count(self) -> int:
        """Units not refunded."""
        return self.quantity - self.cancelled_count - self.returned_count


class LineCredit(models.Model):
    """A creator's part of a line's commission, where a session brought the buyer (带货分成).

    Basis points of the whole credit, as the cast agreed before the check; what hosts who are no
    creators have of it is not taken from the merchant. A line without rows is all its creator's.
    """

    line = models.ForeignKey(OrderLine, models.CASCADE, related_name="credits")
    creator = models.ForeignKey("people.Organisation", models.PROTECT, related_name="+")
    basis_points = models.PositiveSmallIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["line", "creator"], name="line_credits_creator_once"),
            models.CheckConstraint(
                condition=Q(basis_points__gte=1, basis_points__lte=10_000),
                name="line_credit_is_a_share",
            ),
        ]


class OrderStep(models.Model):
    """One change of an order's status: who or what made it, and when."""

    order = models.ForeignKey(Order, models.CASCADE, related_name="steps")
    before = models.CharField(max_length=12, blank=True)
    after = models.CharField(max_length=12, choices=Order.Status)
    at = models.DateTimeField()
    actor = models.ForeignKey(
        "people.User", models.PROTECT, null=True, related_name="+", help_text="Null: the platform."
    )

    class Meta:
        indexes = [models.Index(fields=["order", "id"], name="steps_of_an_order")]
