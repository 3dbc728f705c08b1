"""The three weeks of the season, ending on the eve of the day on which it is built."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from shanhuo.kernel import clock

DAYS = 21


@dataclass(frozen=True, slots=True)
class Calendar:
    """Day 0 is the first of the season; the last one is the day before `built_at`."""

    built_at: datetime

    def moment(self, day: int, hour: float = 9.0) -> datetime:
        """`hour` o'clock in Shanghai on that day, but never after the build itself."""
        first = clock.start_of(clock.day_of(self.built_at)) - timedelta(days=DAYS)
        return min(first + timedelta(days=day, hours=hour), self.built_at)

    @contextmanager
    def at(self, day: int, hour: float = 9.0) -> Iterator[datetime]:
        """Set the platform's clock to that moment."""
        moment = self.moment(day, hour)
        with clock.at(moment):
            yield moment
