"""A live session, who is in it, and the takes it is made of."""

from django.db import models
from django.db.models import F, Q

from shanhuo.kernel.ids import PublicIdField
from shanhuo.live.states import CastRole, Container, SessionKind, SessionStatus, TakeSource


class Session(models.Model):
    """One show (直播场次): one address, one showcase, one replay, however often the signal drops.

    Two folders hold its pictures, both with names that cannot be guessed: `media_key` what the
    public sees, `rehearsal_key` what only its cast sees while it rehearses.
    """

    Kind = SessionKind
    Status = SessionStatus

    public_id = PublicIdField()
    kind = models.CharField(max_length=8, choices=SessionKind, default=SessionKind.SELLING)
    title = models.CharField(max_length=60)
    notice = models.TextField(blank=True, max_length=1000, help_text="What viewers read before.")
    script = models.TextField(blank=True, max_length=20_000, help_text="Checked before air.")
    organisation = models.ForeignKey(
        "people.Organisation", models.PROTECT, related_name="+", help_text="Operates the room."
    )
    county = models.ForeignKey("regions.County", models.PROTECT, related_name="+")
    host = models.ForeignKey("people.User", models.PROTECT, related_name="+")
    is_official = models.BooleanField(
        default=False, help_text="An office speaks: two persons must agree before air."
    )

    status = models.CharField(max_length=11, choices=SessionStatus, default=SessionStatus.DRAFT)
    created_at = models.DateTimeField()
    starts_at = models.DateTimeField(help_text="As announced.")
    submitted_at = models.DateTimeField(null=True)
    on_air_at = models.DateTimeField(null=True, help_text="First picture that the public saw.")
    interrupted_at = models.DateTimeField(null=True, help_text="Since when the signal is gone.")
    ended_at = models.DateTimeField(null=True)
    ended_why = models.CharField(max_length=20, blank=True, help_text="An EndReason code.")
    sealed_at = models.DateTimeField(null=True)
    keep_until = models.DateTimeField(
        null=True, help_text="Records may not be deleted before; three years after the end."
    )

    released_at = models.DateTimeField(
        null=True, help_text="The duty to keep ended and the records were let go."
    )
    sealing_problem = models.CharField(
        max_length=200, blank=True, help_text="Why the evidence could not be sealed the last time."
    )

    grace_seconds = models.PositiveSmallIntegerField(default=90)
    slow_mode_seconds = models.PositiveSmallIntegerField(default=0)
    announcement = models.CharField(max_length=200, blank=True)
    room_version = models.PositiveIntegerField(
        default=0, help_text="Raised with every change that the room must hear of."
    )
    media_key = PublicIdField()
    rehearsal_key = PublicIdField()
    key_digest = models.CharField(
        max_length=64, blank=True, help_text="SHA-256 of the stream key of encoders; shown once."
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=SessionStatus.values), name="session_status_is_known"
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["on_air", "interrupted"]) | Q(on_air_at__isnull=False),
                name="session_on_air_has_a_time",
            ),
            models.CheckConstraint(
                condition=~Q(status="interrupted") | Q(interrupted_at__isnull=False),
                name="interrupted_session_has_a_time",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["ended", "sealed"])
                | (Q(ended_at__isnull=False) & Q(keep_until__isnull=False)),
                name="ended_session_is_kept",
            ),
            models.CheckConstraint(
                condition=Q(released_at__isnull=True) | Q(released_at__gte=F("keep_until")),
                name="session_is_kept_long_enough",
            ),
        ]
        indexes = [
            models.Index(fields=["status", "starts_at"], name="session_by_status"),
            models.Index(fields=["county", "status", "starts_at"], name="session_of_county"),
            models.Index(fields=["organisation", "-starts_at"], name="session_of_organisation"),
        ]

    def __str__(self) -> str:
        return self.title


class SessionStep(models.Model):
    """One change of status, and who made it. The record of how a session went."""

    session = models.ForeignKey(Session, models.PROTECT, related_name="steps")
    before = models.CharField(max_length=11)
    after = models.CharField(max_length=11)
    at = models.DateTimeField()
    actor = models.ForeignKey("people.User", models.PROTECT, null=True, related_name="+")
    note = models.CharField(max_length=200, blank=True)


class Check(models.Model):
    """One person's look at script and goods before air (播前审核)."""

    session = models.ForeignKey(Session, models.PROTECT, related_name="checks")
    checker = models.ForeignKey("people.User", models.PROTECT, related_name="+")
    at = models.DateTimeField()
    agreed = models.BooleanField()
    reason = models.CharField(max_length=300, blank=True, help_text="Shown to the host.")
    submitted_at = models.DateTimeField(help_text="Which submission was looked at.")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["session", "checker", "submitted_at"], name="one_check_per_person"
            )
        ]


class Cast(models.Model):
    """Somebody who is in a session, for whom, and what share of its credit is theirs.

    The shares of hosts and co-hosts sum to 10,000 and stand before the session is submitted.
    """

    session = models.ForeignKey(Session, models.CASCADE, related_name="cast")
    user = models.ForeignKey("people.User", models.PROTECT, related_name="+")
    role = models.CharField(max_length=9, choices=CastRole)
    organisation = models.ForeignKey(
        "people.Organisation", models.PROTECT, null=True, related_name="+"
    )
    county = models.ForeignKey("regions.County", models.PROTECT, null=True, related_name="+")
    share_basis_points = models.PositiveSmallIntegerField(default=0)
    agreed_at = models.DateTimeField(
        null=True,
        help_text="When the person took this part and share, and on stage said to be 18 or older.",
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["session", "user"], name="once_in_the_cast"),
            models.CheckConstraint(
                condition=Q(share_basis_points__lte=10_000), name="cast_share_is_a_share"
            ),
        ]


class Take(models.Model):
    """One unbroken run of bytes from one camera: from a connection to the next drop.

    The file of a take (`live.media.takes`) is the recording; everything shown is made from it.
    """

    session = models.ForeignKey(Session, models.PROTECT, related_name="takes")
    number = models.PositiveSmallIntegerField(help_text="1, 2, … within the session.")
    source = models.CharField(max_length=7, choices=TakeSource)
    container = models.CharField(max_length=4, choices=Container)
    is_rehearsal = models.BooleanField(default=False)
    started_at = models.DateTimeField()
    last_byte_at = models.DateTimeField()
    received_bytes = models.PositiveBigIntegerField(default=0)
    ended_at = models.DateTimeField(null=True)
    ended_why = models.CharField(max_length=20, blank=True, help_text="A TakeEnd code.")
    problem = models.CharField(max_length=24, blank=True, help_text="Why it cannot be shown.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["session", "number"], name="take_once_per_number"),
            # Two cameras at once would be two shows: the second publisher is refused.
            models.UniqueConstraint(
                fields=["session"], condition=Q(ended_at__isnull=True), name="one_open_take"
            ),
        ]


class Reminder(models.Model):
    """Somebody wants to be told when the session begins (开播提醒)."""

    session = models.ForeignKey(Session, models.CASCADE, related_name="reminders")
    user = models.ForeignKey("people.User", models.CASCADE, related_name="+")
    asked_at = models.DateTimeField()
    told_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["session", "user"], name="one_reminder_each")
        ]
