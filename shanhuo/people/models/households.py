from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from shanhuo.kernel import encryption
from shanhuo.kernel.encryption import EncryptedTextField
from shanhuo.kernel.ids import PublicIdField


class Household(models.Model):
    """A family (户) that has agreed to be counted, in the care of one county.

    Least data: no identity number, no bank account, no list of members, nothing about illness.
    Name, telephone and address are encrypted; the `_digest` columns find an exact value.
    After consent is withdrawn the row stays without any of them and under a new `public_id`, so
    that sums still add up and nothing leads back to the family.
    """

    class Kind(models.TextChoices):
        LIFTED = "lifted", _("Household lifted out of poverty")
        MONITORED = "monitored", _("Monitored household")
        OTHER = "other", _("Other rural household")

    class Risk(models.TextChoices):
        """Why a household is monitored (监测户三类)."""

        NONE = "", "—"
        UNSTABLE = "unstable", _("Lifted but not stable")
        MARGINAL = "marginal", _("On the edge of poverty")
        SUDDEN = "sudden", _("Sudden severe hardship")

    public_id = PublicIdField()
    county = models.ForeignKey("regions.County", models.PROTECT, related_name="+")
    village = models.ForeignKey("regions.Village", models.PROTECT, null=True, related_name="+")
    kind = models.CharField(max_length=10, choices=Kind)
    risk = models.CharField(max_length=10, choices=Risk, default=Risk.NONE, blank=True)
    number = EncryptedTextField(blank=True, default="", help_text="户编号, given by the county.")
    number_digest = models.CharField(max_length=32, null=True)
    head_name = EncryptedTextField(blank=True, default="", help_text="户主, who speaks for it.")
    head_name_digest = models.CharField(max_length=32, blank=True, default="")
    phone = EncryptedTextField(blank=True, default="")
    address = EncryptedTextField(blank=True, default="")
    registered_at = models.DateTimeField(null=True)
    changed_at = models.DateTimeField(null=True)
    erased_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=["lifted", "monitored", "other"]),
                name="household_kind_is_known",
            ),
            models.CheckConstraint(
                condition=Q(kind="monitored", risk__in=["unstable", "marginal", "sudden"])
                | (~Q(kind="monitored") & Q(risk="")),
                name="household_risk_belongs_to_monitored",
            ),
            models.CheckConstraint(
                condition=Q(erased_at__isnull=True)
                | Q(
                    number="", head_name="", phone="", address="", head_name_digest="", village=None
                ),
                name="erased_household_holds_nothing_personal",
            ),
            models.UniqueConstraint(
                fields=["county", "number_digest"], name="household_number_once_per_county"
            ),
        ]
        indexes = [
            models.Index(fields=["county", "kind"], name="household_by_county"),
            models.Index(fields=["county", "head_name_digest"], name="household_by_name"),
        ]

    @property
    def fact_key(self) -> str:
        """What stands for the household in facts and published counts: never the id itself."""
        return encryption.keyed_hash("household.fact", self.public_id)


class HouseholdConsent(models.Model):
    """The family agreed (单独同意), to which text, on what day, and whether it still holds."""

    class Channel(models.TextChoices):
        PAPER = "paper", _("Signed on paper")
        IN_PERSON = "in_person", _("Said in person")
        PHONE = "phone", _("Said by telephone")

    household = models.ForeignKey(Household, models.CASCADE, related_name="consents")
    text_version = models.CharField(max_length=20)
    channel = models.CharField(max_length=10, choices=Channel, default=Channel.PAPER)
    given_on = models.DateField()
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    recorded_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["household"],
                condition=Q(withdrawn_at__isnull=True),
                name="one_standing_consent",
            )
        ]


class HouseholdImport(models.Model):
    """One uploaded list: looked at first, then confirmed, and for 24 hours undone if wrong."""

    class Status(models.TextChoices):
        PREVIEW = "preview", _("Waiting for your confirmation")
        CONFIRMED = "confirmed", _("Imported")
        UNDONE = "undone", _("Undone")
        DISCARDED = "discarded", _("Discarded")

    public_id = PublicIdField()
    county = models.ForeignKey("regions.County", models.PROTECT, related_name="+")
    officer = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    status = models.CharField(max_length=10, choices=Status, default=Status.PREVIEW)
    headings = models.JSONField(help_text="The heading row as it was in the file.")
    ignored_headings = models.JSONField(default=list, help_text="Columns that were not read.")
    uploaded_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True)
    purged_at = models.DateTimeField(null=True, help_text="When the rows' contents were erased.")


class HouseholdImportRow(models.Model):
    """A line of the list: what it said, what it would do, and why not."""

    class Outcome(models.TextChoices):
        NEW = "new", _("New")
        UPDATE = "update", _("Changed")
        SAME = "same", _("Unchanged")
        REFUSED = "refused", _("Refused")

    batch = models.ForeignKey(HouseholdImport, models.CASCADE, related_name="rows")
    line = models.PositiveIntegerField(help_text="Row number in the file, as Excel shows it.")
    cells = EncryptedTextField(help_text="JSON list: the row as it was in the file.")
    values = EncryptedTextField(blank=True, help_text="JSON: the row as understood.")
    before = EncryptedTextField(blank=True, help_text="JSON: what an update replaced.")
    outcome = models.CharField(max_length=8, choices=Outcome)
    reasons = models.JSONField(default=list, help_text="[[code, heading, detail], …].")
    household = models.ForeignKey(Household, models.SET_NULL, null=True, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["batch", "line"], name="one_row_per_line")]
