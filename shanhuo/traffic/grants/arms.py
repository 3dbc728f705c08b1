"""The trial of a grant as the arithmetic sees it: arms, promise, moments."""

from datetime import datetime, timedelta

from shanhuo.kernel import clock, tokens
from shanhuo.traffic.experiments.assignment import Experiment
from shanhuo.traffic.experiments.registration import Registration
from shanhuo.traffic.models import Grant, Trial

SUPPORTED = 1
"""The place of the supported arm; the other one never gets an exposure of the grant."""


def experiment_of(public_id: str) -> Experiment:
    """Ten cells are held out, ten supported; which ones only the platform's key tells."""
    return Experiment(
        name=public_id, key=tokens.key_for("experiments"), arms=("held out", "supported")
    )


def registration_of(trial: Trial) -> Registration:
    """What was promised, from the row as it stands now."""
    return Registration(
        experiment=experiment_of(trial.public_id),
        metric=trial.metric,
        spread=trial.spread,
        looks=tuple(trial.looks),
        level=trial.level,
        power=trial.power,
    )


def detectable_of(registration: Registration) -> float:
    """The least effect on the whole supported half that the last look finds."""
    return registration.detectable * (registration.experiment.cells // 2)


def bounds_of(grant: Grant) -> tuple[datetime, datetime]:
    """First moment of the grant, and the first after it."""
    ends_at = clock.start_of(grant.ends_on + timedelta(days=1))
    return clock.start_of(grant.starts_on), ends_at


def moment_of(trial: Trial, number: int) -> datetime:
    """Until when a look reads."""
    starts_at, ends_at = bounds_of(trial.grant)
    return starts_at + (ends_at - starts_at) * float(trial.looks[number])
