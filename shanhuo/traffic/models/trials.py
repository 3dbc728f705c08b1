"""Trials (实验): what was promised before a grant began, and what was read at the planned looks."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from shanhuo.kernel.ids import PublicIdField
from shanhuo.traffic.models.grants import Grant


class Trial(models.Model):
    """A trial of one grant, registered before its start and never changed after.

    `spread` is the standard deviation between cells in the `before_days` before registration;
    `looks` are shares of the grant's days, rising to 1. `fingerprint` covers all of it; it also
    stands in the audit log's chain. A stopped trial lets everybody have the grant again.
    """

    class Metric(models.TextChoices):
        PLAYS = "plays", _("Plays")
        FOLLOWS = "follows", _("Follows")
        ORDERS = "orders", _("Paid orders")
        SALES = "sales", _("Paid sales")

    public_id = PublicIdField()
    grant = models.OneToOneField(Grant, models.PROTECT, related_name="trial")
    metric = models.CharField(max_length=7, choices=Metric)
    looks = models.JSONField()
    level = models.FloatField(default=0.95)
    power = models.FloatField(default=0.8)
    spread = models.FloatField()
    before_days = models.PositiveSmallIntegerField()
    fingerprint = models.CharField(max_length=64)
    registered_by = models.ForeignKey("people.User", models.PROTECT, related_name="+")
    registered_at = models.DateTimeField()
    stopped_at = models.DateTimeField(null=True)
    stop_reason = models.CharField(max_length=300, blank=True)


class Look(models.Model):
    """What one planned look found, read from the logs once they were complete, and kept.

    `found`: per metric [effect, low, high] of the whole supported half, in units of the metric.
    `unplaced_orders`: paid orders that no exposure leads to a viewer, so in no cell.
    """

    trial = models.ForeignKey(Trial, models.PROTECT, related_name="readings")
    number = models.PositiveSmallIntegerField()
    until = models.DateTimeField()
    read_at = models.DateTimeField()
    found = models.JSONField()
    unplaced_orders = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["trial", "number"], name="one_reading_per_look"),
        ]
