from django.conf import settings
from django.core.files.storage import FileSystemStorage
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from shanhuo.kernel.ids import PublicIdField, new_public_id
from shanhuo.people.models.organisations import Organisation


def private_storage() -> FileSystemStorage:
    """Documents lie outside every served folder."""
    return FileSystemStorage(location=settings.PRIVATE_DIR)


def document_path(document: "VerificationDocument", _name: str) -> str:
    """A random name: what the uploader called the file is not trusted."""
    return f"verification/{document.verification.public_id}/{new_public_id()}"


class Verification(models.Model):
    """One look at an organisation's papers: applied for by one person, decided by another."""

    class Status(models.TextChoices):
        OPEN = "open", _("Waiting for a decision")
        ACCEPTED = "accepted", _("Accepted")
        REFUSED = "refused", _("Refused")

    public_id = PublicIdField()
    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="verifications")
    status = models.CharField(max_length=8, choices=Status, default=Status.OPEN)
    note = models.TextField(blank=True, help_text="What the applicant wants to say.")
    applied_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    applied_at = models.DateTimeField()
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True)
    reason = models.TextField(blank=True, help_text="Shown to the applicant.")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=["open", "accepted", "refused"]),
                name="verification_status_is_known",
            ),
            models.CheckConstraint(
                condition=~Q(applied_by=F("decided_by")) | Q(decided_by__isnull=True),
                name="verification_takes_two_people",
            ),
            models.UniqueConstraint(
                fields=["organisation"],
                condition=Q(status="open"),
                name="one_open_verification_per_organisation",
            ),
        ]
        indexes = [models.Index(fields=["status", "applied_at"], name="verification_queue")]


class VerificationDocument(models.Model):
    """A paper, re-encoded (pictures) or sniffed (PDF), readable to operators and its own people."""

    class Kind(models.TextChoices):
        BUSINESS_LICENCE = "business_licence", _("Business licence")
        COOPERATIVE = "cooperative", _("Registration of the cooperative")
        FOOD_LICENCE = "food_licence", _("Food licence")
        AUTHORISATION = "authorisation", _("Letter of the office")
        OTHER = "other", _("Other paper")

    public_id = PublicIdField()
    verification = models.ForeignKey(Verification, models.CASCADE, related_name="documents")
    kind = models.CharField(max_length=20, choices=Kind, default=Kind.BUSINESS_LICENCE)
    file = models.FileField(storage=private_storage, upload_to=document_path, max_length=200)
    content_type = models.CharField(max_length=40)
    byte_count = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
