"""How much of the traffic that a contract may still use is left: curve, level, and hazard.

Time is any number that only grows (seconds of a day, hours of a season).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from shanhuo.traffic.pacing.offers import Floats

RESERVE = 0.01
"""This share of the traffic, before the end and before a moment at which objects vanish, is not
counted on: who is late by then is served first."""

TRUST_IN_CURVE = 0.05
"""Share of a day's traffic after which today's level weighs as much as the days before."""


@dataclass(frozen=True)
class Survival:
    """The chance that an object shown at the start can still be shown at a time.

    Falls only at `times`, to `alive` there; 1 before. `caution` counts what may be gone as less
    than its chance: 1 expects the average, more delivers earlier.
    """

    times: Floats
    alive: Floats
    caution: float = 1.0

    @classmethod
    def certain(cls) -> "Survival":
        return cls(np.zeros(0), np.zeros(0))

    @classmethod
    def observed(cls, ended: Sequence[float], *, stayed: int, caution: float = 1.0) -> "Survival":
        """From objects of past days: when those that vanished did, and how many never did."""
        times, gone = np.unique(np.asarray(ended, float), return_counts=True)
        return cls(times, 1 - np.cumsum(gone) / (len(ended) + stayed), caution)

    def at(self, time: Floats | float) -> Floats:
        """Chance of being there, to the power of caution."""
        steps = np.concatenate(([1.0], np.maximum(self.alive, 1e-9))) ** self.caution
        found: Floats = steps[np.searchsorted(self.times, time, side="right")]
        return found


class Forecast:
    """Requests still to come, as a contract may count on them.

    `times` rise from the start to the end of the contracts; `arrived[i]` requests of a usual day
    came until times[i].
    """

    def __init__(self, times: Floats, arrived: Floats, survival: Survival | None = None) -> None:
        self.survival = survival or Survival.certain()
        reserve = RESERVE * float(arrived[-1])
        ends = self.survival.times.clip(times[0], times[-1])
        early = np.interp(np.interp(ends, times, arrived) - reserve, arrived, times)
        self._times = np.union1d(times, early)
        self._arrived = np.interp(self._times, times, arrived)
        # A moment counts as what will still be there when the reserve has passed too.
        middle = (self._arrived[1:] + self._arrived[:-1]) / 2 + reserve
        usable = np.diff(self._arrived) * self.survival.at(np.interp(middle, arrived, times))
        self._usable = np.concatenate(([0.0], np.cumsum(usable)))
        self._end = float(np.interp(arrived[-1] - reserve, self._arrived, self._usable))

    @classmethod
    def of_day(cls, moments: Floats, survival: Survival | None = None) -> "Forecast":
        """From the moments of a past day's requests, in order; it ended with the last."""
        edges = np.unique(np.quantile(moments, np.linspace(0, 1, 289)))
        return cls(edges, np.searchsorted(moments, edges, side="right").astype(float), survival)

    def level(self, at: float, arrived: float) -> float:
        """Today's traffic over a usual day's, after `arrived` requests until `at`."""
        usual = float(np.interp(at, self._times, self._arrived))
        trust = TRUST_IN_CURVE * float(self._arrived[-1])
        return (arrived + trust) / (usual + trust)

    def remaining(self, at: float, arrived: float | None = None) -> float:
        """Requests to count on after `at`; `arrived` so far corrects the level of the day."""
        used = float(np.interp(at, self._times, self._usable))
        left = max(self._end - used, 0.0) / float(self.survival.at(at))
        return left if arrived is None else left * self.level(at, arrived)
