"""A brand and its dossier (品牌档案): from the survey to the slogan, kept version by version."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from shanhuo.kernel.ids import PublicIdField


class Brand(models.Model):
    """A brand of one cooperative, or one that a county office keeps for its county (区域公用品牌).

    `current` is the version whose slogan stands on every card; null until the first publication.
    """

    public_id = PublicIdField()
    organisation = models.ForeignKey("people.Organisation", models.PROTECT, related_name="+")
    county = models.ForeignKey("regions.County", models.PROTECT, related_name="+")
    name = models.CharField(_("brand name"), max_length=60)
    current = models.ForeignKey(
        "BrandVersion", models.PROTECT, null=True, editable=False, related_name="+"
    )
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "name"], name="brand_name_once_per_organisation"
            )
        ]

    def __str__(self) -> str:
        return self.name


class BrandVersion(models.Model):
    """One state of a dossier. A published version never changes; the draft is the one without date.

    The four steps are in working order: survey → selling points → positioning → slogan.
    """

    brand = models.ForeignKey(Brand, models.PROTECT, related_name="versions")
    number = models.PositiveSmallIntegerField()
    survey = models.TextField(_("survey"), max_length=4000, blank=True)
    selling_points = models.TextField(_("selling points"), max_length=2000, blank=True)
    positioning = models.CharField(_("positioning"), max_length=200, blank=True)
    slogan = models.CharField(_("slogan"), max_length=40, blank=True)
    differentiators = models.TextField(_("what sets it apart"), max_length=2000, blank=True)
    forbidden_claims = models.TextField(
        _("forbidden claims"),
        max_length=2000,
        blank=True,
        help_text=_("One per line. A product of this brand must not use these words."),
    )
    proof = models.TextField(_("proof"), max_length=2000, blank=True)
    published_at = models.DateTimeField(null=True, editable=False)
    published_by = models.ForeignKey(
        "people.User", models.PROTECT, null=True, editable=False, related_name="+"
    )

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["brand", "number"], name="brand_version_number_once"),
            models.UniqueConstraint(
                fields=["brand"], condition=Q(published_at=None), name="brand_has_one_draft"
            ),
            models.CheckConstraint(
                condition=Q(published_at=None, published_by=None)
                | Q(published_at__isnull=False, published_by__isnull=False),
                name="brand_version_published_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.brand} v{self.number}"
