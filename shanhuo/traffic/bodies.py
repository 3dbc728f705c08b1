"""The JSON of each post with its counts as they stand when somebody asks.

Kept without counts and finished for the ten of an answer: a microsecond each, where a second copy
of every post would cost as much memory as all the rest.
"""

from shanhuo.traffic.catalogue import Catalogue
from shanhuo.traffic.counters import Counters
from shanhuo.traffic.kinds import Kind

_COUNTED = [Kind.PLAY, Kind.LIKE, Kind.UNLIKE, Kind.COMMENT]


class Bodies:
    """One JSON body per row of the catalogue."""

    def __init__(self, catalogue: Catalogue, counters: Counters) -> None:
        self._catalogue, self._counters = catalogue, counters

    def __getitem__(self, row: int) -> bytes:
        return self.of([row])[0]

    def of(self, rows: list[int]) -> list[bytes]:
        """The bodies of these rows. A like taken back is a like less, never below none."""
        totals = self._counters.totals(self._catalogue.columns["post"][rows])
        bodies = self._catalogue.bodies
        return [
            b'%s,"counts":{"plays":%d,"likes":%d,"comments":%d}}'
            % (bodies[row], plays, max(likes - unlikes, 0), comments)
            for row, (plays, likes, unlikes, comments) in zip(
                rows, totals[:, _COUNTED].tolist(), strict=True
            )
        ]
