"""Parcels."""

from django.db import models
from django.db.models import Q

from shanhuo.kernel.ids import PublicIdField
from shanhuo.orders.choices import Carrier


class Shipment(models.Model):
    """One parcel handed to a carrier; an order may need several."""

    public_id = PublicIdField()
    order = models.ForeignKey("orders.Order", models.PROTECT, related_name="shipments")
    carrier = models.CharField(max_length=8, choices=Carrier)
    tracking_number = models.CharField(max_length=40)
    shipped_at = models.DateTimeField()
    shipped_by = models.ForeignKey("people.User", models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["order", "carrier", "tracking_number"], name="parcel_once_per_order"
            )
        ]


class ShipmentLine(models.Model):
    """Units of an order line that travel in a parcel."""

    shipment = models.ForeignKey(Shipment, models.CASCADE, related_name="lines")
    line = models.ForeignKey("orders.OrderLine", models.PROTECT, related_name="+")
    quantity = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(quantity__gte=1), name="parcel_line_has_a_quantity")
        ]
