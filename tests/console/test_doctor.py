from collections.abc import Iterator
from datetime import timedelta

import pytest

from shanhuo.console import doctor
from shanhuo.kernel import audit, clock, jobs
from shanhuo.kernel.models import AuditEntry

pytestmark = pytest.mark.django_db


def problems_of(check: str) -> tuple[str, ...]:
    return {finding.check: finding.problems for finding in doctor.examine()}[check]


def test_a_healthy_database_has_no_problem() -> None:
    healthy = {"python", "folders", "database", "database clock", "jobs", "audit chain", "ledger"}
    assert {name: problems_of(name) for name in healthy} == dict.fromkeys(healthy, ())


def test_a_worker_that_went_home_is_missed() -> None:
    assert len(problems_of("worker")) == 1
    jobs.plan_periodic(now=clock.now() - timedelta(days=2))
    jobs.run_due()
    assert problems_of("worker") == ()


@pytest.mark.usefixtures("unguarded")
def test_a_changed_audit_row_is_found() -> None:
    audit.record(verb="order.refund", subject="orders.Order:x", now=clock.now())
    audit.seal()
    AuditEntry.objects.update(verb="order.nothing")
    assert len(problems_of("audit chain")) == 1


def test_a_lost_manifest_of_the_signal_log_is_found(settings, tmp_path) -> None:
    settings.SIGNALS_DIR = tmp_path
    assert problems_of("signal log") == ()
    (tmp_path / "parquet" / "day=2026-07-01").mkdir(parents=True)
    (tmp_path / "parquet" / "day=2026-07-01" / "a.parquet").touch()
    (problem,) = problems_of("signal log")
    assert problem.startswith("manifest.json of the signal log is missing or damaged")


def test_a_check_that_cannot_run_does_not_hide_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> Iterator[str]:
        raise OSError("no such device")
        yield ""

    monkeypatch.setitem(doctor.CHECKS, "disk", broken)
    assert problems_of("disk") == (
        "Not checked (OSError: no such device); mend the ones above first.",
    )
    assert problems_of("database") == ()
