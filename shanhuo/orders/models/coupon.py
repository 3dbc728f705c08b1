"""Coupons (优惠券): so much off goods for so much or more (满减)."""

from datetime import datetime

from django.db import models
from django.db.models import F, Q

from shanhuo.kernel import money
from shanhuo.kernel.ids import PublicIdField
from shanhuo.orders.choices import CouponState


class CouponBatch(models.Model):
    """Coupons of one merchant (一批优惠券): `off_fen` off goods for `threshold_fen` or more.

    The platform bears `platform_basis_points` of what a coupon takes off, the merchant the rest;
    nobody can take one before the platform has agreed to its part. `left_count` is what nobody has
    taken. Stopping ends the taking; a coupon that somebody has is good until `use_by`.
    """

    public_id = PublicIdField()
    merchant = models.ForeignKey("people.Organisation", models.PROTECT, related_name="+")
    products = models.ManyToManyField(
        "goods.Product", related_name="+", help_text="None: all goods of the merchant."
    )
    threshold_fen = models.PositiveIntegerField(help_text="Goods after price cuts, no freight.")
    off_fen = models.PositiveIntegerField()
    platform_basis_points = models.PositiveSmallIntegerField(default=0)
    stock_count = models.PositiveIntegerField()
    left_count = models.PositiveIntegerField()
    per_person = models.PositiveSmallIntegerField(default=1)
    opens_at = models.DateTimeField()
    closes_at = models.DateTimeField()
    use_by = models.DateTimeField()
    session = models.CharField(
        max_length=16,
        blank=True,
        default="",
        help_text="Public id of the live session in which alone they can be taken.",
    )
    made_by = models.ForeignKey("people.User", models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    agreed_at = models.DateTimeField(null=True, help_text="Whoever bears a part has agreed.")
    stopped_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["merchant", "-opens_at"], name="coupons_of_merchant"),
            models.Index(
                fields=["made_at"],
                condition=Q(agreed_at=None, stopped_at=None),
                name="coupons_to_agree_to",
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(left_count__lte=F("stock_count")), name="coupons_left_within_stock"
            ),
            models.CheckConstraint(
                condition=Q(off_fen__gte=1, off_fen__lt=F("threshold_fen")),
                name="coupon_leaves_something_to_pay",
            ),
            models.CheckConstraint(
                condition=Q(platform_basis_points__lte=money.BASIS_POINTS),
                name="coupon_share_is_a_share",
            ),
            models.CheckConstraint(condition=Q(per_person__gte=1), name="coupons_for_somebody"),
            models.CheckConstraint(
                condition=Q(opens_at__lt=F("closes_at"), closes_at__lte=F("use_by")),
                name="coupon_times_in_order",
            ),
        ]

    def state_at(self, now: datetime) -> CouponState:
        """By the platform's clock."""
        if self.stopped_at is not None:
            return CouponState.STOPPED
        if now >= self.closes_at:
            return CouponState.OVER
        if self.agreed_at is None:
            return CouponState.WAITING
        if now < self.opens_at:
            return CouponState.COMING
        return CouponState.OPEN if self.left_count else CouponState.ALL_TAKEN


class Coupon(models.Model):
    """One person's coupon. `order` is what it is used for; empty again if that comes to nothing.

    `person_key` tells persons apart by telephone, whatever account they use: within the batch only,
    so that it leads to nothing else, and until nobody can take one any more.
    """

    public_id = PublicIdField()
    batch = models.ForeignKey(CouponBatch, models.PROTECT, related_name="coupons")
    holder = models.ForeignKey("people.User", models.PROTECT, related_name="+")
    person_key = models.CharField(max_length=32)
    number = models.PositiveSmallIntegerField(help_text="1, 2, … of this person's.")
    taken_at = models.DateTimeField()
    via_session = models.CharField(
        max_length=16, blank=True, default="", help_text="Public id of the live session."
    )
    order = models.OneToOneField("orders.Order", models.PROTECT, null=True, related_name="coupon")
    used_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["holder"], condition=Q(order=None), name="coupons_to_use"),
            models.Index(fields=["holder", "-taken_at"], name="coupons_of_holder"),
            models.Index(
                fields=["via_session"], condition=~Q(via_session=""), name="coupons_of_session"
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["batch", "person_key", "number"], name="coupon_once_per_person_and_number"
            ),
            models.CheckConstraint(
                condition=Q(order=None, used_at=None)
                | Q(order__isnull=False, used_at__isnull=False),
                name="coupon_is_used_for_an_order",
            ),
        ]
