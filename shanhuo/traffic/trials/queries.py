"""What pages, exports and the API say of a trial."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shanhuo.traffic import rules
from shanhuo.traffic.grants.arms import bounds_of, detectable_of, moment_of, registration_of
from shanhuo.traffic.log import SignalLog
from shanhuo.traffic.models import Grant, Look, Trial
from shanhuo.traffic.trials.looking import read
from shanhuo.traffic.trials.services import is_as_promised

METRICS = Trial.Metric.choices


@dataclass(frozen=True, slots=True)
class Uplift:
    """What the grant added to a metric over the supported half, between bounds that hold together
    with those of all looks. `is_promised`: the one metric that was registered."""

    metric: str
    name: str
    effect: float
    low: float
    high: float
    is_promised: bool

    @property
    def is_empty(self) -> bool:
        """Whether nothing at all was counted."""
        return self.effect == self.low == self.high == 0

    @property
    def effect_fen(self) -> int:
        return round(self.effect)

    @property
    def low_fen(self) -> int:
        return round(self.low)

    @property
    def high_fen(self) -> int:
        return round(self.high)

    @property
    def verdict(self) -> str:
        """Whether the bounds leave out 0: "more", "fewer", or "unclear"."""
        if self.low > 0:
            return "more"
        return "fewer" if self.high < 0 else "unclear"


@dataclass(frozen=True, slots=True)
class TrialSheet:
    """A registered trial: its promise, the last look that was read, and the next one."""

    trial: Trial
    name: str
    detectable: float
    is_as_promised: bool
    looks: list[tuple[datetime, Look | None]]
    uplifts: list[Uplift]

    @property
    def last(self) -> Look | None:
        read = [look for _until, look in self.looks if look is not None]
        return read[-1] if read else None


def trial_of(grant: Grant) -> TrialSheet | None:
    """None where nothing was registered: then no figure of the grant is causal."""
    trial = Trial.objects.filter(grant=grant).select_related("grant").first()
    if trial is None:
        return None
    readings = {one.number: one for one in trial.readings.all()}
    numbers = range(len(trial.looks))
    sheet = TrialSheet(
        trial=trial,
        name=trial.get_metric_display(),
        detectable=detectable_of(registration_of(trial)),
        is_as_promised=is_as_promised(trial),
        looks=[(moment_of(trial, number), readings.get(number)) for number in numbers],
        uplifts=[],
    )
    if sheet.last is not None:
        sheet.uplifts.extend(_uplifts(trial, sheet.last))
    return sheet


def _uplifts(trial: Trial, look: Look) -> list[Uplift]:
    """The promised metric first."""
    found = []
    for metric, name in Trial.Metric.choices:
        effect, low, high = look.found[metric]
        found.append(Uplift(metric, str(name), effect, low, high, metric == trial.metric))
    return sorted(found, key=lambda one: not one.is_promised)


def may_register(user: Any, grant: Grant, *, now: datetime) -> bool:
    """An operator, before the grant begins, where nothing is registered and nothing is pooled."""
    open_still = now < bounds_of(grant)[0] and not Trial.objects.filter(grant=grant).exists()
    return open_still and not grant.is_pooled and rules.may_stop(user)


def recounted(log: SignalLog, public_id: str) -> list[tuple[Look, bool]]:
    """Every look that was read, and whether the logs say the same again. Of a grant's number."""
    looks = Look.objects.filter(trial__grant__public_id=public_id).select_related("trial__grant")
    return [(one, read(log, one.trial, one.number)[0] == one.found) for one in looks]
