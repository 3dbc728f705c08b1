"""The neighbours as a source of the feed: what is watched by those who watched the same.

The model comes from the shelf and is looked at again when its pointer changes, within a second.
Absent, stale or damaged, the source is empty and `state` says so. What is near to a viewer is
worked out once for each change of what they liked lately, and kept with their memory.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from shanhuo.traffic import moments
from shanhuo.traffic.candidates import Rows
from shanhuo.traffic.catalogue import Catalogue
from shanhuo.traffic.learned import STALE
from shanhuo.traffic.learning.shelf import Beside, NeighbourShelf, Unreadable
from shanhuo.traffic.memory import Memory
from shanhuo.traffic.numbers import UNKNOWN

logger = logging.getLogger(__name__)

LOOKED_UP_EVERY = timedelta(minutes=10)
"""Posts get their rows as they are published; a post of the model may come back."""

PARTNERS, NEAREST = 32, 48
"""So many partners of each thing that was liked, and so many of all of them together."""

NOTHING: Rows = np.empty(0, np.int32)


class State(StrEnum):
    ABSENT = "absent"
    STALE = "stale"
    DAMAGED = "damaged"
    READY = "ready"


@dataclass(frozen=True, slots=True)
class _Ready:
    """A model as answers want it: few partners, the strongest, and rows for things. Replaced as a
    whole: answers are made while another thread steps."""

    number: int
    model: Beside
    partners: NDArray[np.int32]
    nearness: NDArray[np.float32]
    row_of_thing: Rows
    thing_of_row: Mapping[int, int]

    @classmethod
    def of(cls, number: int, model: Beside, catalogue: Catalogue) -> "_Ready":
        near = model.neighbours
        kept = min(PARTNERS, near.partners.shape[1])
        best = np.argpartition(-near.nearness, kept - 1, axis=1)[:, :kept]
        rows = catalogue.rows_of(model.posts)
        return cls(
            number=number,
            model=model,
            partners=np.take_along_axis(near.partners, best, axis=1),
            nearness=np.take_along_axis(near.nearness, best, axis=1),
            row_of_thing=rows,
            thing_of_row={row: thing for thing, row in enumerate(rows.tolist()) if row != UNKNOWN},
        )

    def near(self, recent: list[int]) -> Rows:
        known = [thing for row in recent if (thing := self.thing_of_row.get(row)) is not None]
        if not known:
            return NOTHING
        others, place = np.unique(self.partners[known].ravel(), return_inverse=True)
        shared = np.bincount(place, self.nearness[known].ravel())
        near = shared * self.model.neighbours.demand[others]
        near[np.isin(others, known)] = 0.0
        best = np.argsort(-near, kind="stable")[:NEAREST]
        rows: Rows = self.row_of_thing[others[best[near[best] > 0]]]
        known_rows: Rows = rows[rows != UNKNOWN]
        return known_rows


class Neighbouring:
    """The neighbours of this process."""

    def __init__(self, shelf: NeighbourShelf) -> None:
        self.state = State.ABSENT
        self._shelf = shelf
        self._stamp = self._number = 0
        self._ready: _Ready | None = None
        self._made_at: datetime | None = None

    @property
    def model(self) -> Beside | None:
        """The model in use."""
        return self._ready.model if self._ready else None

    def refresh(self, catalogue: Catalogue, *, now: datetime) -> None:
        """Take up a new model, or drop one that is stale; cheap when nothing changed."""
        stamp, model = self._shelf.stamp(), self.model
        if stamp != self._stamp:
            self._stamp, self._made_at = stamp, None
            model = self._readable()
        if model is not None and is_stale(model, now=now):
            logger.warning("the neighbours are stale and no longer a source")
            self.state, model = State.STALE, None
        if model is None:
            self._ready = None
        elif self._made_at is None or abs(now - self._made_at) >= LOOKED_UP_EVERY:
            self._made_at = now
            self._number += 1
            self._ready = _Ready.of(self._number, model, catalogue)

    def near(self, memory: Memory) -> Rows:
        """Rows near to what this viewer liked lately, the nearest first."""
        ready = self._ready
        if ready is None or not memory.recent:
            return NOTHING
        key = (ready.number, *memory.recent)
        if memory.near is None or memory.near[0] != key:
            memory.near = (key, ready.near(memory.recent))
        return memory.near[1]

    def _readable(self) -> Beside | None:
        try:
            model = self._shelf.current()
        except Unreadable as error:
            logger.warning("the neighbours cannot be used: %s", error)
            self.state = State.DAMAGED
            return None
        self.state = State.READY if model else State.ABSENT
        return model


def is_stale(model: Beside, *, now: datetime) -> bool:
    return moments.to_ms(now) - model.trained_ms > STALE / timedelta(milliseconds=1)
