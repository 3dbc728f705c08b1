"""How the price of a contract follows its delivery. The controller is exchangeable."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from shanhuo.traffic.grants import rehearsal
from shanhuo.traffic.grants.rehearsal import Rehearsal

HOUR_MS = 3_600_000


@dataclass(frozen=True, slots=True)
class Standing:
    """All deliverable contracts at a moment, in columns of one length."""

    contract: NDArray[np.int64]
    quota: NDArray[np.int64]
    delivered: NDArray[np.int64]
    starts_ms: NDArray[np.int64]
    ends_ms: NDArray[np.int64]


class Controller(Protocol):
    """Prices in points of the ranker's score, one per contract; 0 is "needs no help"."""

    def prices(self, standing: Standing, *, now_ms: int) -> NDArray[np.float64]: ...


class RehearsedController:
    """The dearer of two prices: by the newest rehearsal on disk (decision 0040), and by the curve,
    for a rehearsal may expect more of the hours to come than they bring. Contracts that it does not
    know yet, and all of them while there is none or it is stale, are paced by the curve alone."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._curve = CurveController()
        self._rehearsal: Rehearsal | None = None
        self._stamp = 0

    def prices(self, standing: Standing, *, now_ms: int) -> NDArray[np.float64]:
        # The curve goes on beside: whoever falls back to it must not begin anew.
        prices = self._curve.prices(standing, now_ms=now_ms)
        self._look()
        known = self._rehearsal
        if known is None or not known.is_fresh(now_ms=now_ms):
            return prices
        place = np.minimum(np.searchsorted(standing.contract, known.contracts), len(prices) - 1)
        here = standing.contract[place] == known.contracts
        left = np.where(here, (standing.quota - standing.delivered)[place], 0)
        ends_ms = np.where(here, standing.ends_ms[place], now_ms)
        told = known.prices(left, ends_ms, now_ms=now_ms)[here]
        prices[place[here]] = np.maximum(prices[place[here]], told)
        return prices

    def _look(self) -> None:
        stamp = rehearsal.stamp(self._folder)
        if stamp != self._stamp:
            self._stamp, self._rehearsal = stamp, rehearsal.load(self._folder)


class CurveController:
    """Proportional and integral on a straight line: the further behind and the longer, the dearer.

    Behind is measured in hours of the contract's own pace, so that small and large ones are alike;
    who has less than six hours left, as a session on air, is behind so much sooner.
    """

    LOOK_AHEAD_MS = HOUR_MS // 2
    EARLY = 0.1
    """Of its whole time: what is given out last may not be seen before a contract ends."""

    SHORT_MS = 6 * HOUR_MS
    PROPORTIONAL, INTEGRAL, MOST = 0.04, 0.10, 2.0
    FURTHEST_HOURS = 24.0

    def __init__(self) -> None:
        self._sums: dict[int, float] = {}
        self._at_ms: int | None = None

    def prices(self, standing: Standing, *, now_ms: int) -> NDArray[np.float64]:
        hours = self._hours_since_last(now_ms)
        haste = self._haste(standing, now_ms)
        behind = haste * hours_behind(standing, now_ms=now_ms + self._ahead_ms(standing))
        behind = np.clip(behind, -self.FURTHEST_HOURS, self.FURTHEST_HOURS)
        numbers = standing.contract.tolist()
        before = np.array([self._sums.get(number, 0.0) for number in numbers])
        sums = np.clip(before + self.INTEGRAL * hours * haste * behind, 0.0, self.MOST)
        self._sums = dict(zip(numbers, sums.tolist(), strict=True))
        prices: NDArray[np.float64] = np.clip(sums + self.PROPORTIONAL * behind, 0.0, self.MOST)
        return prices

    def _haste(self, standing: Standing, now_ms: int) -> NDArray[np.float64]:
        """Behind weighs more the less time is left to catch up; the last half-hour is all one."""
        span_ms = standing.ends_ms - standing.starts_ms
        left_ms = np.maximum(self.LOOK_AHEAD_MS, standing.ends_ms - now_ms)
        least_ms = np.maximum(1, np.minimum(span_ms, left_ms))
        haste: NDArray[np.float64] = np.maximum(1.0, self.SHORT_MS / least_ms)
        return haste

    def _ahead_ms(self, standing: Standing) -> NDArray[np.float64]:
        span = standing.ends_ms - standing.starts_ms
        ahead: NDArray[np.float64] = np.maximum(self.LOOK_AHEAD_MS, self.EARLY * span)
        return ahead

    def _hours_since_last(self, now_ms: int) -> float:
        """At most a minute's worth: a clock that jumps must not charge for the jump."""
        before, self._at_ms = self._at_ms, now_ms
        passed = 0 if before is None else min(max(0, now_ms - before), 60_000)
        return passed / HOUR_MS


def target_at(standing: Standing, *, now_ms: int | NDArray[np.float64]) -> NDArray[np.float64]:
    """What should be delivered by then: a straight line from the first moment to the last."""
    span = np.maximum(1, standing.ends_ms - standing.starts_ms)
    share = np.clip((now_ms - standing.starts_ms) / span, 0.0, 1.0)
    target: NDArray[np.float64] = share * standing.quota
    return target


def hours_behind(standing: Standing, *, now_ms: int | NDArray[np.float64]) -> NDArray[np.float64]:
    """How long ago, at its own pace, the contract should have been where it is."""
    span_hours = np.maximum(1, standing.ends_ms - standing.starts_ms) / HOUR_MS
    pace = standing.quota / span_hours
    behind: NDArray[np.float64] = (target_at(standing, now_ms=now_ms) - standing.delivered) / pace
    return behind
