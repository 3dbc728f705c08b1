"""Reading a trial at the looks that were planned, and at no other moment."""

from datetime import datetime, timedelta

from django.db import transaction

from shanhuo.traffic.experiments.assignment import arms_of_cells
from shanhuo.traffic.experiments.estimates import difference
from shanhuo.traffic.experiments.registration import Registration
from shanhuo.traffic.grants.arms import SUPPORTED, bounds_of, moment_of, registration_of
from shanhuo.traffic.log import SignalLog
from shanhuo.traffic.models import Look, Trial
from shanhuo.traffic.sheets import LIFE_MS
from shanhuo.traffic.trials.outcomes import Outcomes, Reals, outcomes

Found = dict[str, list[float]]

SHEET_LIFE = timedelta(milliseconds=LIFE_MS) + timedelta(minutes=1)
"""A minute more than sheets live: the last signal must have come through the log."""


def look_when_due(log: SignalLog, *, now: datetime) -> int:
    """Read every planned look whose signals are complete; returns how many. A stopped trial is not
    read beyond the moment it was stopped."""
    read = 0
    for trial in Trial.objects.select_related("grant"):
        done = set(trial.readings.values_list("number", flat=True))
        for number in range(len(trial.looks)):
            if number not in done and _is_due(trial, number, now=now):
                _keep(log, trial, number, now=now)
                read += 1
    return read


def _is_due(trial: Trial, number: int, *, now: datetime) -> bool:
    until = moment_of(trial, number)
    in_time = trial.stopped_at is None or until <= trial.stopped_at
    return in_time and now >= until + SHEET_LIFE


@transaction.atomic
def _keep(log: SignalLog, trial: Trial, number: int, *, now: datetime) -> None:
    found, unplaced = read(log, trial, number)
    Look.objects.get_or_create(
        trial=trial,
        number=number,
        defaults={
            "until": moment_of(trial, number),
            "read_at": now,
            "found": found,
            "unplaced_orders": unplaced,
        },
    )


def read(log: SignalLog, trial: Trial, number: int) -> tuple[Found, int]:
    """What a look finds in the logs: per metric [effect, low, high] of the whole supported half,
    and how many orders stand in no cell. The same at any later moment."""
    registration = registration_of(trial)
    starts_at, _ends_at = bounds_of(trial.grant)
    until = moment_of(trial, number)
    before = starts_at - timedelta(days=trial.before_days)

    def between(since: datetime, until: datetime) -> Outcomes:
        return outcomes(log, trial.grant, registration.experiment, since=since, until=until)

    now, past = between(starts_at, until), between(before, starts_at)
    found = {
        metric: _estimate(registration, number, outcome, past.by_metric[metric])
        for metric, outcome in now.by_metric.items()
    }
    return found, now.unplaced_orders


def _estimate(
    registration: Registration, number: int, outcome: Reals, before: Reals
) -> list[float]:
    treated = (arms_of_cells(registration.experiment) == SUPPORTED).astype(float)
    told = difference(outcome, treated, before=before if before.std() > 0 else None)
    told = registration.read(number, told)
    cells = treated.sum()
    return [round(float(cells * one), 3) for one in (told.effect, told.low, told.high)]
