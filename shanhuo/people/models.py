"""Who acts (users, organisations, memberships) and whom it is for (households)."""

from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from shanhuo.kernel.encryption import EncryptedTextField
from shanhuo.kernel.ids import PublicIdField


class UserManager(BaseUserManager["User"]):
    """Makes users; the services in `people.services` are how the platform does it."""

    def create_superuser(self, public_id: str, password: str) -> "User":
        user = self.model(public_id=public_id, is_staff=True, is_superuser=True)
        user.set_password(password)
        user.save(using=self._db)
        return user


class User(AbstractBaseUser, PermissionsMixin):
    """A person with an account. The phone number is encrypted; its keyed hash finds the row."""

    public_id = PublicIdField()
    display_name = models.CharField(max_length=50, blank=True)
    phone = EncryptedTextField(blank=True, default="")
    phone_digest = models.CharField(max_length=32, unique=True, null=True)
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False, help_text="May open the back office.")
    joined_at = models.DateTimeField(null=True)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "public_id"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    def __str__(self) -> str:
        return self.display_name or self.public_id


class Organisation(models.Model):
    """What people act for: roles on the platform are memberships in organisations."""

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
    status = models.CharField(max_length=10, choices=Status, default=Status.APPLIED)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(kind="county_office") | Q(county__isnull=False),
                name="county_office_has_a_county",
            )
        ]

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """One person in one organisation, until `ended_at`."""

    class Role(models.TextChoices):
        OWNER = "owner", _("Owner")
        STAFF = "staff", _("Staff")

    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="+")
    role = models.CharField(max_length=8, choices=Role, default=Role.STAFF)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "organisation"],
                condition=Q(ended_at__isnull=True),
                name="one_living_membership",
            )
        ]


class Household(models.Model):
    """A household (户) that agreed to be on the books: what reached it is the platform's point."""

    class Kind(models.TextChoices):
        LIFTED = "lifted", _("Household lifted out of poverty")
        MONITORED = "monitored", _("Monitored household")
        OTHER = "other", _("Other rural household")

    public_id = PublicIdField()
    county = models.ForeignKey("regions.County", models.PROTECT, related_name="+")
    village = models.ForeignKey("regions.Village", models.PROTECT, null=True, related_name="+")
    kind = models.CharField(max_length=10, choices=Kind)
    head_name = EncryptedTextField(blank=True, default="")
