"""A fact is as true as the rows beside it, and is applied once."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from django.db import transaction

from shanhuo.kernel import facts, jobs
from shanhuo.kernel.models import FactReceipt, FactRecord, Job

heard: list[tuple[str, int]] = []


@dataclass(frozen=True, slots=True)
class PlumsPicked(facts.Fact):
    orchard: str
    grams: int


def hear(fact: PlumsPicked, *, fact_id: int, at: datetime) -> None:
    heard.append((fact.orchard, fact.grams))


@pytest.fixture(autouse=True)
def receiver(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setattr(facts, "_receivers", {})
    heard.clear()
    facts.receives(PlumsPicked)(hear)
    yield f"{__name__}.hear"


def pick(now: datetime) -> int:
    with transaction.atomic():
        return facts.record(PlumsPicked(orchard="东坡", grams=500), now=now)


@pytest.mark.django_db
def test_a_fact_reaches_its_receiver_once_however_often_it_is_delivered(
    noon: datetime, receiver: str
) -> None:
    fact_id = pick(noon)
    assert jobs.run_due() == 1
    facts.deliver.call(fact_id, receiver)
    assert heard == [("东坡", 500)]


@pytest.mark.django_db(transaction=True)
def test_a_fact_outside_a_transaction_is_refused(noon: datetime) -> None:
    with pytest.raises(RuntimeError):
        facts.record(PlumsPicked(orchard="东坡", grams=500), now=noon)
    assert FactRecord.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_what_is_rolled_back_was_never_told(noon: datetime) -> None:
    class Frost(Exception):
        pass

    with pytest.raises(Frost), transaction.atomic():
        facts.record(PlumsPicked(orchard="东坡", grams=500), now=noon)
        raise Frost
    assert (FactRecord.objects.count(), Job.objects.count()) == (0, 0)


@pytest.mark.django_db
def test_a_receiver_that_fails_leaves_no_receipt_and_is_tried_again(
    noon: datetime, receiver: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stumble(fact: PlumsPicked, *, fact_id: int, at: datetime) -> None:
        raise ValueError("not yet")

    monkeypatch.setitem(facts._receivers, receiver, (PlumsPicked, stumble))
    pick(noon)
    jobs.run_due()
    job = Job.objects.get()
    assert (job.status, job.attempts, FactReceipt.objects.count()) == ("ready", 1, 0)
    assert job.run_at == noon + jobs.FIRST_RETRY


@pytest.mark.django_db
def test_replay_is_harmless_and_replay_again_rebuilds(noon: datetime, receiver: str) -> None:
    pick(noon)
    jobs.run_due()
    period = {"since": noon, "until": noon + timedelta(seconds=1)}
    assert facts.replay(receiver, **period) == 1
    jobs.run_due()
    assert len(heard) == 1
    assert facts.replay(receiver, **period, again=True) == 1
    jobs.run_due()
    assert len(heard) == 2


@pytest.mark.django_db
def test_the_log_is_read_in_order_and_half_open(noon: datetime) -> None:
    first = pick(noon)
    second = pick(noon + timedelta(hours=1))
    log = list(facts.read_log(PlumsPicked, since=noon, until=noon + timedelta(hours=1)))
    assert [row.id for row in log] == [first]
    assert log[0].payload == {"orchard": "东坡", "grams": 500}
    assert second > first
