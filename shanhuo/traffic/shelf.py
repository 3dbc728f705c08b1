"""The sheets seen lately, and which kinds were used on which slot: single use, in bounded memory.

Two generations. A sheet lands in the young one; when that is full or a sheet's life old, it becomes
the old one and the old one is forgotten. A sheet may be forgotten only when it can no longer be
believed: if a flood made us forget earlier, sheets older than what we remember are refused instead.
"""

import numpy as np

from shanhuo.traffic.records import SLOT
from shanhuo.traffic.sheets import LIFE_MS, Sheet

SHEETS = 100_000
SLOTS = 1_000_000

ROW = np.dtype(
    [
        ("id", "<u8"),
        ("viewer", "<u8"),
        ("issued_ms", "<i8"),
        ("first", "<u4"),
        ("count", "u1"),
        ("surface", "u1"),
        ("flags", "u1"),
    ]
)


class Generation:
    """Columns of sheets and slots, filled from the front. Memory is touched only as it fills."""

    def __init__(self, sheets: int, slots: int, born_ms: int) -> None:
        self.born_ms = born_ms
        self.rows = np.zeros(sheets, ROW)
        self.slots = np.zeros(slots, SLOT)
        self.used = np.zeros(slots, np.uint32)
        self.index: dict[int, int] = {}
        self._next_slot = 0

    def has_room(self, *, sheets: int, slots: int) -> bool:
        rows_left = len(self.rows) - len(self.index)
        return sheets <= rows_left and slots <= len(self.slots) - self._next_slot

    def add(self, sheet: Sheet) -> int:
        """The row number of a sheet that was not here."""
        row, first, count = len(self.index), self._next_slot, len(sheet.slots)
        entry = (sheet.id, sheet.viewer, sheet.issued_ms, first, count, sheet.surface, sheet.flags)
        self.rows[row] = entry
        self.slots[first : first + count] = sheet.slots
        self.index[sheet.id] = row
        self._next_slot = first + count
        return row

    def used_of(self, row: int) -> slice:
        """Where the kinds used on a sheet's slots stand."""
        first, count = int(self.rows["first"][row]), int(self.rows["count"][row])
        return slice(first, first + count)


class Shelf:
    """The young and the old generation. Row numbers are those of the young one."""

    def __init__(self, *, now_ms: int, sheets: int = SHEETS, slots: int = SLOTS) -> None:
        self._sizes = (sheets, slots)
        self.young = Generation(sheets, slots, now_ms)
        self._old = Generation(0, 0, now_ms)
        self._forgotten_until_ms = 0

    def make_room(self, *, now_ms: int, sheets: int, slots: int) -> None:
        """Turn the generations when the young one is old or could not take what comes."""
        young = self.young
        if young.has_room(sheets=sheets, slots=slots) and now_ms - young.born_ms < LIFE_MS:
            return
        if self._old.index:
            # The old one only took sheets until the young one was born.
            self._forgotten_until_ms = young.born_ms
        self._old, self.young = young, Generation(*self._sizes, now_ms)

    def row_of(self, sheet: Sheet) -> int | None:
        """The row of a sheet; None when it may have been used and we no longer know on what."""
        row = self.young.index.get(sheet.id)
        if row is not None:
            return row
        before = self._old.index.get(sheet.id)
        # Seen nowhere: sound only if it was issued after everything that was forgotten.
        if before is None and sheet.issued_ms < self._forgotten_until_ms:
            return None
        row = self.young.add(sheet)
        if before is not None:
            self.young.used[self.young.used_of(row)] = self._old.used[self._old.used_of(before)]
        return row
