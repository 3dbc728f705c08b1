"""The goods of a session (小黄车), and when each was talked about."""

from django.db import models
from django.db.models import Q

from shanhuo.live.models.session import Session
from shanhuo.live.states import ExplainState, UnpinReason


class ShowcaseItem(models.Model):
    """A product in the showcase. It stays in the record after it was taken off."""

    session = models.ForeignKey(Session, models.PROTECT, related_name="items")
    product = models.ForeignKey("goods.Product", models.PROTECT, related_name="+")
    brought_by = models.ForeignKey(
        "live.Cast", models.PROTECT, null=True, related_name="+", help_text="Of a co-stream."
    )
    hot_sale = models.ForeignKey(
        "orders.HotSale", models.PROTECT, null=True, related_name="+", help_text="限时限量"
    )
    position = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=10, choices=ExplainState, default=ExplainState.WAITING)
    pinned_at = models.DateTimeField(null=True, help_text="On the screen since; null: not pinned.")
    added_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True)
    passed_by = models.ForeignKey(
        "people.User",
        models.PROTECT,
        null=True,
        related_name="+",
        help_text="Who looked at it when it came after the check before air.",
    )
    passed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["session", "product"],
                condition=Q(removed_at__isnull=True),
                name="product_once_in_showcase",
            ),
            models.UniqueConstraint(
                fields=["session"],
                condition=Q(pinned_at__isnull=False),
                name="one_pinned_item",
            ),
            models.UniqueConstraint(
                fields=["session"],
                condition=Q(state="explaining"),
                name="one_item_being_explained",
            ),
        ]


class Pin(models.Model):
    """A price that stood on the screen: what viewers were shown, from when to when, and why not
    longer."""

    item = models.ForeignKey(ShowcaseItem, models.PROTECT, related_name="pins")
    price_fen = models.PositiveIntegerField(
        help_text="Lowest price then: of the sizes, or of a limited offer."
    )
    pinned_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    ended_why = models.CharField(max_length=9, choices=UnpinReason, blank=True)


class Explanation(models.Model):
    """When a product was talked about: a chapter of the replay, and its explain clip (讲解回放)."""

    item = models.ForeignKey(ShowcaseItem, models.PROTECT, related_name="explanations")
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)


class CouponOut(models.Model):
    """Coupons that the hosts gave out in the room: which, from when to when."""

    session = models.ForeignKey(Session, models.PROTECT, related_name="coupons_out")
    batch = models.ForeignKey("orders.CouponBatch", models.PROTECT, related_name="+")
    put_out_by = models.ForeignKey("people.User", models.PROTECT, related_name="+")
    put_out_at = models.DateTimeField()
    taken_back_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["session", "batch"],
                condition=Q(taken_back_at__isnull=True),
                name="coupons_out_once_in_a_room",
            )
        ]
