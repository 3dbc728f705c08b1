"""What people film and say: posts, their media, how they were reviewed, what others answered."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from shanhuo.content.reasons import Reason
from shanhuo.content.states import PostKind, PostStatus
from shanhuo.kernel.ids import PublicIdField


class Topic(models.Model):
    """A word that gathers posts (话题), kept without its # signs."""

    name = models.CharField(max_length=30, unique=True)

    def __str__(self) -> str:
        return self.name


class Post(models.Model):
    """A short clip, or one to nine photos, with what its author says about them.

    The row is made before the first byte of media is sent, so that a lost connection loses no
    words. Nobody but the author and the reviewers sees a post before it is published.
    """

    Kind = PostKind
    Status = PostStatus

    public_id = PublicIdField()
    author = models.ForeignKey("people.User", models.PROTECT, related_name="+")
    organisation = models.ForeignKey(
        "people.Organisation",
        models.PROTECT,
        related_name="+",
        help_text="For whom the author speaks, and who answers for it.",
    )
    county = models.ForeignKey("regions.County", models.PROTECT, related_name="+")
    village = models.ForeignKey("regions.Village", models.PROTECT, null=True, related_name="+")
    place_name = models.CharField(max_length=60, blank=True, help_text="As the author says it.")
    product = models.ForeignKey("goods.Product", models.PROTECT, null=True, related_name="+")
    kind = models.CharField(max_length=6, choices=Kind)
    caption = models.CharField(max_length=500, blank=True)
    topics = models.ManyToManyField(Topic, related_name="posts", blank=True)

    status = models.CharField(max_length=10, choices=Status, default=Status.DRAFT)
    wants_review = models.BooleanField(
        default=False,
        help_text="The author sent it: review follows once the media are ready.",
    )
    created_at = models.DateTimeField()
    queued_at = models.DateTimeField(null=True, help_text="Since when a reviewer is awaited.")
    published_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_by_author = models.BooleanField(default=False)

    media_key = PublicIdField(help_text="Folder of the media: as hard to guess as the post.")
    media_ready = models.BooleanField(default=False)
    media_problem = models.CharField(max_length=24, blank=True, help_text="A MediaProblem code.")
    progress_percent = models.PositiveSmallIntegerField(default=0)
    content_digest = models.CharField(max_length=64, blank=True, help_text="SHA-256 of the bytes.")
    cover_fingerprint = models.CharField(
        max_length=16, blank=True, help_text="64 bits that survive re-encoding; 16 hex digits."
    )
    words_found = models.JSONField(default=dict, help_text="Listed words met, with reasons.")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=PostStatus.values),
                name="post_status_is_known",
            ),
            models.CheckConstraint(
                condition=~Q(status="published") | Q(published_at__isnull=False),
                name="published_post_has_a_time",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["in_review", "appealed"]) | Q(queued_at__isnull=False),
                name="waiting_post_has_a_time",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["in_review", "published"]) | Q(media_ready=True),
                name="shown_post_has_its_media",
            ),
            models.CheckConstraint(
                condition=Q(progress_percent__lte=100), name="post_progress_is_a_percentage"
            ),
        ]
        indexes = [
            models.Index(fields=["status", "-published_at"], name="post_newest"),
            models.Index(fields=["county", "status", "-published_at"], name="post_of_county"),
            models.Index(fields=["product", "status", "-published_at"], name="post_of_product"),
            models.Index(fields=["author", "-created_at"], name="post_of_author"),
            models.Index(fields=["content_digest"], name="post_by_digest"),
        ]

    def __str__(self) -> str:
        return self.caption[:30] or self.public_id


class Clip(models.Model):
    """What is known about the film of a post. Sizes are upright, in pixels, as it is shown."""

    post = models.OneToOneField(Post, models.CASCADE, primary_key=True, related_name="clip")
    duration_ms = models.PositiveIntegerField()
    width = models.PositiveSmallIntegerField()
    height = models.PositiveSmallIntegerField()
    has_sound = models.BooleanField()
    rungs = models.JSONField(
        default=list, help_text='Heights of the short side that exist: ["480p", "720p"].'
    )


class Photo(models.Model):
    """One photo of a post, upright."""

    post = models.ForeignKey(Post, models.CASCADE, related_name="photos")
    position = models.PositiveSmallIntegerField()
    width = models.PositiveSmallIntegerField()
    height = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["post", "position"], name="photo_once_per_position"),
            models.CheckConstraint(condition=Q(position__lt=9), name="at_most_nine_photos"),
        ]


