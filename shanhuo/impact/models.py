"""Roll-ups of the two logs, what was published from them, and notes about both."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from shanhuo.kernel import ids


class Fill(models.Model):
    """How far one log is counted: the day stands in the cells as it was when the log held
    `entry_count` entries of that day. A day without a row was never counted; a day with a row and
    without cells is zero.
    """

    class Log(models.TextChoices):
        FACTS = "facts"
        SIGNALS = "signals"

    log = models.CharField(max_length=7, choices=Log)
    day = models.DateField()
    entry_count = models.PositiveBigIntegerField()
    filled_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["log", "day"], name="one_fill_per_log_day")]


class Cell(models.Model):
    """One metric of one place in one hour or one day of Shanghai. Zeros are not stored.

    `county` is an adcode, "" the whole country; `product` a public id, "" all products. The whole
    has rows of its own, because an order with goods of two counties is still one order. A cell of
    distinct viewers has a `state` (see sketch.py) and only exists by the day.
    """

    class Grain(models.TextChoices):
        HOUR = "hour"
        DAY = "day"

    metric = models.CharField(max_length=24)
    county = models.CharField(max_length=6, blank=True)
    product = models.CharField(max_length=16, blank=True)
    grain = models.CharField(max_length=4, choices=Grain)
    start = models.DateTimeField()
    value = models.BigIntegerField()
    state = models.BinaryField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["county", "product", "grain", "start", "metric"], name="one_cell_per_place"
            ),
            models.CheckConstraint(condition=~Q(value=0), name="zero_cells_are_not_stored"),
        ]
        indexes = [models.Index(fields=["grain", "start", "metric"], name="cell_by_time")]


class HouseholdDay(models.Model):
    """What one household was paid for one product on one day; `household` is a keyed hash.

    Households are counted distinct over any window, and small groups must be found before they are
    published, so their roll-up keeps them apart. It is never shown row by row.
    """

    county = models.CharField(max_length=6)
    product = models.CharField(max_length=16)
    household = models.CharField(max_length=64)
    day = models.DateField()
    paid_fen = models.BigIntegerField()
    gain_fen = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["county", "product", "day", "household"], name="one_row_per_household_day"
            )
        ]


class PostProduct(models.Model):
    """Which product a post is about, as its publication said: for traffic figures by product."""

    post_id = models.BigIntegerField(primary_key=True)
    product = models.ForeignKey("goods.Product", models.CASCADE, related_name="+")


class Project(models.Model):
    """A support project (助农项目): one product of one county over some days.

    Two projects of a product may not overlap, or their figures could be subtracted from each other.
    """

    public_id = ids.PublicIdField()
    county = models.ForeignKey("regions.County", models.PROTECT, related_name="+")
    product = models.ForeignKey("goods.Product", models.PROTECT, related_name="+")
    name = models.CharField(max_length=80)
    starts_on = models.DateField()
    ends_on = models.DateField()

    class Meta:
        ordering = ["-starts_on", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_on__gte=F("starts_on")), name="project_ends_after_it_starts"
            )
        ]

    def __str__(self) -> str:
        return self.name


class Release(models.Model):
    """What was published about the households of a county, from its first slip (`since_day`)
    through `through_day`.

    Figures about households change only by a release, and a release is made only when at least ten
    households stand behind the change, so that two pages seen one after the other tell nobody's
    income. `figures` is {product or "": {metric: number} or null}; null is suppressed. Never
    overwritten.
    """

    county = models.CharField(max_length=6)
    since_day = models.DateField()
    through_day = models.DateField()
    released_at = models.DateTimeField()
    figures = models.JSONField()

    class Meta:
        ordering = ["county", "-through_day"]
        constraints = [
            models.UniqueConstraint(
                fields=["county", "through_day"], name="one_release_per_county_day"
            )
        ]


class Check(models.Model):
    """A figure of the roll-ups, beside the same figure recounted from the logs by night."""

    at = models.DateTimeField()
    metric = models.CharField(max_length=24)
    county = models.CharField(max_length=6, blank=True)
    since_day = models.DateField()
    until_day = models.DateField()
    rolled_up = models.BigIntegerField()
    recounted = models.BigIntegerField()

    class Meta:
        ordering = ["-at", "-pk"]

    @property
    def is_equal(self) -> bool:
        return self.rolled_up == self.recounted


class Erratum(models.Model):
    """A published figure that was wrong, and what is right; it stays on the metric's page."""

    metric = models.CharField(max_length=24)
    county = models.ForeignKey(
        "regions.County", models.PROTECT, null=True, blank=True, related_name="+"
    )
    noted_on = models.DateField()
    text_zh = models.CharField(_("Text in Chinese"), max_length=400)
    text_en = models.CharField(_("Text in English"), max_length=400, blank=True)

    class Meta:
        ordering = ["-noted_on", "-pk"]
        verbose_name_plural = "errata"
