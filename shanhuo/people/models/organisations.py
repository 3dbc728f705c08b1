from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from shanhuo.kernel.ids import PublicIdField


class Organisation(models.Model):
    """Whoever acts on the platform as more than a person. A role is a membership in one.

    A farmer who sells what grows on the own field needs no business licence (电子商务法 §10): a
    creator is an organisation of one, opened in one step.
    """

    class Kind(models.TextChoices):
        PLATFORM = "platform", _("Platform operator")
        AUDITOR = "auditor", _("Auditor")
        COUNTY_OFFICE = "county_office", _("County office")
        MERCHANT = "merchant", _("Cooperative or merchant")
        CREATOR = "creator", _("Creator")

    class Status(models.TextChoices):
        APPLIED = "applied", _("Waiting for verification")
        VERIFIED = "verified", _("Verified")
        REFUSED = "refused", _("Refused")
        SUSPENDED = "suspended", _("Suspended")

    public_id = PublicIdField()
    kind = models.CharField(max_length=16, choices=Kind)
    name = models.CharField(max_length=80)
    county = models.ForeignKey("regions.County", models.PROTECT, null=True, related_name="+")
    licence_number = models.CharField(
        max_length=32,
        blank=True,
        default="",
        help_text="统一社会信用代码; empty for a creator.",
    )
    founder = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    status = models.CharField(max_length=10, choices=Status, default=Status.APPLIED)
    opened_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    kind__in=["platform", "auditor", "county_office", "merchant", "creator"]
                ),
                name="organisation_kind_is_known",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["applied", "verified", "refused", "suspended"]),
                name="organisation_status_is_known",
            ),
            models.CheckConstraint(
                condition=~Q(kind="county_office") | Q(county__isnull=False),
                name="county_office_has_a_county",
            ),
            models.UniqueConstraint(
                fields=["founder"],
                condition=Q(kind="creator"),
                name="one_creator_organisation_per_person",
            ),
        ]
        indexes = [models.Index(fields=["kind", "status"], name="organisation_by_kind")]

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """A person acts for an organisation, from `started_at` until `ended_at`.

    An ended membership stays as history and gives nothing; coming back is a new row.
    """

    class Role(models.TextChoices):
        OWNER = "owner", _("Owner")
        STAFF = "staff", _("Staff")

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="+")
    role = models.CharField(max_length=8, choices=Role, default=Role.STAFF)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(role__in=["owner", "staff"]), name="membership_role_is_known"
            ),
            models.UniqueConstraint(
                fields=["user", "organisation"],
                condition=Q(ended_at__isnull=True),
                name="one_living_membership",
            ),
        ]


class Invitation(models.Model):
    """An owner asks the person with this telephone number to join. Nothing is sent: the person
    finds it after signing in, so nobody learns from it who has an account."""

    public_id = PublicIdField()
    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="invitations")
    phone_digest = models.CharField(max_length=32)
    phone_hint = models.CharField(max_length=16, help_text="Masked, for the owner's own list.")
    role = models.CharField(max_length=8, choices=Membership.Role, default=Membership.Role.STAFF)
    invited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    invited_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "phone_digest"], name="one_open_invitation_per_phone"
            )
        ]
