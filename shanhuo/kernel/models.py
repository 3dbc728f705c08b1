"""Tables that every room leans on: facts, jobs, audit, idempotency keys, counters of limits."""

from django.db import models
from django.db.models import Q


class FactRecord(models.Model):
    """One thing that happened (事实), written in the transaction that made it happen.

    Rows are never changed or deleted: published money figures are recounted from them. The one
    exception is `facts.redact`, when a person leaves.
    """

    kind = models.CharField(max_length=80, help_text='Room and class, e.g. "orders.OrderPaid".')
    at = models.DateTimeField(help_text="When it happened, by the clock of the service.")
    payload = models.JSONField()

    class Meta:
        indexes = [models.Index(fields=["kind", "at"], name="fact_by_kind_and_time")]


class FactReceipt(models.Model):
    """A receiver has applied a fact: written together with its effect, so that it happens once."""

    fact = models.ForeignKey(FactRecord, models.CASCADE, related_name="+")
    receiver = models.CharField(max_length=160)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["fact", "receiver"], name="receipt_once_per_receiver")
        ]


class Job(models.Model):
    """Work for later. A running job belongs to its worker until `lease_until`, no longer."""

    class Status(models.TextChoices):
        READY = "ready"
        RUNNING = "running"
        DONE = "done"
        DEAD = "dead"

    task = models.CharField(max_length=200, help_text="Import path of the task function.")
    args = models.JSONField(default=list)
    kwargs = models.JSONField(default=dict)
    priority = models.SmallIntegerField(default=0)
    queue = models.CharField(max_length=40, default="default")
    run_at = models.DateTimeField()
    enqueued_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    status = models.CharField(max_length=8, choices=Status, default=Status.READY)
    attempts = models.PositiveSmallIntegerField(default=0)
    worker = models.CharField(max_length=80, default="", blank=True)
    lease_until = models.DateTimeField(null=True)
    last_error = models.TextField(default="", blank=True)
    result = models.JSONField(null=True)
    singleton = models.CharField(
        max_length=200, null=True, unique=True, help_text="At most one unfinished job of this name."
    )

    class Meta:
        indexes = [
            models.Index(
                fields=["-priority", "run_at", "id"],
                condition=Q(status__in=["ready", "running"]),
                name="job_next",
            ),
            models.Index(fields=["status", "finished_at"], name="job_by_status"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=["ready", "running", "done", "dead"]),
                name="job_status_is_known",
            ),
            models.CheckConstraint(
                condition=~Q(status="running") | Q(lease_until__isnull=False),
                name="running_job_has_a_lease",
            ),
        ]


class AuditEntry(models.Model):
    """Who did what to money, roles, personal data or exports.

    Written in the transaction of the deed without a place in the chain (`sequence` null), so that
    deeds do not queue for one row; `audit.seal` gives places and digests a moment later.
    """

    sequence = models.BigIntegerField(null=True, unique=True)
    at = models.DateTimeField()
    verb = models.CharField(max_length=80)
    actor = models.CharField(max_length=40, blank=True, help_text="Public id; empty: the platform.")
    subject = models.CharField(max_length=120)
    detail = models.JSONField(default=dict)
    digest = models.CharField(max_length=64, default="", blank=True)

    class Meta:
        indexes = [models.Index(fields=["subject", "at"], name="audit_by_subject")]


class IdempotencyKey(models.Model):
    """The first answer to a request that a client may send again."""

    scope = models.CharField(max_length=60)
    key = models.CharField(max_length=80)
    owner = models.CharField(max_length=40)
    body_digest = models.CharField(max_length=64)
    started_at = models.DateTimeField()
    answer = models.JSONField(null=True, help_text="Null while the first request is running.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["scope", "key"], name="idempotency_key_once_per_scope")
        ]


class LimitCounter(models.Model):
    """How often something was done under one key since `window_start`."""

    scope = models.CharField(max_length=60)
    key = models.CharField(max_length=80)
    window_start = models.DateTimeField()
    count = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["scope", "key", "window_start"], name="one_counter_per_window"
            )
        ]
