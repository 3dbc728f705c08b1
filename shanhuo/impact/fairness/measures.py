"""The arithmetic of fairness: each measure is one number of a tally.

Ratios and indices are whole ten-thousandths, so that two ways of counting can be equal to the last
digit; None where there is nothing to divide by.
"""

import math
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from shanhuo.impact.fairness.tally import CELLS, MICRO, Floor, Lane, Noted, Tally
from shanhuo.traffic.experiments.estimates import t_quantile

WHOLE = 10_000
SIZES = (1, 100, 1_000, 10_000)
"""Where classes of creators begin, by exposures in the 30 days before the window: none, 1–99, …"""

LEAST_PEOPLE = 10
"""Nothing about fewer viewers, or fewer creators, is published: as about households."""


class CountyClass(StrEnum):
    """Of a county; each stands in one."""

    KEY = "key"
    LIFTED = "lifted"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Seen:
    """A window as measures see it. `before`: the 30 days before it, which say how large a creator
    was and who could have been shown. `class_of`: adcode as number -> class."""

    tally: Tally
    before: Tally
    class_of: Callable[[int], CountyClass]

    def creators(self) -> list[int]:
        """Exposures of every creator who was shown in the window or the 30 days before."""
        return _counts(self.tally.by_author(), self.before.by_author())

    def counties(self) -> list[int]:
        return _counts(self.tally.by_county(), self.before.by_county())

    def shown_in(self, chosen: CountyClass) -> int:
        by_county = self.tally.by_county().items()
        return sum(shown for county, shown in by_county if self.class_of(county) is chosen)

    def by_size(self) -> list[tuple[int, int]]:
        """(creators, exposures) of each class; one more than there are SIZES."""
        classes = [(0, 0)] * (len(SIZES) + 1)
        now, before = self.tally.by_author(), self.before.by_author()
        for author in now.keys() | before.keys():
            place = size_class(before.get(author, 0))
            creators, shown = classes[place]
            classes[place] = (creators + 1, shown + now.get(author, 0))
        return classes


def size_class(exposures: int) -> int:
    """The class of a creator with so many exposures before: 0 for none, 1 for 1–99, …"""
    return sum(exposures >= least for least in SIZES)


def _counts(now: dict[int, int], before: dict[int, int]) -> list[int]:
    return [now.get(key, 0) for key in sorted(now.keys() | before.keys())]


def ratio(part: int, whole: int) -> int | None:
    """Ten-thousandths, half up."""
    return (part * WHOLE * 2 + whole) // (2 * whole) if whole else None


def gini(counts: Sequence[int]) -> int | None:
    """0: everybody was shown as often; towards 10,000: one was shown for all."""
    ranked, total = sorted(counts), sum(counts)
    if not total:
        return None
    weighted = sum(place * count for place, count in enumerate(ranked, start=1))
    size = len(ranked)
    return ratio(2 * weighted - (size + 1) * total, size * total)


def top_share(counts: Iterable[int], most: int) -> int | None:
    """The share of the `most` who were shown most."""
    listed = sorted(counts, reverse=True)
    return ratio(sum(listed[:most]), sum(listed))


def concentration(counts: Collection[int]) -> int | None:
    """Herfindahl and Hirschman: the sum of squared shares. 10,000: one has all."""
    total = sum(counts)
    return ratio(sum(count * count for count in counts), total * total)


def long_view_ratio(tally: Tally, lane: Lane) -> int | None:
    shown, watched = tally.lanes[lane].sum(axis=0).tolist()
    return ratio(watched, shown)


def kept(tally: Tally, rule: Noted, among: Noted) -> int | None:
    return ratio(int(tally.lists[rule]), int(tally.lists[among]))


def floor_cost(tally: Tally, floor: Floor) -> int | None:
    """Ten-thousandths of a point for each list; None with too few people behind it."""
    if not _enough_weighed(tally):
        return None
    lists, *_ = sums = tally.floors.sum(axis=0).tolist()
    return ratio(sums[floor], lists * MICRO)


def _enough_weighed(tally: Tally) -> bool:
    return bool(np.count_nonzero(tally.floors[:, Floor.LISTS]) >= LEAST_PEOPLE)


@dataclass(frozen=True, slots=True)
class Between:
    """A ratio (or a difference of two) between the bounds of its 95 % interval."""

    value: float
    low: float
    high: float


def rate_of(tally: Tally, lane: Lane) -> Between | None:
    """Long views per exposure of a lane; None with too few people for an interval."""
    return _jackknife(tally.lanes[[lane]], lambda lanes: _rate(lanes[0]))


def rate_difference(tally: Tally, lane: Lane) -> Between | None:
    """How many more exposures of a lane were watched long than of the ranked ones."""
    lanes = tally.lanes[[lane, Lane.RANKED]]
    return _jackknife(lanes, lambda pair: _rate(pair[0]) - _rate(pair[1]))


def floor_cost_between(tally: Tally, floor: Floor) -> Between | None:
    """Points for each list; None with too few people for an interval."""
    columns = tally.floors[None, :, [Floor.LISTS, floor]]
    found = _jackknife(columns, lambda lists: _rate(lists[0]))
    return found and Between(*(bound / MICRO for bound in (found.value, found.low, found.high)))


def enough_viewers(tally: Tally) -> bool:
    """At least ten cells with somebody in them: so at least ten people, and nobody's own habits."""
    return bool(np.count_nonzero(tally.lanes[:, :, 0].sum(axis=0)) >= LEAST_PEOPLE)


def _rate(cells: np.ndarray) -> float:
    shown, watched = cells.sum(axis=0).tolist()
    return float(watched) / shown if shown else math.nan


def _jackknife(lanes: np.ndarray, of: Callable[[np.ndarray], float]) -> Between | None:
    """Leave out one cell of people after the other: what that changes is the error (Tukey 1958)."""
    if (np.count_nonzero(lanes[:, :, 0], axis=1) < LEAST_PEOPLE).any():
        return None
    others = np.array([of(np.delete(lanes, cell, axis=1)) for cell in range(CELLS)])
    error = math.sqrt((CELLS - 1) / CELLS * float(((others - others.mean()) ** 2).sum()))
    value, reach = of(lanes), t_quantile(0.975, CELLS - 1) * error
    return Between(value, value - reach, value + reach)
