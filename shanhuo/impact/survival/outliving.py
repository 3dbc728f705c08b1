"""Who was still there N days after support had ended: the arithmetic, on columns.

A plain share, not an estimator of Kaplan and Meier: both logs see every creator on every day, so
nobody is lost from sight before N days have passed, and whoever paused and came back is there.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from shanhuo.impact.fairness.measures import SIZES, WHOLE, ratio
from shanhuo.impact.survival.past import Past

AFTER_DAYS = (30, 90, 180, 365)
LOOKED_AT_DAYS = 30
"""Still there on a day: a clip published, and plays enough, in so many days that end with it."""

LEAST_PLAYS = 10
LEAST_LIFTED = 10
"""With fewer lifted exposures nobody was supported; without a single one nobody was touched."""

LEAST_CREATORS = 10

Bools = NDArray[np.bool_]
Numbers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Span:
    """`creators`: of whom so many days have passed; `there`: of them still publishing and watched.
    `matched`: of them with comparable creators, in all `others`; `others_parts`: what part of
    those was there on the same days, in ten-thousandths. `ready_on`: when the days of the tenth
    will have passed (an ordinal).

    `matched_there` of the `matched` were there. `others_worth`: comparable creators weigh unlike,
    and say as much as so many equal ones would (Kish 1965)."""

    days: int
    creators: int
    there: int
    matched: int
    others: int
    others_parts: int | None
    ready_on: int | None
    matched_there: int = 0
    others_worth: float = 0.0


@dataclass(frozen=True, slots=True)
class Survival:
    """`over`: creators whose support has ended; `under_way`: those who are still supported."""

    over: int
    under_way: int
    spans: list[Span]


@dataclass(frozen=True, slots=True)
class _Lift:
    """What one contract did for one creator: exposures that it lifted, and the day of the first."""

    contract: int
    shown: int
    since: int


@dataclass(frozen=True, slots=True)
class _Over:
    """A creator (`place` in the crowd) who was lifted from the day `since` on, until the last of
    the grants that did it ended."""

    place: int
    since: int
    ended: int


def survivals(past: Past, *, through: int) -> dict[str, Survival]:
    """As of the end of a day: "" for the whole platform, and by public id of a programme those who
    had at least ten exposures of its grants."""
    crowd = _Crowd(past)
    programmes = sorted(set(past.support.programme_of.values()))
    return {name: _survival(crowd, name, through=through) for name in ["", *programmes]}


def part_there(span: Span) -> int | None:
    """Ten-thousandths."""
    return ratio(span.there, span.creators)


def _survival(crowd: "_Crowd", programme: str, *, through: int) -> Survival:
    supported = crowd.supported_by(programme)
    over = [one for one in supported if one is not None]
    return Survival(
        over=len(over),
        under_way=len(supported) - len(over),
        spans=[_span(crowd, over, days, through=through) for days in AFTER_DAYS],
    )


def _span(crowd: "_Crowd", over: list[_Over], days: int, *, through: int) -> Span:
    ripe = [one for one in over if one.ended + days <= through]
    there, matched_there, shares, weights = 0, 0, [], np.zeros(crowd.size)
    for one in ripe:
        still_there = crowd.there_on(one.ended + days)
        there += bool(still_there[one.place])
        alike = crowd.alike(one.since, int(crowd.strata_on(one.since)[one.place]))
        if alike.any():
            matched_there += bool(still_there[one.place])
            weights += alike / alike.sum()
            shares.append(float(still_there[alike].mean()))
    return Span(
        days=days,
        creators=len(ripe),
        there=there,
        matched=len(shares),
        others=int(np.count_nonzero(weights)),
        others_parts=round(WHOLE * float(np.mean(shares))) if shares else None,
        ready_on=_tenth([one.ended + days for one in over]),
        matched_there=matched_there,
        others_worth=float(weights.sum() ** 2 / (weights**2).sum()) if shares else 0.0,
    )


def _tenth(days: list[int]) -> int | None:
    return sorted(days)[LEAST_CREATORS - 1] if len(days) >= LEAST_CREATORS else None


class _Crowd:
    """Every creator who ever published or was shown, each at a place of their own."""

    def __init__(self, past: Past) -> None:
        self._past = past
        authors = np.unique(np.concatenate([past.traces["author"], past.published_by]))
        self.size = len(authors)
        self._shown_who = np.searchsorted(authors, past.traces["author"])
        self._published_who = np.searchsorted(authors, past.published_by)
        self._lifts = _lifts(past, self._shown_who)
        self._untouched = np.ones(self.size, bool)
        self._untouched[list(self._lifts)] = False
        # Many creators of a county share their days: each day is looked at once.
        self.there_on: Callable[[int], Bools] = cache(self._there_on)
        self.strata_on: Callable[[int], Numbers] = cache(self._strata_on)
        self.alike: Callable[[int, int], Bools] = cache(self._alike)

    def supported_by(self, programme: str) -> list[_Over | None]:
        """Of everybody whom it lifted often enough; None while they are still supported."""
        programme_of = self._past.support.programme_of
        return [
            self._over(place, lifts)
            for place, lifts in sorted(self._lifts.items())
            if sum(one.shown for one in lifts if programme in ("", programme_of.get(one.contract)))
            >= LEAST_LIFTED
        ]

    def _over(self, place: int, lifts: list[_Lift]) -> _Over | None:
        ends = self._past.support.ends
        if any(one.contract not in ends for one in lifts):
            return None
        since, ended = min(one.since for one in lifts), max(ends[one.contract] for one in lifts)
        return _Over(place, since, ended)

    def _there_on(self, day: int) -> Bools:
        published = self._published(day, within=LOOKED_AT_DAYS) > 0
        return published & (self._traced("plays", day, lifted=False) >= LEAST_PLAYS)

    def _strata_on(self, day: int) -> Numbers:
        """By size before that day, and by whether they had just published; -1 before anything."""
        sizes = np.searchsorted(SIZES, self._traced("shown", day - 1), side="right")
        strata = 2 * sizes + (self._published(day, within=LOOKED_AT_DAYS) > 0)
        found: Numbers = np.where(self._published(day, within=day) > 0, strata, -1)
        return found

    def _alike(self, day: int, stratum: int) -> Bools:
        found: Bools = self._untouched & (self.strata_on(day) == stratum)
        return found

    def _published(self, day: int, *, within: int) -> Numbers:
        """Clips by creator, in so many days that end with `day`."""
        rows = _rows(self._past.published_days, day, within)
        return np.bincount(self._published_who[rows], minlength=self.size)

    def _traced(self, column: str, day: int, *, lifted: bool = True) -> Numbers:
        """Exposures or plays by creator in 30 days; not `lifted`: only what no grant lifted."""
        rows = _rows(self._past.traces["day"], day, LOOKED_AT_DAYS)
        found = self._past.traces[rows]
        counts = np.where(lifted | (found["grant"] == 0), found[column], 0)
        sums = np.bincount(self._shown_who[rows], weights=counts, minlength=self.size)
        return sums.astype(np.int64)


def _rows(days: Numbers, last: int, within: int) -> slice:
    """Where the rows of so many days that end with `last` stand; `days` are sorted."""
    first, behind = np.searchsorted(days, [last - within + 1, last + 1])
    return slice(int(first), int(behind))


def _lifts(past: Past, who: Numbers) -> dict[int, list[_Lift]]:
    """By place of the creator, one for each contract."""
    rows = np.flatnonzero((past.traces["grant"] > 0) & (past.traces["shown"] > 0))
    pairs = np.column_stack([who[rows], past.traces["grant"][rows].astype(np.int64)])
    # Days are sorted, so the first row of a pair is its first day.
    unique, first, place = np.unique(pairs, axis=0, return_index=True, return_inverse=True)
    shown = np.bincount(place.ravel(), weights=past.traces["shown"][rows], minlength=len(unique))
    since = past.traces["day"][rows][first]
    found: dict[int, list[_Lift]] = {}
    for (creator, contract), count, day in zip(
        unique.tolist(), shown.tolist(), since.tolist(), strict=True
    ):
        found.setdefault(creator, []).append(_Lift(contract, int(count), day))
    return found
