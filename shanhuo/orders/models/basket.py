"""Before an order: what a buyer wants, where it shall go, and what the way costs."""

from typing import Self

from django.db import models
from django.db.models import F, Q

from shanhuo.kernel.encryption import EncryptedTextField
from shanhuo.kernel.ids import PublicIdField
from shanhuo.orders.choices import Funder

LARGEST_QUANTITY = 999


class Address(models.Model):
    """Where a buyer lets parcels go. Only the county is readable in the database: freight needs it.

    An address is never changed: an edit makes a new one and removes the old.
    """

    public_id = PublicIdField()
    owner = models.ForeignKey("people.User", models.CASCADE, related_name="+")
    county = models.ForeignKey("regions.County", models.PROTECT, related_name="+")
    recipient = EncryptedTextField()
    phone = EncryptedTextField()
    street = EncryptedTextField()
    is_default = models.BooleanField(default=False)
    removed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["owner"],
                condition=Q(is_default=True, removed_at=None),
                name="one_default_address",
            )
        ]


class BasketLineQuerySet(models.QuerySet["BasketLine"]):
    def priced(self) -> Self:
        """With what a price and an order line are made of, and no column more: this is the hottest
        query of a checkout."""
        sku = "public_id name price_fen farm_gate_fen packing_fen freight_fen platform_fee_fen"
        sku += " commission_fen grams_per_unit"
        return self.select_related(
            "sku__product__merchant", "sku__product__county", "creator"
        ).only(
            *("buyer_id", "quantity", "via_post", "via_exposure", "via_session", "credit"),
            "creator__public_id",
            *(f"sku__{name}" for name in sku.split()),
            *("sku__product__public_id", "sku__product__title", "sku__product__county__adcode"),
            *("sku__product__merchant__public_id", "sku__product__merchant__name"),
        )


class BasketLine(models.Model):
    """A wish, not a promise: no stock is held for it, and its price is read anew at checkout."""

    buyer = models.ForeignKey("people.User", models.CASCADE, related_name="+")
    sku = models.ForeignKey("goods.Sku", models.CASCADE, related_name="+")
    quantity = models.PositiveSmallIntegerField()
    creator = models.ForeignKey("people.Organisation", models.SET_NULL, null=True, related_name="+")
    via_post = models.CharField(max_length=16, blank=True, help_text="Public id of the post.")
    via_exposure = models.CharField(max_length=80, blank=True, help_text="Slot that was shown.")
    via_session = models.CharField(
        max_length=16, blank=True, default="", help_text="Public id of the live session."
    )
    credit = models.JSONField(
        default=list, help_text="[[organisation id, basis points], …] of a session's creators."
    )
    changed_at = models.DateTimeField()

    objects = BasketLineQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["buyer", "sku"], name="one_basket_line_per_sku"),
            models.CheckConstraint(
                condition=Q(quantity__gte=1, quantity__lte=LARGEST_QUANTITY),
                name="basket_quantity_is_sane",
            ),
        ]


class FreightRule(models.Model):
    """What a merchant asks for sending a parcel (运费模板). Without a rule, sending is free.

    The first kilogram costs `base_fen`, each further one begun `per_kg_fen`. Goods for
    `free_over_fen` or more travel free, except that remote provinces always add their surcharge.
    """

    merchant = models.OneToOneField("people.Organisation", models.CASCADE, related_name="+")
    base_fen = models.PositiveIntegerField()
    per_kg_fen = models.PositiveIntegerField()
    free_over_fen = models.PositiveIntegerField(null=True)
    remote_fen = models.PositiveIntegerField(default=0)


class PriceCut(models.Model):
    """Some fen off every unit of a SKU for a while (限时立减), paid for by `funder`."""

    public_id = PublicIdField()
    sku = models.ForeignKey("goods.Sku", models.PROTECT, related_name="+")
    off_fen = models.PositiveIntegerField()
    funder = models.CharField(max_length=8, choices=Funder)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    made_by = models.ForeignKey("people.User", models.PROTECT, related_name="+")

    class Meta:
        indexes = [models.Index(fields=["sku", "ends_at"], name="price_cut_of_sku")]
        constraints = [
            models.CheckConstraint(condition=Q(off_fen__gt=0), name="price_cut_takes_something"),
            models.CheckConstraint(
                condition=Q(starts_at__lt=F("ends_at")), name="price_cut_ends_after_it_starts"
            ),
        ]
