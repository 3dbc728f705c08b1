"""Who watches what to the end, as a sum of small effects that must each be earned.

The log-odds of an outcome are an intercept plus one effect for every value of every term: this
post, its author, this viewer, this viewer with this author, and so on. Each effect is pulled
towards zero by its term's prior, so a value seen twice says almost nothing and a value never seen
says nothing: a new post has the effects of its author, county and topic from its first minute.

Fitted by Newton steps, one term after the other, with two `bincount` each: no learning rate, no
random numbers, the same log gives the same effects to the last bit.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Column = NDArray[np.integer[Any]]
Columns = Mapping[str, Column]
Keys = NDArray[np.uint64]
Reals = NDArray[np.float64]

SWEEPS = 8
NOBODY = 0
"""A column's value for "not known": no effect is learned or used for it."""

_MIX = tuple(np.uint64(one) for one in (0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 30, 27))


@dataclass(frozen=True, slots=True)
class Term:
    """Columns whose values together have an effect.

    `prior` is the strength of the pull to zero: about four times the number of exposures after
    which an effect is believed by half.
    """

    columns: tuple[str, ...]
    prior: float


@dataclass(frozen=True, slots=True)
class Fitted:
    """The effects of one term: `values` beside sorted `keys`."""

    term: Term
    keys: Keys
    values: NDArray[np.float32]

    def of(self, columns: Columns) -> NDArray[np.float32]:
        """The effect for each row; 0 for what was never seen or is not known."""
        return self.of_keys(key_of(self.term, columns))

    def of_keys(self, keys: Keys) -> NDArray[np.float32]:
        if not len(self.keys):
            return np.zeros(len(keys), np.float32)
        place = np.searchsorted(self.keys, keys)
        place[place == len(self.keys)] = 0
        return np.where(self.keys[place] == keys, self.values[place], np.float32(0))


@dataclass(frozen=True, slots=True)
class Effects:
    """A fitted sum."""

    intercept: float
    fitted: tuple[Fitted, ...]

    def log_odds(self, columns: Columns) -> NDArray[np.float32]:
        """One number per row of the columns; all terms' columns must be there."""
        size = len(next(iter(columns.values())))
        total = np.full(size, self.intercept, np.float32)
        for one in self.fitted:
            total += one.of(columns)
        return total


def key_of(term: Term, columns: Columns) -> Keys:
    """One number for each combination of values; `NOBODY` where a value is not known.

    Two combinations share a number with a chance of about 10⁻⁷ among a million.
    """
    first, *others = (columns[name].astype(np.uint64) for name in term.columns)
    key, known = first, first != NOBODY
    for other in others:
        key = _mixed(key) + other
        known = known & (other != NOBODY)
    key = _mixed(key) if others else key
    return np.where(known, key, np.uint64(NOBODY))


def _mixed(keys: Keys) -> Keys:
    """Spread numbers over all 64 bits; each number keeps an image of its own."""
    odd, even, high, low = _MIX
    keys = (keys ^ (keys >> high)) * even
    return (keys ^ (keys >> low)) * odd


def fit(
    terms: Sequence[Term],
    columns: Columns,
    outcome: NDArray[np.bool_],
    weight: Reals | None = None,
    *,
    sweeps: int = SWEEPS,
) -> Effects:
    """The effects that explain the outcomes best, given their priors. Needs at least one row."""
    blocks = [_Block.of(term, columns) for term in terms]
    happened = outcome.astype(np.float64)
    weights = np.ones(len(happened)) if weight is None else weight
    intercept = _log_odds_of(happened, weights)
    total = np.full(len(happened), intercept)
    for _ in range(sweeps):
        for block in blocks:
            block.step(happened, weights, total)
        slope, curve = _derivatives(happened, weights, total)
        change = slope.sum() / max(curve.sum(), 1e-9)
        intercept += change
        total += change
    return Effects(intercept, tuple(block.as_fitted() for block in blocks))


@dataclass(slots=True)
class _Block:
    """One term while it is fitted. `row_of` says which effect a row has; row 0 has none."""

    term: Term
    keys: Keys
    row_of: NDArray[np.intp]
    values: Reals

    @classmethod
    def of(cls, term: Term, columns: Columns) -> "_Block":
        keys, row_of = np.unique(key_of(term, columns), return_inverse=True)
        if not len(keys) or keys[0] != NOBODY:
            keys, row_of = np.concatenate(([np.uint64(NOBODY)], keys)), row_of + 1
        return cls(term, keys, row_of, np.zeros(len(keys)))

    def step(self, happened: Reals, weights: Reals, total: Reals) -> None:
        """A Newton step for all effects of this term at once: they never meet in one row."""
        slope, curve = _derivatives(happened, weights, total)
        size = len(self.keys)
        slopes = np.bincount(self.row_of, slope, minlength=size)
        curves = np.bincount(self.row_of, curve, minlength=size)
        values: Reals = (curves * self.values + slopes) / (curves + self.term.prior)
        values[0] = 0.0
        total += (values - self.values)[self.row_of]
        self.values = values

    def as_fitted(self) -> Fitted:
        return Fitted(self.term, self.keys[1:], self.values[1:].astype(np.float32))


def _derivatives(happened: Reals, weights: Reals, total: Reals) -> tuple[Reals, Reals]:
    """Slope and curvature of the log-likelihood by each row's log-odds."""
    chance = 1.0 / (1.0 + np.exp(-total))
    return weights * (happened - chance), weights * chance * (1.0 - chance)


def _log_odds_of(happened: Reals, weights: Reals) -> float:
    """Of the average outcome, with half a case on either side: never infinite."""
    yes = float((happened * weights).sum()) + 0.5
    return float(np.log(yes / (float(weights.sum()) + 1.0 - yes)))
