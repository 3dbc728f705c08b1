"""Fixed-window limits kept in the database, so that several processes share one count."""

from datetime import UTC, datetime, timedelta

from django.db.models import F
from django.utils.translation import gettext_lazy as _

from shanhuo.kernel.errors import Refusal
from shanhuo.kernel.models import LimitCounter


class TooMany(Refusal):
    code = "too_many"
    status = 429
    message = _("Too many tries. Please wait %(minutes)s minutes and try again.")


def take(*, scope: str, key: str, cap: int, window: timedelta, now: datetime) -> None:
    """Count one use. Raises TooMany (details: minutes until the window ends) when `cap` is spent.

    Call it outside the transaction of the deed: a failed deed counts, too.
    """
    seconds = window.total_seconds()
    start = datetime.fromtimestamp(now.timestamp() // seconds * seconds, tz=UTC)
    counter, _created = LimitCounter.objects.get_or_create(scope=scope, key=key, window_start=start)
    within = LimitCounter.objects.filter(pk=counter.pk, count__lt=cap)
    if not within.update(count=F("count") + 1):
        raise TooMany(minutes=max(1, round((start + window - now).total_seconds() / 60)))


def forget_old(*, now: datetime, older_than: timedelta = timedelta(days=2)) -> int:
    """Delete counters of windows long past; returns how many."""
    return LimitCounter.objects.filter(window_start__lt=now - older_than).delete()[0]
