"""Believed signals onto the disk: the shelf of this process and its open segment."""

import contextlib
from collections.abc import Sequence
from pathlib import Path

from shanhuo.traffic.intake import Judged, Received, judge
from shanhuo.traffic.records import Records
from shanhuo.traffic.segments import Segment, Segments
from shanhuo.traffic.shelf import Shelf


class Recorder:
    """One per process that takes signals in. Not for two threads at once."""

    def __init__(self, root: Path, *, now_ms: int) -> None:
        self.shelf = Shelf(now_ms=now_ms)
        self._segments = Segments(root)
        self._segment: Segment | None = None

    def record(self, group: Sequence[Received]) -> list[list[int]]:
        """Judge, write, remember. Returns how many signals of each request met which verdict.

        When it returns, what it accepted survives a power cut. Raises OSError when the disk does
        not take it; then nothing was accepted, and the same signals may be sent again.
        """
        judged = judge(group, self.shelf)
        self.write(judged.records, now_ms=group[-1].at_ms)
        judged.settle()
        return judged.counts

    def judge(self, group: Sequence[Received]) -> Judged:
        return judge(group, self.shelf)

    def write(self, records: Records, *, now_ms: int) -> None:
        """Append durably, in a new segment when the old one is full or old."""
        if not len(records):
            return
        self.turn(now_ms=now_ms)
        if self._segment is None:
            self._segment = self._segments.create(now_ms=now_ms)
        self._segment.append(records)

    def turn(self, *, now_ms: int) -> None:
        """Close the segment if it is full or old, so that compaction can have it."""
        if self._segment is not None and self._segment.is_full(now_ms=now_ms):
            self.close()

    def close(self) -> None:
        """Close the segment. A failing disk leaves it open: its records stay readable there."""
        if self._segment is not None:
            segment, self._segment = self._segment, None
            with contextlib.suppress(OSError):
                segment.close()
