"""Tiny contracts of one county: its budget, shared out in whole exposures and never lost."""

import numpy as np

from shanhuo.traffic.pacing.offers import Floats, Numbers


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


def pass_on(left: Numbers, supply: Floats) -> Numbers:
    """What vanished members still need goes to the others of their county, by their supply.

    left: exposures to go per member; supply: chances still to come, 0 for who is gone. The sum
    stays. If all are gone, nothing moves: the county's budget is returned at the end.
    """
    alive = np.asarray(supply) > 0
    if not alive.any():
        return left.copy()
    orphaned = int(left[~alive].sum())
    passed = np.where(alive, left, 0)
    passed[alive] += share_out(orphaned, supply[alive])
    return passed
