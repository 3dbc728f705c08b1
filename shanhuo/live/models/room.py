"""What is said and done in the room of a session."""

from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import Q

from shanhuo.kernel.ids import PublicIdField
from shanhuo.live.models.session import Session
from shanhuo.live.states import Arrival, Badge, MessageStatus, PenaltyKind, QuestionStatus


class Message(models.Model):
    """A line of chat (弹幕)."""

    public_id = PublicIdField()
    session = models.ForeignKey(Session, models.PROTECT, related_name="messages")
    author = models.ForeignKey("people.User", models.PROTECT, related_name="+")
    body = models.CharField(max_length=100)
    at = models.DateTimeField()
    badge = models.CharField(max_length=9, choices=Badge, blank=True, help_text="As it stood then.")
    status = models.CharField(max_length=6, choices=MessageStatus, default=MessageStatus.SHOWN)
    reason = models.CharField(max_length=20, blank=True, help_text="A content.reasons code.")
    decided_by = models.ForeignKey("people.User", models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["session", "at"], name="message_of_session"),
            models.Index(
                fields=["session", "decided_at"],
                condition=Q(decided_at__isnull=False),
                name="message_decided",
            ),
        ]


class MessageReport(models.Model):
    """A viewer found a line wrong."""

    message = models.ForeignKey(Message, models.CASCADE, related_name="reports")
    reporter = models.ForeignKey("people.User", models.PROTECT, related_name="+")
    reason = models.CharField(max_length=20)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["message", "reporter"], name="one_report_each")
        ]


class PenaltyQuerySet(models.QuerySet["Penalty"]):
    def holding_at(self, now: datetime) -> Self:
        """Neither over nor lifted."""
        return self.filter(lifted_at=None, until__gt=now)


class Penalty(models.Model):
    """Somebody may not write in, or not enter, the room of a session for a while."""

    session = models.ForeignKey(Session, models.PROTECT, related_name="penalties")
    user = models.ForeignKey("people.User", models.PROTECT, related_name="+")
    kind = models.CharField(max_length=4, choices=PenaltyKind)
    by = models.ForeignKey("people.User", models.PROTECT, related_name="+")
    at = models.DateTimeField()
    until = models.DateTimeField()
    reason = models.CharField(max_length=200, blank=True)
    lifted_at = models.DateTimeField(null=True)

    objects = PenaltyQuerySet.as_manager()


class Question(models.Model):
    """A question of the queue (连麦答疑), and when it was answered: an answer clip."""

    public_id = PublicIdField()
    session = models.ForeignKey(Session, models.PROTECT, related_name="questions")
    asker = models.ForeignKey("people.User", models.PROTECT, related_name="+")
    body = models.CharField(max_length=200)
    crop = models.CharField(max_length=30, blank=True)
    symptom = models.CharField(max_length=60, blank=True)
    asked_at = models.DateTimeField()
    status = models.CharField(max_length=9, choices=QuestionStatus, default=QuestionStatus.WAITING)
    expert = models.ForeignKey("live.Cast", models.PROTECT, null=True, related_name="+")
    answer_started_at = models.DateTimeField(null=True)
    answer_ended_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["session", "status", "asked_at"], name="question_queue")]
        constraints = [
            models.UniqueConstraint(
                fields=["session"], condition=Q(status="answering"), name="one_question_answered"
            ),
            models.UniqueConstraint(
                fields=["session", "asker"],
                condition=Q(status__in=["waiting", "answering"]),
                name="one_open_question_each",
            ),
        ]


class RoomMinute(models.Model):
    """What happened in a room in one minute: sums of the room process, added to once a tick."""

    session = models.ForeignKey(Session, models.PROTECT, related_name="minutes")
    minute = models.DateTimeField()
    joins = models.PositiveIntegerField(default=0)
    most_viewers = models.PositiveIntegerField(default=0)
    likes = models.PositiveBigIntegerField(default=0)
    messages = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["session", "minute"], name="room_minute_once")
        ]


class RoomArrivals(models.Model):
    """How often viewers entered a room from one place: what the minutes call joins, by source."""

    session = models.ForeignKey(Session, models.PROTECT, related_name="arrivals")
    source = models.PositiveSmallIntegerField(choices=Arrival)
    joins = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["session", "source"], name="arrivals_once_per_source")
        ]


class Presence(models.Model):
    """How many viewers one room process has in a session now; the others add it to their own.

    A hint that is overwritten and grows old, not a record: where Redis is configured it is there.
    """

    session = models.ForeignKey(Session, models.CASCADE, related_name="+")
    process = models.CharField(max_length=60)
    viewers = models.PositiveIntegerField()
    told_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["session", "process"], name="presence_once_per_process")
        ]
