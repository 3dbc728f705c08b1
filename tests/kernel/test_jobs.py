"""A job outlives its worker."""

import os
import signal
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.utils.module_loading import import_string

from shanhuo.kernel import clock, jobs
from shanhuo.kernel.models import Job
from tests.threads import at_once

done: list[str] = []


@jobs.task()
def note(word: str) -> str:
    done.append(word)
    return word


@jobs.task()
def stumble() -> None:
    raise ValueError("a stone on the path")


@jobs.task()
def hang_once(flag: str) -> None:
    """Block for ever the first time; finish the second time."""
    path = Path(flag)
    if not path.exists():
        path.touch()
        signal.pause()


@pytest.fixture(autouse=True)
def _forget() -> None:
    done.clear()


@pytest.mark.django_db
def test_a_job_runs_when_it_is_due_and_keeps_its_result(noon: datetime) -> None:
    later = note.using(run_after=noon + timedelta(minutes=5)).enqueue("later")
    result = note.enqueue("now")
    assert jobs.run_due() == 1
    assert done == ["now"]
    with clock.at(noon + timedelta(minutes=5)):
        assert jobs.run_due() == 1
    assert note.get_result(result.id).return_value == "now"
    assert note.get_result(later.id).status == "SUCCESSFUL"


@pytest.mark.django_db
def test_urgent_jobs_come_first(noon: datetime) -> None:
    note.enqueue("calm")
    note.using(priority=10).enqueue("urgent")
    jobs.run_due()
    assert done == ["urgent", "calm"]


@pytest.mark.django_db
def test_a_failing_job_waits_longer_each_time_and_then_rests_for_a_person(noon: datetime) -> None:
    stumble.enqueue()
    moment, waits = noon, []
    for _ in range(jobs.MAX_ATTEMPTS):
        with clock.at(moment):
            assert jobs.run_due() == 1
        job = Job.objects.get()
        waits.append((job.run_at - moment).total_seconds())
        moment = max(job.run_at, moment)
    assert waits[:4] == [5, 10, 20, 40]
    assert (job.status, job.attempts) == ("dead", jobs.MAX_ATTEMPTS)
    assert "a stone on the path" in job.last_error
    with clock.at(moment + timedelta(days=1)):
        assert jobs.run_due() == 0
        assert jobs.revive(job_id=job.pk, now=clock.now())
        assert jobs.run_due() == 1


@pytest.mark.django_db
def test_a_lost_lease_means_the_late_worker_changes_nothing(noon: datetime) -> None:
    note.enqueue("plums")
    slow = jobs.claim(worker="slow", now=noon)
    assert slow is not None
    after = noon + jobs.LEASE + timedelta(seconds=1)
    with clock.at(after):
        quick = jobs.claim(worker="quick", now=after)
        assert quick is not None
        jobs.run(slow)
        assert Job.objects.get().status == "running"
        jobs.run(quick)
    assert Job.objects.get().status == "done"


@pytest.mark.django_db
def test_a_job_whose_worker_always_dies_is_parked(noon: datetime) -> None:
    note.enqueue("poison")
    moment = noon
    for _ in range(jobs.MAX_ATTEMPTS):
        assert jobs.claim(worker="doomed", now=moment) is not None
        moment += jobs.LEASE + timedelta(seconds=1)
    assert jobs.claim(worker="doomed", now=moment) is None
    assert Job.objects.get().status == "dead"


@pytest.mark.django_db(transaction=True)
def test_a_job_of_a_transaction_that_failed_never_existed(noon: datetime) -> None:
    with pytest.raises(RuntimeError), transaction.atomic():
        note.enqueue("rumour")
        raise RuntimeError
    assert Job.objects.count() == 0


@pytest.mark.django_db
def test_periodic_tasks_have_one_next_job_however_often_they_are_planned(noon: datetime) -> None:
    jobs.plan_periodic(now=noon)
    planned = Job.objects.count()
    jobs.plan_periodic(now=noon)
    assert Job.objects.count() == planned == len(jobs._periodic)
    sealing = Job.objects.get(singleton="shanhuo.kernel.tasks.seal_audit")
    assert sealing.run_at == noon + timedelta(seconds=5)
    assert import_string(sealing.task) is not None


@pytest.mark.concurrency
@pytest.mark.django_db(transaction=True)
def test_of_many_workers_exactly_one_gets_a_job() -> None:
    for number in range(5):
        note.enqueue(str(number))
    claimed = at_once([lambda: jobs.claim(worker="w", now=clock.now()) for _ in range(12)])
    ids = [job.pk for job in claimed if isinstance(job, Job)]
    assert len(ids) == len(set(ids)) == 5


@pytest.mark.concurrency
@pytest.mark.django_db(transaction=True)
def test_kill_9_of_a_worker_in_mid_job_and_the_job_runs_again_after_one_lease(
    tmp_path: Path,
) -> None:
    flag = tmp_path / "started"
    hang_once.enqueue(str(flag))
    victim = _spawn_worker()
    try:
        _wait_for(flag, victim)
    finally:
        os.kill(victim.pid, signal.SIGKILL)
        victim.wait()
    job = Job.objects.get(task__endswith=".hang_once")
    assert (job.status, job.attempts) == ("running", 1)
    assert job.lease_until is not None
    with clock.at(job.lease_until + timedelta(milliseconds=1)):
        jobs.run_due()
    job.refresh_from_db()
    assert (job.status, job.attempts) == ("done", 2)


def _spawn_worker() -> subprocess.Popen[bytes]:
    """A real worker process on this test's database."""
    program = (
        "import sys, django; django.setup();"
        "from django.db import connection;"
        "connection.settings_dict['NAME'] = sys.argv[1];"
        "from shanhuo.kernel.jobs import Worker; Worker('victim').run_forever()"
    )
    return subprocess.Popen(
        [sys.executable, "-c", program, str(connection.settings_dict["NAME"])],
        cwd=settings.BASE_DIR.parent,
    )


def _wait_for(flag: Path, process: subprocess.Popen[bytes]) -> None:
    while not flag.exists():
        assert process.poll() is None, "the worker ended before it took the job"
        try:
            process.wait(timeout=0.05)
        except subprocess.TimeoutExpired:
            continue
