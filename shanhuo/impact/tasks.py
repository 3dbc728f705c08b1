"""When: roll-ups every minute; late entries, comparison and publication once a day is over."""

from datetime import timedelta

from shanhuo.impact import services
from shanhuo.kernel import clock, jobs


@jobs.every(timedelta(minutes=1))
@jobs.task()
def roll_up() -> None:
    services.fill_recent(now=clock.now())


@jobs.every(timedelta(hours=1))
@jobs.task()
def close_yesterday() -> None:
    """Asked every hour, done in the first hour of a Shanghai day."""
    services.close_yesterday(now=clock.now())
