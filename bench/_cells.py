"""A platform that runs a trial of better support, again and again, with a truth that is known.

Treated people are offered to contracts more often and watch better. A contract's budget ends, so
what treated people take, others miss: the arms feed on one another unless the budget is split.
Everything is drawn per cell and period at once, for all replications; people are in it through
their activity, which differs, lasts, and is the same towards every contract.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

Reals = NDArray[np.float64]

CONTRACTS, CELLS, PERIODS = 12, 20, 4
PEOPLE_PER_CELL = 500
ORGANIC, ORGANIC_BEFORE = 3.0, 12.0
"""Long views per person without any support: in a period, and in the weeks before the start."""


@dataclass(frozen=True, slots=True)
class World:
    """Contracts: `budget` per period (contracts,), `wanted` exposures per person and period of
    average activity without the treatment, `watched` the chance of a long view; what the
    treatment multiplies them with."""

    budget: NDArray[np.int64]
    wanted: Reals
    watched: Reals
    more_wanted: float
    more_watched: float


def world(seed: int) -> World:
    """Contracts of 1,000 to 4,000 exposures a period; without the treatment viewers would take
    half of the budget to a fifth more than there is."""
    rng = np.random.default_rng([seed, 1])
    budget = rng.integers(1_000, 4_000, CONTRACTS)
    wanted = budget * rng.uniform(0.5, 1.2, CONTRACTS) / (CELLS * PEOPLE_PER_CELL)
    return World(budget, wanted, rng.uniform(0.2, 0.5, CONTRACTS), 1.3, 1.1)


def idle(seed: int) -> World:
    """The same world with a treatment that does nothing."""
    return replace(world(seed), more_wanted=1.0, more_watched=1.0)


@dataclass(frozen=True, slots=True)
class Trials:
    """Long views per person and period, up to each look: `outcome` (replications, looks, cells);
    `before` (replications, cells); `treated` (replications, cells) of 0 and 1."""

    outcome: Reals
    before: Reals
    treated: Reals


def play(
    place: World, treated: Reals, *, slices: NDArray[np.int64] | None, rng: np.random.Generator
) -> Trials:
    """Run the trial once per row of `treated`. slices: (contracts, cells) of a period's budget;
    None: one budget for all, taken in the order of arrival."""
    activity = _activity(treated.shape, rng)
    on = treated[:, None, :, None]
    rate = activity[:, None, :, None] * place.wanted * np.where(on > 0, place.more_wanted, 1)
    wishes = rng.poisson(np.broadcast_to(rate, (len(treated), PERIODS, CELLS, CONTRACTS)))
    if slices is None:
        shown = _first_come(wishes, place.budget, rng)
    else:
        shown = np.minimum(wishes, slices.T)
    watched = place.watched * np.where(on > 0, place.more_watched, 1)
    views = rng.binomial(shown, np.broadcast_to(watched, shown.shape)).sum(axis=3)
    organic = np.broadcast_to((activity * ORGANIC)[:, None], views.shape)
    passed = np.arange(1, PERIODS + 1)[:, None] * PEOPLE_PER_CELL
    return Trials(
        np.cumsum(views + rng.poisson(organic), axis=1) / passed,
        rng.poisson(activity * ORGANIC_BEFORE) / PEOPLE_PER_CELL,
        treated,
    )


def truth(place: World, *, rng: np.random.Generator, draws: int = 20_000) -> float:
    """What giving the treatment to everybody changes, with the whole budget for everybody, in long
    views per person and period."""
    people = _activity((draws, CELLS), rng).sum(axis=1)[:, None]
    shown_with, shown_without = (
        np.minimum(rng.poisson(people * place.wanted * more), place.budget).mean(axis=0)
        for more in (place.more_wanted, 1.0)
    )
    gain = shown_with * place.more_watched - shown_without
    return float(gain @ place.watched) / (CELLS * PEOPLE_PER_CELL)


def _activity(shape: tuple[int, ...], rng: np.random.Generator) -> Reals:
    """Sum over a cell's people of an activity with mean 1 and standard deviation 1."""
    return rng.gamma(PEOPLE_PER_CELL, 1.0, shape)


def _first_come(
    wishes: NDArray[np.int64], budget: NDArray[np.int64], rng: np.random.Generator
) -> NDArray[np.int64]:
    """Everybody wants from one budget: of all wishes of a period, as many as there are, by lot."""
    left, waiting = np.minimum(wishes.sum(axis=2), budget), wishes.sum(axis=2)
    shown = np.empty_like(wishes)
    for cell in range(CELLS):
        mine = wishes[:, :, cell]
        waiting = waiting - mine
        shown[:, :, cell] = rng.hypergeometric(mine, waiting, left)
        left = left - shown[:, :, cell]
    return shown
