"""Housekeeping: personal data is kept no longer than it is needed."""

from datetime import timedelta

from shanhuo.kernel import clock, jobs
from shanhuo.people.services import forget_old_imports, sweep_codes


@jobs.every(timedelta(hours=1))
@jobs.task()
def forget_what_is_over() -> None:
    now = clock.now()
    sweep_codes(now=now)
    forget_old_imports(now=now)