class Upload(models.Model):
    """Bytes on their way (tus): `received_bytes` of them are safe on disk, in order."""

    public_id = PublicIdField()
    post = models.ForeignKey(Post, models.CASCADE, related_name="uploads")
    position = models.PositiveSmallIntegerField(default=0, help_text="Which photo; 0 for a clip.")
    file_name = models.CharField(max_length=120, blank=True, help_text="To show, never to open.")
    total_bytes = models.PositiveBigIntegerField()
    received_bytes = models.PositiveBigIntegerField(default=0)
    started_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["post", "position"], name="upload_once_per_position"),
            models.CheckConstraint(
                condition=Q(received_bytes__lte=models.F("total_bytes")),
                name="upload_holds_no_more_than_announced",
            ),
        ]
        indexes = [
            models.Index(
                fields=["expires_at"],
                condition=Q(finished_at__isnull=True),
                name="upload_unfinished",
            )
        ]


class Review(models.Model):
    """One person's decision on a post. The second look is never by the person of the first."""

    class Look(models.IntegerChoices):
        FIRST = 1, _("First look")
        SECOND = 2, _("Second look")

    post = models.ForeignKey(Post, models.CASCADE, related_name="reviews")
    look = models.PositiveSmallIntegerField(choices=Look)
    reviewer = models.ForeignKey("people.User", models.PROTECT, related_name="+")
    approved = models.BooleanField()
    reason = models.CharField(max_length=24, choices=Reason, blank=True)
    note = models.CharField(max_length=500, blank=True, help_text="The author reads it.")
    waited_since = models.DateTimeField()
    decided_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(approved=True, reason="") | (Q(approved=False) & ~Q(reason="")),
                name="refusal_names_its_reason",
            )
        ]


class Appeal(models.Model):
    """The author asks that somebody else look again."""

    post = models.ForeignKey(Post, models.CASCADE, related_name="appeals")
    refusal = models.OneToOneField(Review, models.CASCADE, related_name="appeal")
    text = models.CharField(max_length=500)
    made_at = models.DateTimeField()
    answer = models.OneToOneField(Review, models.CASCADE, null=True, related_name="+")


class Comment(models.Model):
    """What somebody says under a post. Hidden, never deleted: it may be needed as evidence."""

    class Status(models.TextChoices):
        VISIBLE = "visible", _("Visible")
        HELD = "held", _("Waiting for review")
        HIDDEN = "hidden", _("Hidden")

    public_id = PublicIdField()
    post = models.ForeignKey(Post, models.CASCADE, related_name="comments")
    author = models.ForeignKey("people.User", models.PROTECT, related_name="+")
    text = models.CharField(max_length=300)
    created_at = models.DateTimeField()
    status = models.CharField(max_length=8, choices=Status, default=Status.VISIBLE)
    words_found = models.JSONField(default=dict)
    hidden_reason = models.CharField(max_length=24, choices=Reason, blank=True)

    class Meta:
        indexes = [models.Index(fields=["post", "status", "-created_at"], name="comment_of_post")]


class Report(models.Model):
    """Somebody says that a post, or a comment under it, breaks a rule."""

    post = models.ForeignKey(Post, models.CASCADE, related_name="reports")
    comment = models.ForeignKey(Comment, models.CASCADE, null=True, related_name="reports")
    reporter = models.ForeignKey("people.User", models.PROTECT, related_name="+")
    reason = models.CharField(max_length=24, choices=Reason)
    note = models.CharField(max_length=300, blank=True)
    made_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)
    settled_by = models.ForeignKey("people.User", models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["reporter", "post"],
                condition=Q(settled_at__isnull=True, comment__isnull=True),
                name="one_open_report_of_a_post",
            ),
            models.UniqueConstraint(
                fields=["reporter", "comment"],
                condition=Q(settled_at__isnull=True),
                name="one_open_report_of_a_comment",
            ),
        ]
        indexes = [
            models.Index(
                fields=["made_at"], condition=Q(settled_at__isnull=True), name="report_open"
            )
        ]


class Like(models.Model):
    """Whether this person likes this post. How many do is counted from signals, not here."""

    post = models.ForeignKey(Post, models.CASCADE, related_name="+")
    user = models.ForeignKey("people.User", models.CASCADE, related_name="+")
    since = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "post"], name="like_once")]


class Follow(models.Model):
    """`follower` wants to see what `author` publishes."""

    author = models.ForeignKey("people.User", models.CASCADE, related_name="+")
    follower = models.ForeignKey("people.User", models.CASCADE, related_name="+")
    since = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["follower", "author"], name="follow_once"),
            models.CheckConstraint(
                condition=~Q(follower=models.F("author")), name="nobody_follows_oneself"
            ),
        ]
        indexes = [models.Index(fields=["author"], name="follow_by_author")]
