"""The window of a figure: mandatory, in Shanghai days."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils.translation import gettext_lazy as _

from shanhuo.kernel import clock
from shanhuo.kernel.errors import Refusal

EARLIEST = date(2016, 1, 1)
LATEST = date(2099, 12, 31)
LONGEST_DAYS = 800


class WindowRefused(Refusal):
    code = "window_refused"
    status = 422
    message = _("The last day comes after the first, and at most %(days)d days in all.")


@dataclass(frozen=True, slots=True)
class Window:
    """Shanghai days, both included."""

    since_day: date
    until_day: date

    def __post_init__(self) -> None:
        if self.until_day < self.since_day:
            raise ValueError("a window ends on or after the day on which it begins")

    @classmethod
    def last_days(cls, count: int, *, until_day: date) -> "Window":
        """`count` days that end with `until_day`."""
        return cls(until_day - timedelta(days=count - 1), until_day)

    @classmethod
    def asked_for(cls, since_day: date, until_day: date) -> "Window":
        """A window that a reader wishes for. Raises WindowRefused."""
        in_range = EARLIEST <= since_day <= until_day <= LATEST
        if not in_range or (until_day - since_day).days >= LONGEST_DAYS:
            raise WindowRefused(days=LONGEST_DAYS)
        return cls(since_day, until_day)

    @property
    def day_count(self) -> int:
        return (self.until_day - self.since_day).days + 1

    @property
    def days(self) -> list[date]:
        return [self.since_day + timedelta(days=number) for number in range(self.day_count)]

    @property
    def bounds(self) -> tuple[datetime, datetime]:
        """First moment, and first moment after: `start <= t < end`."""
        return clock.day_bounds(self.since_day)[0], clock.day_bounds(self.until_day)[1]
