"""The unit a buyer takes, what it costs, and where every fen of the price goes."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from shanhuo.kernel.ids import PublicIdField

_CHAIN_SUM = (
    F("farm_gate_fen")
    + F("packing_fen")
    + F("freight_fen")
    + F("platform_fee_fen")
    + F("commission_fen")
)


class PriceParts(models.Model):
    """The price chain (价格构成): five parts in fen that add up to the retail price exactly."""

    price_fen = models.PositiveIntegerField(help_text="Retail, tax included, in fen.")
    farm_gate_fen = models.PositiveIntegerField(help_text="Paid at the farm gate (产地收购).")
    packing_fen = models.PositiveIntegerField(default=0, help_text="Sorting, packing, co-op work.")
    freight_fen = models.PositiveIntegerField(default=0, help_text="To the buyer's door.")
    platform_fee_fen = models.PositiveIntegerField(default=0)
    commission_fen = models.PositiveIntegerField(
        default=0, help_text="To the creator who brought the buyer."
    )

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                condition=Q(price_fen=_CHAIN_SUM), name="%(class)s_parts_add_up_to_price"
            ),
            models.CheckConstraint(
                condition=Q(price_fen__gt=0), name="%(class)s_price_is_not_zero"
            ),
        ]


class Sku(PriceParts):
    """The unit a buyer puts in a basket (最小销售单元), e.g. one 5 斤 box of plums.

    `stock_count` is what the warehouse has; `held_count` is the part promised to unpaid orders.
    A buyer can take the difference, as far as the product's lots still hold the grams.
    """

    public_id = PublicIdField()
    product = models.ForeignKey("Product", models.PROTECT, related_name="skus")
    name = models.CharField(_("size or packing"), max_length=40)
    grams_per_unit = models.PositiveIntegerField(_("grams per unit"))
    stock_count = models.PositiveIntegerField(_("units in stock"), default=0)
    held_count = models.PositiveIntegerField(default=0, editable=False)
    is_active = models.BooleanField(default=True)
    price_number = models.PositiveIntegerField(default=1, editable=False)

    class Meta(PriceParts.Meta):
        constraints = [
            *PriceParts.Meta.constraints,
            models.CheckConstraint(
                condition=Q(held_count__lte=F("stock_count")), name="sku_holds_no_more_than_stock"
            ),
            models.CheckConstraint(condition=Q(grams_per_unit__gt=0), name="sku_weighs_something"),
            models.UniqueConstraint(fields=["product", "name"], name="sku_name_once_per_product"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def free_count(self) -> int:
        """Units in stock that no unpaid order holds; the lots may allow fewer."""
        return self.stock_count - self.held_count


class PriceVersion(PriceParts):
    """A price that a SKU has had, from `set_at` until the next number. Never changed."""

    sku = models.ForeignKey(Sku, models.PROTECT, related_name="prices")
    number = models.PositiveIntegerField()
    set_at = models.DateTimeField()
    set_by = models.ForeignKey("people.User", models.PROTECT, null=True, related_name="+")

    class Meta(PriceParts.Meta):
        ordering = ["-number"]
        constraints = [
            *PriceParts.Meta.constraints,
            models.UniqueConstraint(fields=["sku", "number"], name="sku_price_number_once"),
        ]

    def __str__(self) -> str:
        return f"{self.sku} no. {self.number}"
