"""Housekeeping of the kernel's own tables."""

from datetime import timedelta

from shanhuo.kernel import audit, clock, idempotency, jobs, limits


@jobs.every(timedelta(seconds=5))
@jobs.task()
def seal_audit() -> None:
    audit.seal()


@jobs.every(timedelta(hours=1))
@jobs.task()
def forget_old_rows() -> None:
    now = clock.now()
    jobs.forget_done(now=now)
    idempotency.forget_old(now=now)
    limits.forget_old(now=now)
