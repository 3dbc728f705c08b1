"""Traffic support (流量扶持): a programme's budget, the grants out of it, the contracts of each."""

from datetime import datetime, timedelta

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from shanhuo.kernel import clock
from shanhuo.kernel.ids import PublicIdField


class Means(models.TextChoices):
    """How a grant brings people to its objects; a word for reports, the feed treats all alike."""

    PRODUCT = "product", _("Leading to products")
    LIVE = "live", _("Live special")
    CREATOR = "creator", _("Recommended by creators")


class Placement(models.TextChoices):
    """Where the exposures of a contract are given out (资源位)."""

    FEED = "feed", _("Feed")
    BANNER = "banner", _("Banner")
    SPLASH = "splash", _("Opening card")


class Programme(models.Model):
    """A budget of exposures (never of money) for some days, and the rules of giving it out.

    Caps are exposures to one viewer in one day, for grants that name none of their own; where a
    programme has no cap for banners or opening cards, its grants must name one.
    """

    public_id = PublicIdField()
    name = models.CharField(max_length=60)
    purpose = models.TextField(max_length=1000)
    budget_count = models.PositiveBigIntegerField(help_text="In exposures.")
    starts_on = models.DateField()
    ends_on = models.DateField(help_text="The last day, included.")
    most_per_grant = models.PositiveBigIntegerField()
    floor_counties_only = models.BooleanField(
        default=False, help_text="Only for counties that the county floor serves."
    )
    feed_cap = models.PositiveSmallIntegerField(default=3)
    banner_cap = models.PositiveSmallIntegerField(default=3, null=True)
    splash_cap = models.PositiveSmallIntegerField(default=1, null=True)
    opened_by = models.ForeignKey("people.User", models.PROTECT, related_name="+")
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(budget_count__gt=0), name="programme_has_a_budget"),
            models.CheckConstraint(
                condition=Q(ends_on__gte=F("starts_on")), name="programme_ends_after_it_starts"
            ),
            models.CheckConstraint(
                condition=Q(most_per_grant__gt=0, most_per_grant__lte=F("budget_count")),
                name="programme_covers_its_largest_grant",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def caps(self) -> dict[Placement, int | None]:
        """By placement; None where a grant must name its own."""
        return {
            Placement.FEED: self.feed_cap,
            Placement.BANNER: self.banner_cap,
            Placement.SPLASH: self.splash_cap,
        }


class RateCard(models.Model):
    """What a thousand exposures of one means are worth from a day on. It values grants for
    reports; it is neither their unit nor a payment."""

    means = models.CharField(max_length=8, choices=Means)
    starts_on = models.DateField()
    fen_per_thousand = models.PositiveIntegerField()
    set_by = models.ForeignKey("people.User", models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["means", "starts_on"], name="one_rate_per_day"),
        ]


class Grant(models.Model):
    """Exposures asked for by a county (or an operator for it), and what became of the request.

    Two persons: whoever asked does not decide. `asked_count` is the sum of its contracts' quotas;
    the caps are exposures to one viewer in one day.
    """

    class Status(models.TextChoices):
        REQUESTED = "requested", _("Requested")
        APPROVED = "approved", _("Approved")
        RUNNING = "running", _("Running")
        ENDED = "ended", _("Ended")
        STOPPED = "stopped", _("Stopped")
        REFUSED = "refused", _("Refused")

    class Audience(models.TextChoices):
        EVERYONE = "everyone", _("Everyone")
        PROVINCE = "province", _("Viewers who chose a county of the same province")
        ELSEWHERE = "elsewhere", _("Viewers who did not choose the same county")

    public_id = PublicIdField()
    programme = models.ForeignKey(Programme, models.PROTECT, related_name="grants")
    county = models.ForeignKey("regions.County", models.PROTECT, related_name="+")
    title = models.CharField(max_length=60)
    reason = models.TextField(max_length=1000)
    means = models.CharField(max_length=8, choices=Means)
    status = models.CharField(max_length=9, choices=Status, default=Status.REQUESTED)
    asked_count = models.PositiveBigIntegerField()
    starts_on = models.DateField()
    ends_on = models.DateField(help_text="The last day, included.")
    audience = models.CharField(max_length=9, choices=Audience, default=Audience.EVERYONE)
    viewer_cap = models.PositiveSmallIntegerField(
        null=True, help_text="In the feed; None: it has nothing there."
    )
    banner_cap = models.PositiveSmallIntegerField(null=True, help_text="None: it has no banner.")
    splash_cap = models.PositiveSmallIntegerField(null=True, help_text="None: no opening card.")
    least_finish_percent = models.PositiveSmallIntegerField(
        default=0, help_text="Clips that fewer people finish, after 100 plays, are not supported."
    )
    is_pooled = models.BooleanField(
        default=False, help_text="What an object cannot use any more goes to the county."
    )
    requested_by = models.ForeignKey("people.User", models.PROTECT, related_name="+")
    requested_at = models.DateTimeField()
    decided_by = models.ForeignKey("people.User", models.PROTECT, related_name="+", null=True)
    decided_at = models.DateTimeField(null=True)
    decision_reason = models.CharField(max_length=300, blank=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(asked_count__gt=0), name="grant_asks_for_something"),
            models.CheckConstraint(
                condition=Q(ends_on__gte=F("starts_on")), name="grant_ends_after_it_starts"
            ),
            models.CheckConstraint(
                condition=Q(decided_by=None) | ~Q(decided_by=F("requested_by")),
                name="grant_is_decided_by_a_second_person",
            ),
        ]
        indexes = [models.Index(fields=["status", "starts_on"], name="grant_by_status")]

    def __str__(self) -> str:
        return self.title

    @property
    def begins_at(self) -> datetime:
        """From when it may be delivered: its first day, or the approval, if that came later."""
        first = clock.start_of(self.starts_on)
        return first if self.decided_at is None else max(first, self.decided_at)

    @property
    def caps(self) -> dict[Placement, int | None]:
        """By placement; None where it has nothing."""
        return {
            Placement.FEED: self.viewer_cap,
            Placement.BANNER: self.banner_cap,
            Placement.SPLASH: self.splash_cap,
        }


