"""How large an effect is, how sure one may be, and what a trial could find at all.

A row is what chance assigned: a person in a trial of persons, a cell of persons with its own slice
of every budget where arms would otherwise feed on one another. All figures are in units of the
outcome per row. Averages over 20 cells need honest small samples, hence Student's t throughout.
"""

import math
from dataclasses import dataclass
from functools import lru_cache
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

Reals = NDArray[np.float64]

_STEPS = 8_001


@dataclass(frozen=True, slots=True)
class Estimate:
    """An effect between its two bounds; `freedom` is the degrees of freedom of the t behind it."""

    effect: float
    error: float
    freedom: float
    low: float
    high: float

    def holds(self, truth: float) -> bool:
        return self.low <= truth <= self.high

    def at(self, level: float) -> "Estimate":
        """The same estimate between bounds of another level."""
        reach = t_quantile((1 + level) / 2, self.freedom) * self.error
        return Estimate(
            self.effect, self.error, self.freedom, self.effect - reach, self.effect + reach
        )


def difference(
    outcome: Reals, treated: Reals, *, before: Reals | None = None, level: float = 0.95
) -> Estimate:
    """Mean of the treated rows minus mean of the others, with bounds at `level`.

    outcome, treated (0 or 1), before: (rows,). `before` is the same outcome in the days before the
    start: taking out what it foretells narrows the bounds; its bias falls as one over
    the rows (CUPED: Deng et al. 2013; in small trials: Freedman 2008). Error HC2, degrees of
    freedom after Bell and McCaffrey (Imbens and Kolesár 2016). Without `before` the error is
    Welch's.
    Raises ValueError with fewer than two rows in an arm.
    """
    if min(treated.sum(), (1 - treated).sum()) < 2:
        raise ValueError("each arm needs two rows to know its own spread")
    design = [np.ones(len(outcome)), treated]
    if before is not None:
        design.append(before - before.mean())
    effect, error, freedom = _coefficient(np.column_stack(design), outcome, at=1)
    return Estimate(effect, error, freedom, effect, effect).at(level)


def _coefficient(design: Reals, outcome: Reals, *, at: int) -> tuple[float, float, float]:
    """One coefficient of least squares, its HC2 error and the degrees of freedom of that error."""
    inverse = np.linalg.inv(design.T @ design)
    weights = inverse @ (design.T @ outcome)
    pull = design @ inverse[:, at]
    hat = np.einsum("ri,ij,rj->r", design, inverse, design)
    share = pull**2 / (1 - hat)
    error = math.sqrt(float(share @ (outcome - design @ weights) ** 2))
    # tr(G'G)² / tr((G'G)²) with (G'G)_rs = a_r a_s (I - H)_rs and a² = share, without rows².
    mixed = inverse @ ((design * share[:, None]).T @ design)
    spread = float(share**2 @ (1 - 2 * hat)) + float(np.trace(mixed @ mixed))
    return float(weights[at]), error, float(np.sum(pull**2) ** 2 / spread)


# --- Looking more than once -------------------------------------------------------------------


def levels_of_looks(times: Reals, *, level: float = 0.95) -> Reals:
    """The level of each look, so that *all* of them hold together with at least `level`.

    times: (looks,) the share of the trial that has passed at each, rising to 1. The error is spent
    as O'Brien and Fleming's (Lan and DeMets 1983), little early and most at the end, and the looks
    are added up by the union bound. That is wider than a boundary for independent increments, and
    asks for nothing: a cell is the same crowd every day, so its days are not independent.
    """
    error = 1 - level
    edge = NormalDist().inv_cdf(1 - error / 2)
    spent = [2 - 2 * NormalDist().cdf(edge / math.sqrt(time)) for time in times]
    return np.asarray(1 - np.diff(spent, prepend=0.0))


# --- Before the start -------------------------------------------------------------------------


def detectable(
    spread: float, *, rows_per_arm: int, power: float = 0.8, level: float = 0.95
) -> float:
    """The least effect that a trial of two equal arms finds with chance `power`.

    spread: standard deviation of the outcome between rows (of what `before` leaves of it, if that
    is used). The result is in the same unit. Two t quantiles added: Bloom 1995.
    """
    freedom = 2 * rows_per_arm - 2
    reach = t_quantile((1 + level) / 2, freedom) + t_quantile(power, freedom)
    return reach * spread * math.sqrt(2 / rows_per_arm)


# --- Student's t ------------------------------------------------------------------------------


def t_quantile(chance: float, freedom: float) -> float:
    """Where Student's t with `freedom` > 0 degrees, whole or not, has `chance` in (0, 1) below it.

    With t = √freedom · tan(a) the density is cos(a)^(freedom - 1), so one cumulative sum holds the
    whole distribution. Exact to five digits, against tables, from 1 degree on.
    """
    if chance < 0.5:
        return -t_quantile(1 - chance, freedom)
    return float(_t_upper(round(chance, 12), round(freedom, 6)))


@lru_cache(maxsize=4096)
def _t_upper(chance: float, freedom: float) -> float:
    # Beyond 40 standard deviations of the angle nothing is left.
    widest = min(math.pi / 2, 40 / math.sqrt(freedom))
    angle = np.linspace(0, widest, _STEPS)
    density = np.maximum(np.cos(angle), 0) ** max(freedom - 1, 0)
    below = np.concatenate(([0.0], np.cumsum((density[1:] + density[:-1]) / 2)))
    found = np.interp(2 * chance - 1, below / below[-1], angle)
    return math.sqrt(freedom) * math.tan(found)
