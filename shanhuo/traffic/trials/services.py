"""Registering a trial before its grant begins, and stopping it."""

from datetime import datetime, timedelta
from typing import Any

import numpy as np
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from shanhuo.kernel import audit, ids
from shanhuo.kernel.errors import Refusal
from shanhuo.traffic import rules
from shanhuo.traffic.experiments.registration import Registration
from shanhuo.traffic.grants.arms import bounds_of, experiment_of, registration_of
from shanhuo.traffic.grants.services import NotOperator, ReasonNeeded
from shanhuo.traffic.log import SignalLog
from shanhuo.traffic.models import Contract, Grant, Trial
from shanhuo.traffic.trials.outcomes import outcomes

LEAST_QUOTA = 200
"""Ten cells with slices of twenty: smaller contracts cannot be cut."""

LEAST_SPREAD = 1.0
MOST_DAYS_BEFORE = 28
MOST_LOOKS = 4


class TrialTooLate(Refusal):
    code = "trial_too_late"
    message = _("The grant has begun: a trial is registered before that, or not at all.")


class TrialExists(Refusal):
    code = "trial_exists"
    message = _("A trial of this grant is registered already; it cannot be changed.")


class TrialTooSmall(Refusal):
    code = "trial_too_small"
    status = 422
    message = _("%(name)s has %(quota)d exposures; a trial needs %(least)d of each object.")


class TrialOfSession(Refusal):
    code = "trial_of_session"
    status = 422
    message = _("%(name)s is a live session; a trial counts what became of clips.")


class TrialOfPool(Refusal):
    code = "trial_of_pool"
    status = 422
    message = _("What its objects cannot use goes to the county; a trial cuts fixed quotas.")


class NoTrial(Refusal):
    code = "no_trial"
    status = 404
    message = _("No trial of this grant is under way.")


@transaction.atomic
def register_trial(
    log: SignalLog,
    *,
    operator: Any,
    grant_id: int,
    metric: str,
    look_count: int = 2,
    now: datetime,
) -> Trial:
    """Promise what will be measured, when it will be looked at, and what could be found at all.

    Half of the people are held out. `look_count` looks lie evenly in the grant's days. The spread
    between cells comes from as many days before as the grant has, at most 28.
    Raises NotOperator, TrialTooLate, TrialExists, TrialOfPool, TrialTooSmall, TrialOfSession.
    """
    if not rules.may_stop(operator):
        raise NotOperator
    grant = Grant.objects.select_for_update().get(pk=grant_id)
    _refuse_what_cannot_be_tried(grant, now=now)
    starts_at, ends_at = bounds_of(grant)
    public_id, days = ids.new_public_id(), min(MOST_DAYS_BEFORE, (ends_at - starts_at).days)
    registration = Registration(
        experiment=experiment_of(public_id),
        metric=metric,
        spread=_spread(log, grant, public_id, metric, days=days, now=now),
        looks=_looks(look_count),
    )
    trial = Trial.objects.create(
        public_id=public_id,
        grant=grant,
        metric=metric,
        looks=list(registration.looks),
        level=registration.level,
        power=registration.power,
        spread=registration.spread,
        before_days=days,
        fingerprint=registration.fingerprint,
        registered_by=operator,
        registered_at=now,
    )
    detail = {"metric": metric, "looks": trial.looks, "fingerprint": trial.fingerprint}
    _audit("trial.register", trial, operator, detail, now)
    return trial


def _refuse_what_cannot_be_tried(grant: Grant, *, now: datetime) -> None:
    """Raises TrialTooLate, TrialExists, TrialOfPool, TrialOfSession, TrialTooSmall."""
    starts_at, _ends_at = bounds_of(grant)
    if now >= starts_at or grant.status in (Grant.Status.REFUSED, Grant.Status.STOPPED):
        raise TrialTooLate
    if Trial.objects.filter(grant=grant).exists():
        raise TrialExists
    if grant.is_pooled:
        raise TrialOfPool
    for one in grant.contracts.all():
        if one.kind == Contract.Kind.SESSION:
            raise TrialOfSession(name=one.name)
        if one.quota_count < LEAST_QUOTA:
            raise TrialTooSmall(name=one.name, quota=one.quota_count, least=LEAST_QUOTA)


def _looks(count: int) -> tuple[float, ...]:
    count = min(max(count, 1), MOST_LOOKS)
    return tuple(round(number / count, 4) for number in range(1, count + 1))


def _spread(
    log: SignalLog, grant: Grant, public_id: str, metric: str, *, days: int, now: datetime
) -> float:
    """Between cells, in the days before; at least one, for where nothing was nothing is known."""
    since = now - timedelta(days=days)
    found = outcomes(log, grant, experiment_of(public_id), since=since, until=now)
    return max(LEAST_SPREAD, round(float(np.std(found.by_metric[metric], ddof=1)), 3))


@transaction.atomic
def stop_trial(*, operator: Any, grant_id: int, reason: str, now: datetime) -> Trial:
    """End it: from the next renewal of leases on everybody may be given the grant. Looks that were
    not read by now will not be read.

    Raises NotOperator, ReasonNeeded, NoTrial.
    """
    if not rules.may_stop(operator):
        raise NotOperator
    if not reason.strip():
        raise ReasonNeeded
    running = Trial.objects.select_for_update().filter(grant=grant_id, stopped_at=None)
    trial = running.first()
    if trial is None:
        raise NoTrial
    trial.stopped_at, trial.stop_reason = now, reason.strip()
    trial.save(update_fields=["stopped_at", "stop_reason"])
    _audit("trial.stop", trial, operator, {"reason": trial.stop_reason}, now)
    return trial


def is_as_promised(trial: Trial) -> bool:
    """Whether the row still is what the fingerprint was taken of."""
    return registration_of(trial).fingerprint == trial.fingerprint


def _audit(
    verb: str, trial: Trial, operator: Any, detail: dict[str, object], now: datetime
) -> None:
    subject = f"traffic.Trial:{trial.public_id}"
    audit.record(verb=verb, actor=operator, subject=subject, detail=detail, now=now)
