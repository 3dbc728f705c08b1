"""Products, the units they are sold in, and the lots they come from."""

from django.db import models
from django.db.models import F, Q

from shanhuo.kernel.ids import PublicIdField


class Product(models.Model):
    """Something a county's merchant sells under one title, e.g. "Wushan crisp plums"."""

    public_id = PublicIdField()
    merchant = models.ForeignKey("people.Organisation", models.PROTECT, related_name="+")
    county = models.ForeignKey("regions.County", models.PROTECT, related_name="+")
    title = models.CharField(max_length=60)

    def __str__(self) -> str:
        return self.title


class Sku(models.Model):
    """The unit a buyer puts in a basket (最小销售单元), e.g. one 250 g tin of tea.

    `stock_count` is what the warehouse has; `held_count` is the part promised to
    unpaid orders. A buyer can take the difference, never more.
    """

    public_id = PublicIdField()
    product = models.ForeignKey(Product, models.PROTECT, related_name="skus")
    name = models.CharField(max_length=40)
    price_fen = models.PositiveIntegerField(help_text="Tax included, in fen (分).")
    grams_per_unit = models.PositiveIntegerField()
    stock_count = models.PositiveIntegerField(default=0)
    held_count = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(held_count__lte=F("stock_count")),
                name="sku_holds_no_more_than_stock",
            ),
        ]


class Lot(models.Model):
    """A harvested batch under one certificate (承诺达标合格证).

    `declared_grams` is what the grower promises exists; no more than that is ever sold.
    """

    public_id = PublicIdField()
    product = models.ForeignKey(Product, models.PROTECT, related_name="lots")
    declared_grams = models.PositiveBigIntegerField()
    committed_grams = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(committed_grams__lte=F("declared_grams")),
                name="lot_sells_no_more_than_declared",
            ),
        ]
