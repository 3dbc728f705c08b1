"""Where in the replay a moment of the show is, and the other way round.

A replay has no gaps: while the signal was gone nothing was recorded, so its own time stands still.
Moments are milliseconds since 1970, positions milliseconds since the beginning of the replay.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import accumulate
from typing import Self


@dataclass(frozen=True, slots=True)
class Stretch:
    """Pictures without a gap: from a moment, for so long."""

    begins_ms: int
    for_ms: int

    @property
    def until_ms(self) -> int:
        return self.begins_ms + self.for_ms


@dataclass(frozen=True, slots=True)
class Timeline:
    """The stretches of a replay in the order in which it shows them."""

    stretches: tuple[Stretch, ...]

    @classmethod
    def of_parts(cls, parts: Iterable[tuple[int, int]]) -> Self:
        """From (moment, length) of every part that the replay shows, in its order."""
        merged: list[Stretch] = []
        for begins_ms, for_ms in parts:
            if merged and merged[-1].until_ms == begins_ms:
                begins_ms, for_ms = merged[-1].begins_ms, merged[-1].for_ms + for_ms
                merged.pop()
            merged.append(Stretch(begins_ms, for_ms))
        return cls(tuple(merged))

    @property
    def duration_ms(self) -> int:
        return sum(stretch.for_ms for stretch in self.stretches)

    def position_of(self, moment_ms: int) -> int:
        """Where the replay shows a moment; of one in a gap, where it goes on after it.

        A later moment is never at an earlier position, even where the clocks of two cameras make
        their stretches overlap: the first one that is not over yet shows it.
        """
        for start, stretch in self._placed():
            if moment_ms < stretch.until_ms:
                return start + max(0, moment_ms - stretch.begins_ms)
        return self.duration_ms

    def _placed(self) -> Iterator[tuple[int, Stretch]]:
        """Each stretch and the position at which it begins."""
        starts = accumulate((stretch.for_ms for stretch in self.stretches), initial=0)
        return zip(starts, self.stretches, strict=False)
