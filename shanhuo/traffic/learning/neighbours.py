"""What is watched beside what: for each thing its nearest partners, and how much in demand it is.

Two things are near when the same viewers watched both, measured as a cosine that needs some
evidence. To what was seen directly comes what the main directions of all these cosines say (their
leading eigenvectors): things that never met may still belong together. A viewer is offered what is
near to what they watched, times a demand: what was watched more in the last days than its past
promised comes forward, and so does what is watched to the end.

Only the strongest partners are kept, so the model is some kilobytes per hundred things and an
answer is one `bincount`. Counting goes block by block and never holds all pairs.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.integer[Any]]
Reals = NDArray[np.float64]
Floats = NDArray[np.float32]

PARTNERS = 400
EVIDENCE = 10.0
"""So many watches of nobody stand beside each thing's own: one shared viewer proves little."""

DIRECTIONS, SPARE, PASSES = 256, 32, 6
DIRECTED, POPULAR = 3.0, 0.6
"""Weight of the directions beside the direct cosines, and the power that favours popular things."""

HALF_LIFE_DAYS = 2.0
TREND, REACH = 0.5, 0.3
"""Powers of the two parts of demand: recent watches over all watches, and the long-view share."""

_CELLS = 2_000_000


@dataclass(frozen=True, slots=True)
class Watches:
    """Who watched what; viewers and things are numbered from 0, each pair stands once."""

    viewer: Numbers
    thing: Numbers
    age_days: Reals
    long_view: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Neighbours:
    """`partners` and `nearness` have one line per thing, in no order; nearness may be 0."""

    partners: NDArray[np.int32]
    nearness: Floats
    demand: Floats

    @property
    def nbytes(self) -> int:
        return self.partners.nbytes + self.nearness.nbytes + self.demand.nbytes

    def scores(self, watched: Numbers) -> Reals:
        """One score per thing for a viewer who watched these."""
        near = np.bincount(
            self.partners[watched].ravel(),
            self.nearness[watched].ravel(),
            minlength=len(self.demand),
        )
        return np.asarray(near * self.demand, np.float64)


def learn(watches: Watches, *, things: int, partners: int = PARTNERS) -> Neighbours:
    """The neighbours of all things. Needs at least one watch and two things."""
    cosines = _Cosines(watches, things)
    directions = _leading(cosines)
    length = cosines.length.astype(np.float32)
    towards, popular = directions / length[:, None], length**POPULAR
    kept = min(partners, things - 1)
    nearest = np.zeros((things, kept), np.int32)
    nearness = np.zeros((things, kept), np.float32)
    scale = None
    for first, direct in cosines.blocks():
        block = slice(first, first + len(direct))
        itself = (np.arange(len(direct)), np.arange(first, first + len(direct)))
        direct[itself] = 0.0
        directed = (towards[block] @ directions.T) * popular
        # Both parts are brought to one scale, that of the first block: it is as good as any.
        scale = scale or DIRECTED * float(direct.std()) / max(float(directed.std()), 1e-12)
        near = direct + scale * directed
        near[itself] = -np.inf
        best = np.argpartition(-near, kept - 1, axis=1)[:, :kept]
        nearest[block] = best
        nearness[block] = np.take_along_axis(near, best, axis=1)
    return Neighbours(nearest, nearness, _demand(watches, cosines.watched))


def _demand(watches: Watches, watched: Reals) -> Floats:
    """How much each thing is in demand, relative to what its watches in all would promise."""
    fresh = np.exp2(-watches.age_days / HALF_LIFE_DAYS)
    recent = np.bincount(watches.thing, fresh, minlength=len(watched))
    long = np.bincount(watches.thing, watches.long_view, minlength=len(watched))
    trend = (recent + 2.0) / (watched + 20.0)
    reach = (long + 20.0 * watches.long_view.mean()) / (watched + 20.0)
    return np.asarray(trend**TREND * reach**REACH, np.float32)


def _leading(cosines: "_Cosines") -> Floats:
    """The leading eigenvectors of the cosines, one per column, by a few passes over them."""
    wanted = min(DIRECTIONS, cosines.things)
    size = (cosines.things, min(wanted + SPARE, cosines.things))
    basis = np.random.default_rng(1).standard_normal(size, np.float32)
    for _ in range(PASSES):
        basis = np.linalg.qr(cosines.times(basis))[0].astype(np.float32)
    turn = np.linalg.eigh(basis.T @ cosines.times(basis))[1]
    return np.asarray(basis @ turn[:, -wanted:], np.float32)


class _Cosines:
    """The cosines of all things with all things, made anew, block by block, each time."""

    def __init__(self, watches: Watches, things: int) -> None:
        self.things = things
        self.watched = np.bincount(watches.thing, minlength=things).astype(float)
        self.length = np.sqrt(self.watched + EVIDENCE)
        by_thing = np.argsort(watches.thing, kind="stable")
        self._thing, self._viewer = watches.thing[by_thing], watches.viewer[by_thing]
        by_viewer = np.argsort(watches.viewer, kind="stable")
        self._thing_of = watches.thing[by_viewer].astype(np.intp)
        viewers = np.arange(int(watches.viewer.max()) + 2)
        self._begin = np.searchsorted(watches.viewer[by_viewer], viewers)

    def times(self, vectors: Floats) -> Floats:
        """The cosines as a matrix, times these columns."""
        found = np.empty_like(vectors)
        for first, block in self.blocks():
            found[first : first + len(block)] = block @ vectors
        return found

    def blocks(self) -> Iterator[tuple[int, Floats]]:
        """(number of the first thing, one line per thing of the block)."""
        size = max(1, _CELLS // self.things)
        for first in range(0, self.things, size):
            last = min(first + size, self.things)
            shared = self._shared(first, last) / self.length[first:last, None]
            yield first, (shared / self.length).astype(np.float32)

    def _shared(self, first: int, last: int) -> Reals:
        """How many viewers each thing from `first` to before `last` shares with every thing."""
        begin, end = np.searchsorted(self._thing, (first, last))
        line = (self._thing[begin:end] - first).astype(np.intp)
        shared = np.zeros((last - first) * self.things)
        for lines, others in self._pairs(line, self._viewer[begin:end]):
            shared += np.bincount(lines * self.things + others, minlength=len(shared))
        return shared.reshape(last - first, self.things)

    def _pairs(self, line: Numbers, viewer: Numbers) -> Iterator[tuple[Numbers, Numbers]]:
        """Every (line, thing watched by its viewer), about _CELLS at a time."""
        many = self._begin[viewer + 1] - self._begin[viewer]
        part = np.cumsum(many) // _CELLS
        for number in np.unique(part):
            some = part == number
            count = many[some]
            within = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
            where = np.repeat(self._begin[viewer[some]], count) + within
            yield np.repeat(line[some], count), self._thing_of[where]
