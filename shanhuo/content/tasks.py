"""The room's housekeeping."""

from datetime import timedelta

from shanhuo.content import services as content
from shanhuo.kernel import clock, jobs


@jobs.every(timedelta(minutes=1))
@jobs.task()
def park_failed_posts() -> None:
    content.park_failed_posts()


@jobs.every(timedelta(hours=1))
@jobs.task()
def forget_expired_uploads() -> None:
    content.forget_expired_uploads(now=clock.now())


@jobs.every(timedelta(hours=1))
@jobs.task()
def tidy_files() -> None:
    content.tidy_files(now=clock.now())
