"""What reached a household."""

from django.db import models
from django.db.models import Q

from shanhuo.kernel.ids import PublicIdField
from shanhuo.orders.choices import SlipMeans


def kilograms(grams: int) -> str:
    """12500 -> "12.5"; -250 -> "-0.25"."""
    return f"{grams / 1000:.3f}".rstrip("0").rstrip(".")


class PurchaseSlip(models.Model):
    """A cooperative bought from a household (收购单): weight, price, and what other buyers in the
    place paid that day, so that the difference is the household's gain.

    Never changed. A mistake is taken back by a slip of negatives that names it in `reverses`.
    """

    public_id = PublicIdField()
    merchant = models.ForeignKey("people.Organisation", models.PROTECT, related_name="+")
    household = models.ForeignKey("people.Household", models.PROTECT, related_name="+")
    household_key = models.CharField(
        max_length=32, help_text="Tells households apart in facts; outlives a withdrawn consent."
    )
    household_kind = models.CharField(max_length=10)
    product = models.ForeignKey("goods.Product", models.PROTECT, related_name="+")
    lot = models.ForeignKey("goods.Lot", models.PROTECT, related_name="+")
    county = models.ForeignKey("regions.County", models.PROTECT, related_name="+")
    grams = models.BigIntegerField()
    price_fen_per_kg = models.PositiveIntegerField()
    baseline_fen_per_kg = models.PositiveIntegerField(help_text="Local buyers' price that day.")
    paid_fen = models.BigIntegerField()
    baseline_fen = models.BigIntegerField(help_text="What local buyers would have paid.")
    means = models.CharField(max_length=8, choices=SlipMeans)
    bought_on = models.DateField()
    made_at = models.DateTimeField()
    made_by = models.ForeignKey("people.User", models.PROTECT, related_name="+")
    reverses = models.OneToOneField("self", models.PROTECT, null=True, related_name="reversed_by")

    class Meta:
        indexes = [
            models.Index(fields=["merchant", "-bought_on"], name="slips_of_a_merchant"),
            models.Index(fields=["lot"], name="slips_of_a_lot"),
            models.Index(fields=["household", "-bought_on"], name="slips_of_a_household"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(reverses=None, grams__gt=0, paid_fen__gt=0, baseline_fen__gte=0)
                | Q(reverses__isnull=False, grams__lt=0, paid_fen__lt=0, baseline_fen__lte=0),
                name="slip_pays_or_reverses",
            )
        ]

    @property
    def kilograms(self) -> str:
        return kilograms(self.grams)

    @property
    def premium_fen(self) -> int:
        """Paid above the local baseline (增收)."""
        return self.paid_fen - self.baseline_fen
