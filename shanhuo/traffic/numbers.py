"""Row numbers of keys, in two sorted columns: 12 bytes a key, where dictionaries take 100."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Keys = NDArray[np.int64]
RowNumbers = NDArray[np.int32]

UNKNOWN = -1


class Numbers:
    """Gives keys the rows 0, 1, 2, … as they come, for ever. Written by one thread, read by any."""

    def __init__(self) -> None:
        # Replaced together, so that a reader never sees the keys of one moment with the rows of
        # another.
        self._both: tuple[Keys, RowNumbers] = (np.empty(0, np.int64), np.empty(0, np.int32))

    def __len__(self) -> int:
        return len(self._both[0])

    def of(self, keys: NDArray[Any]) -> RowNumbers:
        """The row of each key, UNKNOWN where it has none."""
        known, rows = self._both
        wanted = keys.astype(np.int64)
        if not len(known):
            return np.full(len(wanted), UNKNOWN, np.int32)
        place = np.minimum(np.searchsorted(known, wanted), len(known) - 1)
        return np.where(known[place] == wanted, rows[place], np.int32(UNKNOWN))

    def of_one(self, key: int) -> int:
        return int(self.of(np.array([key]))[0])

    def between(self, first: int, last: int | None) -> RowNumbers:
        """The rows of all known keys from `first` to `last` (None: to the end), both included."""
        known, rows = self._both
        end = len(known) if last is None else np.searchsorted(known, last, "right")
        return rows[np.searchsorted(known, first) : end]

    def add(self, keys: NDArray[Any]) -> RowNumbers:
        """The row of each key; those that had none get the next ones, in the order of keys."""
        found = self.of(keys)
        if (found == UNKNOWN).any():
            self._insert(np.unique(keys[found == UNKNOWN].astype(np.int64)))
            found = self.of(keys)
        return found

    def _insert(self, new: Keys) -> None:
        known, rows = self._both
        place = np.searchsorted(known, new)
        numbers = np.arange(len(known), len(known) + len(new), dtype=np.int32)
        self._both = (np.insert(known, place, new), np.insert(rows, place, numbers))
