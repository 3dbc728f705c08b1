"""A lot with its certificate, and what of it is promised to whom."""

from datetime import date
from typing import Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from shanhuo.goods.choices import ProofMethod, Unit
from shanhuo.kernel.encryption import EncryptedTextField
from shanhuo.kernel.ids import PublicIdField


class LotQuerySet(models.QuerySet["Lot"]):
    def sellable_on(self, day: date) -> Self:
        """Certified, the harvest begun, and the certificate still valid on that Shanghai day."""
        return self.filter(status=Lot.Status.CERTIFIED, harvest_from__lte=day, valid_until__gte=day)


class Lot(models.Model):
    """One harvest of one product, with the fields of its certificate (承诺达标合格证).

    `declared_grams` is what the promiser vouches for; `committed_grams` is the part that orders
    hold or have bought. A unit is always filled from one lot, since mixing lots needs a new
    certificate. A draft may be incomplete; a certified lot never is, and never changes again.
    """

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        CERTIFIED = "certified", _("Certified")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    public_id = PublicIdField()
    product = models.ForeignKey("Product", models.PROTECT, related_name="lots")
    number = models.CharField(_("lot number"), max_length=30)
    goods_name = models.CharField(_("name of the goods"), max_length=60, blank=True)
    quantity = models.DecimalField(_("quantity"), max_digits=9, decimal_places=2, null=True)
    unit = models.CharField(_("unit"), max_length=5, choices=Unit, default=Unit.JIN)
    origin = models.CharField(_("origin"), max_length=120, blank=True)
    promiser = models.CharField(_("promised by"), max_length=60, blank=True)
    contact = EncryptedTextField(_("telephone"), blank=True, default="")
    shows_contact = models.BooleanField(_("show the whole number in public"), default=False)
    promises = models.JSONField(_("promises"), default=list)
    proof_method = models.CharField(
        _("basis of the promise"), max_length=10, choices=ProofMethod, blank=True
    )
    certificate_number = models.CharField(_("certificate number"), max_length=40, blank=True)
    issued_on = models.DateField(_("date of issue"), null=True)
    harvest_from = models.DateField(_("harvest begins"), null=True)
    harvest_until = models.DateField(_("harvest ends"), null=True)
    valid_until = models.DateField(_("sold until"), null=True)
    declared_grams = models.PositiveBigIntegerField(default=0, editable=False)
    committed_grams = models.PositiveBigIntegerField(default=0, editable=False)
    status = models.CharField(max_length=10, choices=Status, default=Status.DRAFT)
    created_at = models.DateTimeField()
    certified_at = models.DateTimeField(null=True, editable=False)
    certified_by = models.ForeignKey(
        "people.User", models.PROTECT, null=True, editable=False, related_name="+"
    )

    objects = LotQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["product", "status", "valid_until"], name="lot_to_sell")]
        constraints = [
            models.CheckConstraint(
                condition=Q(committed_grams__lte=F("declared_grams")),
                name="lot_sells_no_more_than_declared",
            ),
            models.CheckConstraint(
                condition=Q(status="draft")
                | Q(
                    declared_grams__gt=0,
                    quantity__isnull=False,
                    issued_on__isnull=False,
                    harvest_from__isnull=False,
                    harvest_until__isnull=False,
                    valid_until__isnull=False,
                    certified_at__isnull=False,
                ),
                name="lot_certified_is_complete",
            ),
            models.CheckConstraint(
                condition=Q(harvest_until__gte=F("harvest_from")),
                name="lot_harvest_ends_after_it_begins",
            ),
            models.CheckConstraint(
                condition=Q(valid_until__gte=F("harvest_from")),
                name="lot_valid_after_harvest_begins",
            ),
            models.UniqueConstraint(fields=["product", "number"], name="lot_number_once"),
        ]

    def __str__(self) -> str:
        return f"{self.goods_name} {self.number}"

    @property
    def free_grams(self) -> int:
        return self.declared_grams - self.committed_grams


class StockShare(models.Model):
    """So many units of a SKU, out of one lot, promised under one reference (an order's public id).

    This is what makes giving back exact, and what answers a recall: which orders hold this lot.
    """

    class Status(models.TextChoices):
        HELD = "held", _("Held")
        TAKEN = "taken", _("Taken")
        RETURNED = "returned", _("Given back")

    reference = models.CharField(max_length=40)
    sku = models.ForeignKey("Sku", models.PROTECT, related_name="+")
    lot = models.ForeignKey(Lot, models.PROTECT, related_name="shares")
    unit_count = models.PositiveIntegerField()
    grams = models.PositiveBigIntegerField()
    status = models.CharField(max_length=8, choices=Status, default=Status.HELD)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["reference", "sku", "lot"], name="stock_share_once_per_reference"
            ),
            models.CheckConstraint(condition=Q(unit_count__gt=0), name="stock_share_not_empty"),
        ]

    def __str__(self) -> str:
        return f"{self.reference}: {self.unit_count}"
