"""The county's product pool (特色商品池): who proposed, who checked, and why something left."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from shanhuo.goods.choices import ExitReason
from shanhuo.kernel.ids import PublicIdField


class PoolEntry(models.Model):
    """One nomination of a product to its county's pool and everything that followed.

    Four checks are made by somebody other than the nominator: licence, certificate, stock, price.
    """

    class Status(models.TextChoices):
        NOMINATED = "nominated", _("Waiting for the check")
        ADMITTED = "admitted", _("In the pool")
        REFUSED = "refused", _("Not admitted")
        EXITED = "exited", _("Left the pool")

    public_id = PublicIdField()
    product = models.ForeignKey("Product", models.PROTECT, related_name="pool_entries")
    county = models.ForeignKey("regions.County", models.PROTECT, related_name="+")
    status = models.CharField(max_length=10, choices=Status, default=Status.NOMINATED)
    reason = models.CharField(_("why it deserves a place"), max_length=300)
    nominated_by = models.ForeignKey("people.User", models.PROTECT, related_name="+")
    nominated_at = models.DateTimeField()
    licence_ok = models.BooleanField(default=False)
    certificate_ok = models.BooleanField(default=False)
    stock_ok = models.BooleanField(default=False)
    price_ok = models.BooleanField(default=False)
    check_note = models.CharField(_("note on the check"), max_length=300, blank=True)
    checked_by = models.ForeignKey("people.User", models.PROTECT, null=True, related_name="+")
    checked_at = models.DateTimeField(null=True)
    exit_reason = models.CharField(max_length=12, choices=ExitReason, blank=True)
    exit_note = models.CharField(_("note on the exit"), max_length=300, blank=True)
    exited_by = models.ForeignKey("people.User", models.PROTECT, null=True, related_name="+")
    exited_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["county", "status", "-checked_at"], name="pool_by_county")]
        constraints = [
            models.UniqueConstraint(
                fields=["product"],
                condition=Q(status__in=["nominated", "admitted"]),
                name="pool_has_a_product_once",
            ),
            models.CheckConstraint(
                condition=Q(checked_by=None) | ~Q(checked_by=F("nominated_by")),
                name="pool_checked_by_another_person",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["nominated", "refused"])
                | Q(licence_ok=True, certificate_ok=True, stock_ok=True, price_ok=True),
                name="pool_admits_after_four_checks",
            ),
            models.CheckConstraint(
                condition=~Q(status="exited") | ~Q(exit_reason=""), name="pool_exit_has_a_reason"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.product}: {self.status}"
