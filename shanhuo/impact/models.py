"""Roll-ups of the two logs, what was published from them, and notes about both."""

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from shanhuo.kernel import ids


class Fill(models.Model):
    """How far one log is counted: the day stands in the cells as it was when the log held
    `entry_count` entries of that day. A day without a row was never counted; a day with a row and
    without cells is zero; of a damaged day files are missing or broken, so its number is withheld.
    """

    class Log(models.TextChoices):
        FACTS = "facts"
        SIGNALS = "signals"

    log = models.CharField(max_length=7, choices=Log)
    day = models.DateField()
    entry_count = models.PositiveBigIntegerField()
    filled_at = models.DateTimeField()
    is_damaged = models.BooleanField(default=False)

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
        indexes = [
            models.Index(fields=["grain", "start", "metric"], name="cell_by_time"),
            # Holds all that a ranking of counties asks, so that no row is fetched for it.
            models.Index(
                fields=["metric", "grain", "product", "start", "county", "value"],
                name="cell_by_metric",
            ),
        ]


class ExposureDay(models.Model):
    """What the feed showed on one day, by creator and county; `state` as `fairness.Tally` packs it.
    It is filled with the day's signals."""

    day = models.DateField(unique=True)
    state = models.BinaryField()


class CreatorDay(models.Model):
    """What one day left of every creator; `state` as `survival.traces` packs it. It is filled with
    the day's signals."""

    day = models.DateField(unique=True)
    state = models.BinaryField()


class SurvivalNote(models.Model):
    """What had become of creators by the end of a day: {"" or programme: `survival.Survival`}."""

    day = models.DateField(unique=True)
    noted_at = models.DateTimeField()
    figures = models.JSONField()


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


class Examination(models.Model):
    """An auditor counts one figure again and puts a name to it (审计签认), or objects.

    `shown` is what the roll-ups said and `recounted` what the raw logs gave; `fingerprint` covers
    every entry that was read, however the log is cut into files, and `evidence` lists the days and
    the files. A signature holds as long as both numbers and the fingerprint stay what they were.
    """

    class Status(models.TextChoices):
        COUNTING = "counting", _("being recounted")
        COUNTED = "counted", _("waits for a decision")
        UNREADABLE = "unreadable", _("log not readable")
        SIGNED = "signed", _("audited")
        OBJECTED = "objected", _("objected")
        VOID = "void", _("sign-off void")

    public_id = ids.PublicIdField()
    metric = models.CharField(max_length=24)
    county = models.CharField(max_length=6, blank=True)
    product = models.CharField(max_length=16, blank=True)
    since_day = models.DateField()
    until_day = models.DateField()
    organisation = models.ForeignKey("people.Organisation", models.PROTECT, related_name="+")
    auditor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    is_named = models.BooleanField(
        default=False, help_text="The auditor agreed that their own name is shown."
    )
    status = models.CharField(max_length=10, choices=Status, default=Status.COUNTING)
    opened_at = models.DateTimeField()
    days_read = models.PositiveIntegerField(default=0)
    shown = models.BigIntegerField(null=True)
    recounted = models.BigIntegerField(null=True)
    entry_count = models.PositiveBigIntegerField(null=True)
    fingerprint = models.CharField(max_length=64, blank=True)
    evidence = models.JSONField(default=dict)
    decided_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=400, blank=True)
    checked_at = models.DateTimeField(null=True)
    voided_at = models.DateTimeField(null=True)
    found_later = models.BigIntegerField(
        null=True, help_text="What a later count gave that made the sign-off void."
    )

    class Meta:
        ordering = ["-opened_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    status__in=[
                        "counting",
                        "counted",
                        "unreadable",
                        "signed",
                        "objected",
                        "void",
                    ]
                ),
                name="examination_status_is_known",
            ),
            models.CheckConstraint(
                condition=~Q(status="signed")
                | Q(shown=F("recounted"), decided_at__isnull=False, fingerprint__gt=""),
                name="only_what_was_recounted_is_signed",
            ),
            models.CheckConstraint(
                condition=~Q(status="void") | Q(voided_at__isnull=False),
                name="void_examination_says_since_when",
            ),
            models.UniqueConstraint(
                fields=["metric", "county", "product", "since_day", "until_day"],
                condition=Q(status__in=["counting", "counted", "signed"]),
                name="one_living_examination_per_figure",
            ),
        ]
        indexes = [
            models.Index(fields=["county", "product", "status"], name="examination_by_place")
        ]

    @property
    def moment(self) -> datetime:
        """When what its status says came about."""
        return self.voided_at or self.decided_at or self.opened_at

    @property
    def day_count(self) -> int:
        return (self.until_day - self.since_day).days + 1

    @property
    def signer(self) -> str:
        """The organisation, and the person if they agreed to be named."""
        named = self.auditor if self.is_named else None
        return f"{self.organisation.name} · {named}" if named else self.organisation.name
