"""What is for sale, how it is described, and the standard it is sorted to."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from shanhuo.goods.choices import Category
from shanhuo.kernel.ids import PublicIdField


class Product(models.Model):
    """One thing a merchant (店铺) sells, from one county. Its SKUs are the sizes it comes in.

    A draft is seen by its merchant only. `season_mask` has bit 0 for January … bit 11 for December:
    the months in which it is fresh on the market; `goods.season` reads and writes it.
    """

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        LISTED = "listed", _("On sale")
        UNLISTED = "unlisted", _("Taken off sale")

    public_id = PublicIdField()
    merchant = models.ForeignKey("people.Organisation", models.PROTECT, related_name="+")
    county = models.ForeignKey("regions.County", models.PROTECT, related_name="+")
    brand = models.ForeignKey("Brand", models.PROTECT, null=True, blank=True, related_name="+")
    title = models.CharField(_("title"), max_length=60)
    category = models.CharField(_("category"), max_length=12, choices=Category)
    story = models.TextField(_("story"), max_length=4000, blank=True)
    storage_note = models.CharField(_("how to keep it"), max_length=300, blank=True)
    eating_note = models.CharField(_("how to eat it"), max_length=300, blank=True)
    licence_number = models.CharField(_("food production licence"), max_length=40, blank=True)
    season_mask = models.PositiveSmallIntegerField(default=0)
    status = models.CharField(max_length=10, choices=Status, default=Status.DRAFT)
    created_at = models.DateTimeField()
    listed_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        indexes = [
            models.Index(fields=["county", "status", "-listed_at"], name="product_by_county"),
            models.Index(fields=["merchant", "-created_at"], name="product_by_merchant"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(season_mask__lt=1 << 12), name="product_season_is_twelve_months"
            ),
            models.CheckConstraint(
                condition=~Q(status="listed") | Q(listed_at__isnull=False),
                name="product_listed_at_some_time",
            ),
        ]

    def __str__(self) -> str:
        return self.title


class ProductStandard(models.Model):
    """What a buyer may expect of every piece (产品标准). Listing is refused without it."""

    product = models.OneToOneField(Product, models.CASCADE, related_name="standard")
    grade = models.CharField(_("grade"), max_length=30)
    size = models.CharField(_("size"), max_length=60)
    sugar = models.CharField(_("sugar"), max_length=30, blank=True)
    packing = models.CharField(_("packing"), max_length=120)
    inspection = models.CharField(_("inspection"), max_length=200)

    def __str__(self) -> str:
        return f"{self.product}: {self.grade}"


class ProductPhoto(models.Model):
    """One picture, already re-encoded: no original and no EXIF is kept.

    `name` is the random stem of six files under media/goods/:
    `<name>-{large,small,thumb}.{webp,jpg}`. The first by position is the cover.
    """

    product = models.ForeignKey(Product, models.CASCADE, related_name="photos")
    position = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=32, unique=True)
    width = models.PositiveSmallIntegerField()
    height = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(
                fields=["product", "position"], name="product_photo_position_once"
            )
        ]

    def __str__(self) -> str:
        return self.name
