"""What a session leaves behind as evidence."""

from django.db import models

from shanhuo.kernel.ids import PublicIdField
from shanhuo.live.models.session import Session


class Bundle(models.Model):
    """The sealed evidence of a session: a folder with a hash-chained manifest.

    `room_version` and `orders_changed_at` say whether something happened since it was sealed that
    belongs into a supplement.
    """

    session = models.OneToOneField(Session, models.PROTECT, related_name="bundle")
    sealed_at = models.DateTimeField()
    manifest_digest = models.CharField(max_length=64, help_text="SHA-256 of manifest.json.")
    total_bytes = models.PositiveBigIntegerField()
    file_count = models.PositiveIntegerField()
    room_version = models.PositiveIntegerField(
        default=0, help_text="Of the session, as last sealed."
    )
    orders_changed_at = models.DateTimeField(null=True, help_text="Not in any supplement yet.")
    checked_bytes = models.PositiveBigIntegerField(
        null=True, help_text="Bytes compared so far, while somebody waits for a check."
    )
    verified_at = models.DateTimeField(null=True, help_text="When every byte was last compared.")
    damage = models.CharField(max_length=300, blank=True, help_text="What differed, if anything.")


class Supplement(models.Model):
    """What became known after the bundle was sealed, sealed behind it."""

    bundle = models.ForeignKey(Bundle, models.PROTECT, related_name="supplements")
    number = models.PositiveSmallIntegerField(help_text="1, 2, … within the bundle.")
    sealed_at = models.DateTimeField()
    manifest_digest = models.CharField(max_length=64, help_text="SHA-256 of its manifest.json.")
    total_bytes = models.PositiveBigIntegerField()
    file_count = models.PositiveIntegerField()

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["bundle", "number"], name="supplement_once_per_number")
        ]


class EvidenceExport(models.Model):
    """A copy of a bundle for a court or an authority: who asked for it, and why."""

    public_id = PublicIdField()
    bundle = models.ForeignKey(Bundle, models.PROTECT, related_name="exports")
    asked_by = models.ForeignKey("people.User", models.PROTECT, null=True, related_name="+")
    reason = models.CharField(max_length=300)
    asked_at = models.DateTimeField()
    ready_at = models.DateTimeField(null=True)
    total_bytes = models.PositiveBigIntegerField(null=True)
    problem = models.CharField(max_length=200, blank=True, help_text="Why there is no file.")


class Replay(models.Model):
    """All takes of a session as one film (回放).

    `stretches` says which part of the replay shows which time: of each run of pictures its
    beginning by the clock, in milliseconds since 1970, and its length in milliseconds.
    """

    session = models.OneToOneField(Session, models.PROTECT, related_name="replay")
    made_at = models.DateTimeField()
    duration_ms = models.PositiveBigIntegerField()
    stretches = models.JSONField()
    file_bytes = models.PositiveBigIntegerField(
        null=True, help_text="Of the film in one file; null: there is none."
    )
    film_asked_at = models.DateTimeField(null=True)
    film_of_bytes = models.PositiveBigIntegerField(
        null=True, help_text="About how long the film will be, while it is made."
    )
    film_problem = models.CharField(max_length=20, blank=True, help_text="Why there is none.")
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_by = models.ForeignKey("people.User", models.PROTECT, null=True, related_name="+")
    withdrawn_why = models.CharField(max_length=200, blank=True)
