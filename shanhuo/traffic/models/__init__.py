"""The tables of traffic; no other room imports them. Signals are files, not tables."""

from shanhuo.traffic.models.grants import Contract, Grant, Lease, Programme, RateCard
from shanhuo.traffic.models.interests import Interest
from shanhuo.traffic.models.ledger import LedgerEntry, Reconciliation
from shanhuo.traffic.models.trials import Look, Trial

__all__ = [
    "Contract",
    "Grant",
    "Interest",
    "Lease",
    "LedgerEntry",
    "Look",
    "Programme",
    "RateCard",
    "Reconciliation",
    "Trial",
]
