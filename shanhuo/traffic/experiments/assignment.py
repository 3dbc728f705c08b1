"""Who is in which arm, and what each may spend: decided by a keyed hash, the same on every machine.

Viewers are dealt to cells and cells to arms. A cell has its own slice of every budget, so nobody's
treatment takes exposures from somebody else's comparison: that is what makes a difference between
cells an effect (LinkedIn: Liu et al. 2020, arXiv 2012.08724). People held out get no support in any
experiment, and stay held out, for they are drawn with the platform's key and not with the
experiment's.
"""

from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from shanhuo.traffic.pacing.offers import Floats, Numbers

HELD_OUT = -1
CELLS = 20
_WHOLE = 2**64


@dataclass(frozen=True, slots=True)
class Experiment:
    """A trial as registered before its start.

    key: 16 to 64 secret bytes, one key for the platform; `name` makes each experiment a new draw.
    arms: the name of each arm, the comparison first; cells are shared between them as equally as
    can be. held_out_ratio: people who get no support at all.
    """

    name: str
    key: bytes
    arms: tuple[str, ...] = ("control", "treated")
    cells: int = CELLS
    held_out_ratio: float = 0.0

    def __post_init__(self) -> None:
        if not 16 <= len(self.key) <= 64:
            raise ValueError("a key has 16 to 64 bytes")
        if len(self.arms) < 2 or len(set(self.arms)) < len(self.arms):
            raise ValueError("an experiment compares at least two arms, each with its own name")
        if self.cells < 2 * len(self.arms):
            raise ValueError("each arm needs two cells to know its own spread")
        if not 0 <= self.held_out_ratio < 1:
            raise ValueError("a ratio of people held out is at least 0 and below 1")


def cell_of(viewer: int, experiment: Experiment) -> int:
    """The viewer's cell, 0 … cells - 1, or HELD_OUT. viewer: the 64-bit key of a viewer token."""
    if _draw(viewer, "held-out", experiment.key) < experiment.held_out_ratio * _WHOLE:
        return HELD_OUT
    drawn = _draw(viewer, f"cell:{experiment.name}", experiment.key)
    return drawn * experiment.cells // _WHOLE


def arm_of(viewer: int, experiment: Experiment) -> int:
    """The viewer's place in `experiment.arms`, or HELD_OUT."""
    cell = cell_of(viewer, experiment)
    return HELD_OUT if cell == HELD_OUT else int(arms_of_cells(experiment)[cell])


def arms_of_cells(experiment: Experiment) -> NDArray[np.int64]:
    """(cells,) the arm of each: dealt in turn to the cells in the order of their draws, so sizes
    differ by one at most."""
    draws = [
        _draw(cell, f"arm:{experiment.name}", experiment.key) for cell in range(experiment.cells)
    ]
    order = sorted(range(experiment.cells), key=draws.__getitem__)
    arms = np.empty(experiment.cells, np.int64)
    arms[order] = np.arange(experiment.cells) % len(experiment.arms)
    return arms


def slices_of(budget: int, experiment: Experiment) -> NDArray[np.int64]:
    """(cells,) whole exposures of a budget for each cell; they sum to the budget exactly.

    What does not divide goes to cells by chance of the key, not always to the first."""
    equal = share_out(budget, np.ones(experiment.cells))
    draws = [
        _draw(cell, f"rest:{experiment.name}:{budget}", experiment.key)
        for cell in range(experiment.cells)
    ]
    slices = np.empty_like(equal)
    slices[np.argsort(np.array(draws, np.uint64))] = equal
    return slices


def slices_of_arm(budget: int, experiment: Experiment, arm: int) -> NDArray[np.int64]:
    """(cells,) a budget that one arm has alone, shared by its cells; 0 for all other cells."""
    slices = np.zeros(experiment.cells, np.int64)
    cells = np.flatnonzero(arms_of_cells(experiment) == arm)
    slices[cells] = share_out(budget, np.ones(len(cells)))
    return slices


def _draw(number: int, purpose: str, key: bytes) -> int:
    """A whole number below 2**64 that nobody without the key can foretell."""
    text = f"{purpose}:{number}".encode()
    return int.from_bytes(blake2b(text, key=key, digest_size=8).digest(), "big")


def share_out(total: int, weights: Floats) -> Numbers:
    """Whole numbers in proportion to weights that sum exactly to `total`; the largest remainders
    round up, the earlier one of two alike. Without any weight, in equal parts."""
    if len(weights) == 0:
        raise ValueError("nobody to share with")
    weights = np.maximum(np.asarray(weights, np.float64), 0)
    if not weights.sum():
        weights = np.ones(len(weights))
    exact = total * weights / weights.sum()
    shares: Numbers = np.floor(exact).astype(np.int64)
    missing = int(total - shares.sum())
    # Rounded, so that equal remainders do not differ by the last bit of their division.
    order = np.lexsort((np.arange(len(shares)), -np.round(exact - shares, 9)))
    shares[order[:missing]] += 1
    return shares
