"""The ledger of exposures: double entry, one hash chain per programme."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from shanhuo.traffic.models.grants import Contract, Grant, Programme


class Account(models.TextChoices):
    """Where exposures lie. `SUPPLY` is the outside: what programmes promise comes from there.

    BUDGET and EXPIRED belong to a programme, PLAN to a grant, the others to a contract.
    """

    SUPPLY = "supply", _("Supply")
    BUDGET = "budget", _("Budget of the programme")
    PLAN = "plan", _("Granted, not given to an object")
    OBJECT = "object", _("Promised to the object")
    RESERVED = "reserved", _("Lent to the feed")
    DELIVERED = "delivered", _("Delivered")
    EXPIRED = "expired", _("Expired")


class LedgerEntry(models.Model):
    """`amount` exposures from `source` to `target`; never changed, never removed.

    The digest covers the entry and the digest before it in the programme's chain.
    """

    class Kind(models.TextChoices):
        ISSUE = "issue", _("Budget issued")
        GRANT = "grant", _("Granted")
        ASSIGN = "assign", _("Promised to an object")
        POOL = "pool", _("Not usable by its object, back to the grant for the county")
        RESERVE = "reserve", _("Lent to the feed")
        RELEASE = "release", _("Back from the feed, not shown")
        DELIVER = "deliver", _("Delivered")
        EXCLUDE = "exclude", _("Excluded as suspected fake, given back")
        BEYOND = "beyond", _("Delivered beyond the contract")
        RETURN = "return", _("Unused, back to the programme")
        EXPIRE = "expire", _("Budget expired")

    programme = models.ForeignKey(Programme, models.PROTECT, related_name="entries")
    sequence = models.PositiveBigIntegerField()
    at = models.DateTimeField()
    kind = models.CharField(max_length=8, choices=Kind)
    source = models.CharField(max_length=9, choices=Account)
    target = models.CharField(max_length=9, choices=Account)
    amount = models.PositiveBigIntegerField()
    grant = models.ForeignKey(Grant, models.PROTECT, related_name="entries", null=True)
    contract = models.ForeignKey(Contract, models.PROTECT, related_name="entries", null=True)
    day = models.DateField(null=True, help_text="The day of the exposures, where there is one.")
    digest = models.CharField(max_length=64)

    class Meta:
        constraints = [
            # Two writers cannot fork the chain: the later one fails.
            models.UniqueConstraint(
                fields=["programme", "sequence"], name="one_entry_per_place_in_the_chain"
            ),
            models.CheckConstraint(condition=Q(amount__gt=0), name="entry_moves_something"),
            models.CheckConstraint(
                condition=~Q(source=F("target")), name="entry_moves_somewhere_else"
            ),
        ]
        indexes = [
            models.Index(fields=["contract", "day", "kind"], name="entry_by_contract"),
            # Every page of grants sums its programmes: from the index alone.
            models.Index(fields=["programme", "kind", "amount"], name="entry_sums_of_programme"),
        ]


class Reconciliation(models.Model):
    """One comparison of a programme's ledger with the signal log. `differences`: per contract and
    day, what the log and the ledger say where they do not agree."""

    programme = models.ForeignKey(Programme, models.CASCADE, related_name="reconciliations")
    at = models.DateTimeField()
    days = models.PositiveIntegerField(help_text="How many contract days were compared.")
    delivered_count = models.PositiveBigIntegerField()
    differences = models.JSONField(default=list)
    broken_at = models.PositiveBigIntegerField(null=True, help_text="Where the chain breaks.")

    class Meta:
        indexes = [models.Index(fields=["programme", "-at"], name="reconciliation_latest")]

    @property
    def agrees(self) -> bool:
        return not self.differences and self.broken_at is None
