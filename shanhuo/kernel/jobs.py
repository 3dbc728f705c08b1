"""Background work: a lease table behind Django's task interface.

A job is a row written in the caller's transaction. A worker claims it for `LEASE`, renews the lease
while it works, and loses it when it dies: the job then runs again elsewhere. So every task may run
late or twice, and is written for that. After `MAX_ATTEMPTS` a job is dead and waits for a person.
"""

import logging
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import Count, F, Max, Q, QuerySet
from django.utils.module_loading import import_string
from django_tasks import task as task
from django_tasks.backends.base import BaseTaskBackend
from django_tasks.base import Task, TaskResult, TaskResultStatus
from django_tasks.exceptions import TaskResultDoesNotExist
from django_tasks.utils import normalize_json

from shanhuo.kernel import clock
from shanhuo.kernel.models import Job
from shanhuo.kernel.rows import insert

LEASE = timedelta(seconds=settings.JOB_LEASE_SECONDS)
MAX_ATTEMPTS = 5
FIRST_RETRY = timedelta(seconds=5)
KEEP_DONE = timedelta(days=7)
IDLE_SECONDS = 0.5

_log = logging.getLogger(__name__)


class LeaseBackend(BaseTaskBackend):
    """`task.enqueue(...)` inserts a row; the transaction decides whether it ever existed."""

    supports_defer = True
    supports_priority = True
    supports_get_result = True

    def enqueue(self, task: Task[..., Any], args: Any, kwargs: Any) -> TaskResult[Any]:
        now = clock.now()
        job = Job(
            task=task.module_path,
            args=normalize_json(list(args)),
            kwargs=normalize_json(dict(kwargs)),
            priority=task.priority,
            queue=task.queue_name,
            run_at=task.run_after or now,
            enqueued_at=now,
        )
        insert([job])
        return _result(job, task, self.alias)

    def get_result(self, result_id: str) -> TaskResult[Any]:
        job = Job.objects.filter(pk=int(result_id)).first() if result_id.isdigit() else None
        if job is None:
            raise TaskResultDoesNotExist(result_id)
        return _result(job, import_string(job.task), self.alias)


_STATUS = {
    Job.Status.READY: TaskResultStatus.READY,
    Job.Status.RUNNING: TaskResultStatus.RUNNING,
    Job.Status.DONE: TaskResultStatus.SUCCESSFUL,
    Job.Status.DEAD: TaskResultStatus.FAILED,
}


def _result(job: Job, task: Task[..., Any], alias: str) -> TaskResult[Any]:
    result: TaskResult[Any] = TaskResult(
        task=task,
        id=str(job.pk),
        status=_STATUS[Job.Status(job.status)],
        enqueued_at=job.enqueued_at,
        started_at=None,
        last_attempted_at=None,
        finished_at=job.finished_at,
        args=job.args,
        kwargs=job.kwargs,
        backend=alias,
        errors=[],
        worker_ids=[job.worker] if job.worker else [],
    )
    object.__setattr__(result, "_return_value", job.result)
    return result


