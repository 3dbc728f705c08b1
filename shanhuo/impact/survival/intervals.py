"""How far chance alone could have moved a share, and the difference of two."""

import math

from shanhuo.impact.fairness.measures import Between

Z = 1.959964
"""Half of a 95 % interval, in standard errors of the normal distribution."""


def wilson(there: float, count: float) -> Between:
    """`there` of `count` (Wilson 1927). It holds for a share of 0 or 1 too, and for a weighted
    share, where `count` is the effective number of those who were weighed."""
    share, pull = there / count, Z**2 / count
    middle = (share + pull / 2) / (1 + pull)
    reach = Z / (1 + pull) * math.sqrt(share * (1 - share) / count + pull / (4 * count))
    return Between(share, max(0.0, middle - reach), min(1.0, middle + reach))


def newcombe(one: Between, other: Between) -> Between:
    """One share less another of other people, from the Wilson interval of each (Newcombe 1998,
    method 10)."""
    difference = one.value - other.value
    below = math.hypot(one.value - one.low, other.high - other.value)
    above = math.hypot(one.high - one.value, other.value - other.low)
    return Between(difference, difference - below, difference + above)
