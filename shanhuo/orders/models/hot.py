"""Scarce stock that many want in the same second."""

from datetime import datetime, timedelta

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from shanhuo.kernel.ids import PublicIdField
from shanhuo.orders.choices import SaleState


class HotSale(models.Model):
    """A number of units of one SKU, sold from `opens_at` by the platform's clock (限时限量).

    Its units leave the SKU's sellable stock when the sale is made, as a hold. `left_count` is what
    nobody has claimed; the hot writer subtracts from it.
    """

    public_id = PublicIdField()
    sku = models.ForeignKey("goods.Sku", models.PROTECT, related_name="+")
    merchant = models.ForeignKey("people.Organisation", models.PROTECT, related_name="+")
    price_fen = models.PositiveIntegerField()
    stock_count = models.PositiveIntegerField()
    left_count = models.PositiveIntegerField()
    per_person = models.PositiveSmallIntegerField(default=1)
    opens_at = models.DateTimeField()
    closes_at = models.DateTimeField()
    sold_out_at = models.DateTimeField(
        null=True, help_text="When the last unit was claimed; empty again if one came back."
    )
    ended_at = models.DateTimeField(null=True, help_text="Unsold units went back to the SKU.")
    session = models.CharField(
        max_length=16, blank=True, default="", help_text="Public id of the live session it is for."
    )

    class Meta:
        indexes = [
            models.Index(fields=["session"], condition=~Q(session=""), name="hot_sale_of_session")
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(left_count__lte=F("stock_count")), name="hot_sale_left_within_stock"
            ),
            models.CheckConstraint(
                condition=Q(opens_at__lt=F("closes_at")), name="hot_sale_opens_before_it_closes"
            ),
            models.CheckConstraint(
                condition=Q(per_person__gte=1), name="hot_sale_gives_somebody_something"
            ),
        ]

    def state_at(self, now: datetime) -> SaleState:
        """By the platform's clock."""
        if self.ended_at is not None or now >= self.closes_at:
            return SaleState.OVER
        if now < self.opens_at:
            return SaleState.COMING
        return SaleState.RUNNING if self.left_count else SaleState.SOLD_OUT

    def is_over_at(self, now: datetime) -> bool:
        """Nothing of it can be claimed any more, whatever comes back."""
        return self.state_at(now) is SaleState.OVER

    @property
    def sold_out_after(self) -> timedelta | None:
        """From the opening to the last claim; None while something is left."""
        return self.sold_out_at - self.opens_at if self.sold_out_at else None


class HotClaim(models.Model):
    """A buyer's units of a hot sale: first held, then part of an order, or given back."""

    class Status(models.TextChoices):
        HELD = "held", _("Kept for you")
        ORDERED = "ordered", _("In an order")
        EXPIRED = "expired", _("Given back")

    sale = models.ForeignKey(HotSale, models.PROTECT, related_name="claims")
    buyer = models.ForeignKey("people.User", models.PROTECT, related_name="+")
    quantity = models.PositiveSmallIntegerField()
    status = models.CharField(max_length=8, choices=Status, default=Status.HELD)
    claimed_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    line = models.OneToOneField(
        "orders.OrderLine", models.PROTECT, null=True, related_name="hot_claim"
    )

    class Meta:
        indexes = [
            models.Index(fields=["expires_at"], condition=Q(status="held"), name="claim_to_expire")
        ]
        constraints = [
            models.UniqueConstraint(fields=["sale", "buyer"], name="one_claim_per_buyer"),
            models.CheckConstraint(condition=Q(quantity__gte=1), name="claim_is_of_something"),
            models.CheckConstraint(
                condition=Q(status__in=["held", "ordered", "expired"]),
                name="claim_status_is_known",
            ),
        ]

    def is_kept_at(self, now: datetime) -> bool:
        """The buyer can still order it."""
        return self.status == self.Status.HELD and now < self.expires_at