@dataclass(frozen=True, slots=True)
class Periodic:
    """A task that runs every so often, one at a time, at multiples of `every` since the epoch."""

    task: Task[..., Any]
    every: timedelta

    def next_run(self, now: datetime) -> datetime:
        seconds = self.every.total_seconds()
        return datetime.fromtimestamp((now.timestamp() // seconds + 1) * seconds, tz=now.tzinfo)


_periodic: dict[str, Periodic] = {}


def every(interval: timedelta) -> Callable[[Task[..., Any]], Task[..., Any]]:
    """Decorate a task that takes no arguments: workers run it once per interval."""

    def register(task: Task[..., Any]) -> Task[..., Any]:
        _periodic[task.module_path] = Periodic(task, interval)
        return task

    return register


def plan_periodic(*, now: datetime) -> None:
    """Make sure that each periodic task has its next job; cheap enough for an idle loop."""
    planned = set(Job.objects.filter(singleton__in=_periodic).values_list("singleton", flat=True))
    missing = [
        Job(task=path, run_at=entry.next_run(now), enqueued_at=now, singleton=path)
        for path, entry in _periodic.items()
        if path not in planned
    ]
    Job.objects.bulk_create(missing, ignore_conflicts=True)


def claim(*, worker: str, now: datetime) -> Job | None:
    """Take the next due job for one lease, or None. Dead workers' jobs are due again."""
    while True:
        job = _due(now).order_by("-priority", "run_at", "pk").first()
        if job is None:
            return None
        if job.attempts >= MAX_ATTEMPTS:
            _bury(job, now=now, error=job.last_error or "the worker died with the job every time")
            continue
        # The update is the claim: of two workers, exactly one sees a row change.
        claimed = _due(now).filter(pk=job.pk, attempts=job.attempts)
        if claimed.update(
            status=Job.Status.RUNNING,
            worker=worker,
            lease_until=now + LEASE,
            attempts=F("attempts") + 1,
        ):
            job.refresh_from_db()
            return job


def _due(now: datetime) -> QuerySet[Job]:
    return Job.objects.filter(
        Q(status=Job.Status.READY, run_at__lte=now)
        | Q(status=Job.Status.RUNNING, lease_until__lt=now)
    )


def run(job: Job) -> bool:
    """Execute a claimed job and write down how it went. Returns whether it succeeded."""
    try:
        result = normalize_json(import_string(job.task).call(*job.args, **job.kwargs))
    except Exception as error:  # whatever a task raises is the job's failure, not the worker's
        _log.warning("job failed: task=%s job=%s error=%s", job.task, job.pk, type(error).__name__)
        _retry_or_bury(job, now=clock.now(), error=traceback.format_exc())
        return False
    _mine(job).update(
        status=Job.Status.DONE, finished_at=clock.now(), result=result, singleton=None
    )
    return True


def _mine(job: Job) -> QuerySet[Job]:
    """The row, if the lease was not lost to another worker meanwhile."""
    return Job.objects.filter(
        pk=job.pk, status=Job.Status.RUNNING, worker=job.worker, attempts=job.attempts
    )


def _retry_or_bury(job: Job, *, now: datetime, error: str) -> None:
    if job.attempts >= MAX_ATTEMPTS:
        _bury(job, now=now, error=error)
        return
    later = now + FIRST_RETRY * 2 ** (job.attempts - 1)
    _mine(job).update(
        status=Job.Status.READY, run_at=later, lease_until=None, last_error=error[-4000:]
    )


def _bury(job: Job, *, now: datetime, error: str) -> None:
    _mine(job).update(
        status=Job.Status.DEAD, finished_at=now, last_error=error[-4000:], singleton=None
    )


def revive(*, job_id: int, now: datetime) -> bool:
    """Give a dead job a new life, as an operator may after mending the cause."""
    dead = Job.objects.filter(pk=job_id, status=Job.Status.DEAD)
    return bool(dead.update(status=Job.Status.READY, attempts=0, run_at=now, lease_until=None))


@dataclass(frozen=True, slots=True)
class JobCount:
    """How many jobs of one task stand at one status."""

    task: str
    status: str
    count: int


@dataclass(frozen=True, slots=True)
class DeadJob:
    """A job that waits for a person; `reason` is the last line of its last error."""

    id: int
    task: str
    reason: str


def overview() -> list[JobCount]:
    """The job table in numbers."""
    counted = Job.objects.values_list("task", "status").annotate(count=Count("pk"))
    return [JobCount(*row) for row in counted.order_by("task", "status")]


def dead() -> list[DeadJob]:
    """Every dead job, oldest first."""
    rows = Job.objects.filter(status=Job.Status.DEAD).order_by("pk")
    return [DeadJob(job.pk, job.task, job.last_error.strip().rpartition("\n")[2]) for job in rows]


def last_finished_at() -> datetime | None:
    """When a worker last finished anything. Sealing the audit log alone makes that every 5 s."""
    last: datetime | None = Job.objects.aggregate(last=Max("finished_at"))["last"]
    return last


def dead_arguments(task: Task[..., Any]) -> list[list[Any]]:
    """Positional arguments of a task's jobs that were given up and wait for a person."""
    dead = Job.objects.filter(task=task.module_path, status=Job.Status.DEAD)
    return list(dead.values_list("args", flat=True))


def run_due(*, worker: str = "inline") -> int:
    """Run every job that is due by the clock, and those they enqueue; returns how many ran."""
    count = 0
    while (job := claim(worker=worker, now=clock.now())) is not None:
        run(job)
        count += 1
    return count


def forget_done(*, now: datetime) -> int:
    """Delete jobs that ended well more than `KEEP_DONE` ago; dead ones stay for a person."""
    old = Job.objects.filter(status=Job.Status.DONE, finished_at__lt=now - KEEP_DONE)
    return old.delete()[0]


class Worker:
    """One process that runs jobs, one after the other, until it is told to stop."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.stopping = threading.Event()

    def run_forever(self) -> None:
        """Return when `stopping` is set, after the job in hand."""
        while not self.stopping.is_set():
            plan_periodic(now=clock.now())
            job = claim(worker=self.name, now=clock.now())
            if job is None:
                self.stopping.wait(IDLE_SECONDS)
                continue
            with self._heartbeat(job):
                run(job)

    @contextmanager
    def _heartbeat(self, job: Job) -> Iterator[None]:
        """Renew the lease from a thread of its own while the job works."""
        ended = threading.Event()

        def beat() -> None:
            while not ended.wait(LEASE.total_seconds() / 3):
                _mine(job).update(lease_until=clock.now() + LEASE)
            connection.close()

        thread = threading.Thread(target=beat, name=f"lease-of-job-{job.pk}", daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()
