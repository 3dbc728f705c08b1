"""What a post is, and how far it has come. Values are stored: never renamed."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class PostKind(models.TextChoices):
    CLIP = "clip", _("Clip")
    PHOTOS = "photos", _("Photos")


class PostStatus(models.TextChoices):
    """draft → processing → in_review → published | refused → appealed → published | refused."""

    DRAFT = "draft", _("Draft")
    PROCESSING = "processing", _("Being prepared")
    IN_REVIEW = "in_review", _("In review")
    PUBLISHED = "published", _("Published")
    REFUSED = "refused", _("Not approved")
    APPEALED = "appealed", _("Second look")
    WITHDRAWN = "withdrawn", _("Taken down")
