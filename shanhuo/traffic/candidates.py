"""What could be shown, and from which source it came.

A source is also an affinity: what stands in the list of a place the viewer likes is liked a little
more for it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from shanhuo.traffic.kinds import Source

Rows = NDArray[np.int32]


class Share(NamedTuple):
    """Rows from one source; `strength` (0–1] says how strongly the source speaks for them."""

    source: Source
    rows: Rows
    strength: float


@dataclass(frozen=True, slots=True)
class Candidates:
    """Rows that may be shown, with the source and strength of each; a row may stand twice."""

    rows: Rows
    sources: NDArray[np.uint8]
    strengths: NDArray[np.float32]

    @classmethod
    def of(cls, shares: Sequence[Share], also: "Candidates | None" = None) -> "Candidates":
        """All shares (at least one, or `also`) as one; `also` comes first."""
        sizes = [len(share.rows) for share in shares]
        rows = [share.rows for share in shares]
        sources = np.array([share.source for share in shares], np.uint8).repeat(sizes)
        strengths = np.array([share.strength for share in shares], np.float32).repeat(sizes)
        if also is None:
            return cls(np.concatenate(rows), sources, strengths)
        return cls(
            np.concatenate([also.rows, *rows]),
            np.concatenate([also.sources, sources]),
            np.concatenate([also.strengths, strengths]),
        )

    def only(self, wanted: NDArray[np.bool_]) -> "Candidates":
        return Candidates(self.rows[wanted], self.sources[wanted], self.strengths[wanted])
