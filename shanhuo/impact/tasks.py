"""When: roll-ups every minute, the whole history, the self check and releases every night."""

from datetime import timedelta

from shanhuo.impact import services
from shanhuo.kernel import clock, jobs


@jobs.every(timedelta(minutes=1))
@jobs.task()
def roll_up() -> None:
    services.fill_recent(now=clock.now())


@jobs.every(timedelta(days=1))
@jobs.task()
def nightly() -> None:
    """After midnight: late entries, then the comparison, then publication."""
    services.fill_everything(now=clock.now())
    services.check_figures(now=clock.now())
    services.release_households(now=clock.now())