ON_AIR_FOR = timedelta(hours=1)


class Contract(models.Model):
    """So many exposures of one object (a county, village, creator, product, post or live session)
    in one placement.

    `quota_count` is what was asked for it; what was pooled since is in `pooled_count`, and the sum
    of both is promised. A contract that a pool made was asked for by nobody: its quota is 0.

    Its primary key is the number that signals carry as `grant`. `seen_count` is the highest count
    of its exposures that any process has read in the log: it bounds leases, and is only ever
    corrected by the booking. What counts is the ledger, and above it the log.
    """

    class Kind(models.TextChoices):
        COUNTY = "county", _("County")
        CREATOR = "creator", _("Creator")
        PRODUCT = "goods", _("Product")
        POST = "post", _("Clip")
        VILLAGE = "village", _("Village")
        SESSION = "session", _("Live session")

    class EndReason(models.TextChoices):
        DELIVERED = "delivered", _("All delivered")
        OVER = "over", _("Its days are over")
        STOPPED = "stopped", _("Stopped by an operator")
        WITHDRAWN = "withdrawn", _("The clip was withdrawn")
        BANNED = "banned", _("The account was suspended")
        NO_STOCK = "no_stock", _("The stock is sold out")
        EXITED = "exited", _("The product left the pool or the shop")
        ENDED = "ended", _("The session is over")
        CANCELLED = "cancelled", _("The session was cancelled")

    grant = models.ForeignKey(Grant, models.PROTECT, related_name="contracts")
    kind = models.CharField(max_length=7, choices=Kind)
    target = models.PositiveBigIntegerField(help_text="Adcode, or the row id of the object.")
    target_public_id = models.CharField(max_length=16, help_text="Adcode, or public id.")
    name = models.CharField(max_length=120, help_text="As it was called when it was asked for.")
    placement = models.CharField(max_length=6, choices=Placement, default=Placement.FEED)
    quota_count = models.PositiveBigIntegerField()
    pooled_count = models.BigIntegerField(
        default=0, help_text="Came from objects of the grant; negative: went to the county."
    )
    paced_from = models.DateTimeField(
        null=True, help_text="Where its straight line begins, since something was pooled."
    )
    day_cap = models.PositiveBigIntegerField(null=True, help_text="Exposures in one day, at most.")
    airs_at = models.DateTimeField(
        null=True, help_text="Of a session: when it begins, as announced, then as it did."
    )
    seen_count = models.PositiveBigIntegerField(default=0)
    seen_day = models.DateField(null=True)
    seen_on_day = models.PositiveBigIntegerField(default=0)
    excluded_count = models.PositiveBigIntegerField(default=0)
    ended_at = models.DateTimeField(null=True)
    end_reason = models.CharField(max_length=9, choices=EndReason, blank=True)
    settled_at = models.DateTimeField(null=True, help_text="When the rest went back.")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(quota_count__gt=0) | Q(pooled_count__gt=0), name="contract_has_a_quota"
            ),
            models.CheckConstraint(
                condition=Q(quota_count__gte=F("pooled_count") * -1),
                name="contract_pools_no_more_than_its_quota",
            ),
            models.UniqueConstraint(
                fields=["grant", "kind", "target", "placement"],
                name="one_contract_per_object_and_placement",
            ),
        ]
        indexes = [models.Index(fields=["kind", "target"], name="contract_by_object")]

    def __str__(self) -> str:
        return self.name

    @property
    def viewer_cap(self) -> int:
        """Exposures to one viewer in one day, at most."""
        return self.grant.caps[Placement(self.placement)] or 0

    @property
    def promised_count(self) -> int:
        """What it is to deliver in all, as of now."""
        return self.quota_count + self.pooled_count

    @property
    def begins_at(self) -> datetime:
        """Where its straight line begins: with its grant; of a session, when that begins; of a
        county that others are pooled under, later."""
        moments = (self.grant.begins_at, self.airs_at, self.paced_from)
        return max(one for one in moments if one is not None)

    @property
    def due_at(self) -> datetime:
        """When all of it should be delivered: with its grant, or, for a session, within an hour of
        air, since nobody knows how long it lasts."""
        ends = clock.start_of(self.grant.ends_on + timedelta(days=1))
        return ends if self.airs_at is None else min(ends, self.begins_at + ON_AIR_FOR)


class Lease(models.Model):
    """What one web process may have in the air of a contract: exposures it still may give out, and
    slots that it gave out and that may yet be charged.

    The holder renews it every few seconds. After `expires_at` the process counts as dead; what it
    had in the air is kept back until none of it can be charged any more, then it is free again.
    """

    contract = models.ForeignKey(Contract, models.CASCADE, related_name="leases")
    process = models.CharField(max_length=32)
    air_count = models.PositiveIntegerField()
    expires_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["contract", "process"], name="one_lease_per_process"),
        ]
