"""The periods that rule an order's life. An operator sets them as `SHANHUO_…`."""

from datetime import timedelta

from shanhuo.config import config

MOST_UNPAID_CHECKOUTS = 5
"""Of one buyer at a time: stock held by people who never pay is stock nobody can buy."""

ASK_BACK_AFTER = timedelta(seconds=30)
"""A notice is late when this long has passed since the buyer went to pay; then we ask ourselves."""

COMPANY_SILENT_FOR = timedelta(minutes=10)
"""Past the end of a hold, how long an unreachable payment company can keep it from expiring."""


def hold_for() -> timedelta:
    """From placement until stock is given back."""
    return timedelta(minutes=config().hold_minutes)


def receipt_after() -> timedelta:
    """From the last parcel until an order counts as received without the buyer's word."""
    return timedelta(days=config().auto_receipt_days)


def settle_after() -> timedelta:
    """From receipt until the money is divided: the time for objections."""
    return timedelta(days=config().settle_after_days)
