"""Following the log while it grows: all processes' segments, each signal once."""

import numpy as np
from numpy.typing import NDArray

from shanhuo.traffic.log import SignalLog, Snapshot
from shanhuo.traffic.records import RECORD, Records

MEMORY_BITS = 20


class Follower:
    """Reads what was added since the last look. It starts behind a snapshot of the log."""

    def __init__(self, log: SignalLog) -> None:
        self._log = log
        self._offsets: dict[str, int] = {}
        self._known = Known()

    def begin(self, snapshot: Snapshot) -> Records:
        """The staged records of a snapshot; from here on `news` brings only what came after."""
        self._offsets = snapshot.offsets
        return self._known.only_new(snapshot.records)

    def news(self) -> Records:
        """What was written since. A segment that was compacted meanwhile was read before: spent
        segments stay for a while (`compaction.GRACE_S`)."""
        names = self._log.segments.names()
        parts = [np.empty(0, RECORD)]
        for name in names:
            try:
                records, self._offsets[name] = self._log.segments.read(
                    name, self._offsets.get(name, 0)
                )
            except FileNotFoundError:
                continue
            parts.append(records)
        self._offsets = {name: self._offsets[name] for name in names if name in self._offsets}
        return self._known.only_new(np.concatenate(parts))


class Known:
    """Which (sheet, slot, kind) were counted lately, in a table of fixed size.

    Each key has one place, and a later key may take it; so a repeat that comes very late may be
    counted online. Published figures are counted from the log, which knows every repeat.
    """

    def __init__(self, bits: int = MEMORY_BITS) -> None:
        self._table = np.zeros(1 << bits, np.uint64)
        self._shift = np.uint64(64 - bits)

    def only_new(self, records: Records) -> Records:
        keys = _keys(records)
        _, first = np.unique(keys, return_index=True)
        first.sort()
        records, keys = records[first], keys[first]
        place = (keys * _SPREAD) >> self._shift
        new = self._table[place] != keys
        self._table[place] = keys
        fresh: Records = records[new]
        return fresh


_SPREAD = np.uint64(0x9E3779B97F4A7C15)


def _keys(records: Records) -> NDArray[np.uint64]:
    """64 bits that tell signals apart; a sheet's id is random already."""
    spot = records["slot"].astype(np.uint64) * np.uint64(32) + records["kind"].astype(np.uint64)
    keys: NDArray[np.uint64] = (records["sheet"] ^ (spot * _SPREAD)) | np.uint64(1)
    return keys
