"""From signals as a client claims them to records as we believe them; a whole group at a time.

No Python object is made per signal: a group of requests becomes columns, is checked in columns and
leaves as records. Pure: what it knows stands in the shelf it is given, and it writes nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from itertools import chain
from typing import Annotated

import msgspec
import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from shanhuo.traffic.kinds import Kind
from shanhuo.traffic.records import RECORD, SLOT_FIELDS, Records
from shanhuo.traffic.sheets import CHARGED_MS, LIFE_MS, MOST_SLOTS, NotASheet, Sheet, unseal
from shanhuo.traffic.shelf import Shelf

MOST_SIGNALS = 50
MOST_SHEETS = 10
MOST_AGE_MS = 7 * 24 * 3600 * 1000
MOST_VALUE = 2**32 - 1

SheetNumber = Annotated[int, Meta(ge=0, lt=MOST_SHEETS)]
SlotNumber = Annotated[int, Meta(ge=0, lt=MOST_SLOTS)]
KindNumber = Annotated[int, Meta(ge=1, le=31)]
AgeMs = Annotated[int, Meta(ge=0, le=MOST_AGE_MS)]
Value = Annotated[int, Meta(ge=0, le=MOST_VALUE)]
Claim = tuple[SheetNumber, SlotNumber, KindNumber, AgeMs, Value]


class Batch(msgspec.Struct, forbid_unknown_fields=True):
    """What a client sends: tokens of sheets, and signals `[sheet, slot, kind, age_ms, value]`.

    `sheet` counts into `sheets`; `age_ms` is how long ago it happened, by the client's own
    stopwatch: no clock but ours decides the hour of a signal.
    """

    sheets: Annotated[list[str], Meta(min_length=1, max_length=MOST_SHEETS)]
    signals: Annotated[list[Claim], Meta(min_length=1, max_length=MOST_SIGNALS)]


class Verdict(IntEnum):
    """What became of one signal."""

    ACCEPTED = 0
    REPEATED = 1
    BAD_SHEET = 2
    FOREIGN_SHEET = 3
    OLD_SHEET = 4
    NO_SUCH_SLOT = 5
    UNKNOWN_KIND = 6


@dataclass(frozen=True, slots=True)
class Received:
    """One request's batch, from the viewer whose token came with it."""

    batch: Batch
    viewer: int
    at_ms: int


@dataclass(frozen=True, slots=True)
class Judged:
    """A group after the checks. `counts[i][verdict]` counts the signals of request i.

    `settle` marks the uses; call it once the records are on disk, and before the next group.
    """

    records: Records
    counts: list[list[int]]
    _shelf: Shelf
    _places: NDArray[np.int64]
    _bits: NDArray[np.uint32]

    def settle(self) -> None:
        np.bitwise_or.at(self._shelf.young.used, self._places, self._bits)


_KNOWN_KIND = np.zeros(32, bool)
_KNOWN_KIND[[kind.value for kind in Kind]] = True
_VERDICTS = len(Verdict)


def judge(group: Sequence[Received], shelf: Shelf) -> Judged:
    """Check every signal of the group against its sheet and against what was used before."""
    now_ms = group[-1].at_ms
    sheet_count = sum(len(one.batch.sheets) for one in group)
    shelf.make_room(now_ms=now_ms, sheets=sheet_count, slots=sheet_count * MOST_SLOTS)
    rows, faults, firsts = _open_sheets(group, shelf)
    claims, requests = _columns(group)
    sheet = claims[:, 0] + firsts[requests]
    listed = claims[:, 0] < _sheets_of(group)[requests]
    sheet[~listed] = 0
    verdicts = np.where(listed, faults[sheet], Verdict.BAD_SHEET).astype(np.int64)
    row = rows[sheet]
    _refuse(verdicts, shelf, row, claims)
    place = shelf.young.rows["first"][row].astype(np.int64) + claims[:, 1]
    _refuse_repeats(verdicts, shelf, place, claims[:, 2])
    kept = verdicts == Verdict.ACCEPTED
    received_ms = np.array([one.at_ms for one in group])[requests]
    records = _records(shelf, row[kept], place[kept], claims[kept], received_ms[kept])
    counts = np.bincount(requests * _VERDICTS + verdicts, minlength=len(group) * _VERDICTS)
    bits = np.left_shift(np.uint32(1), claims[kept, 2].astype(np.uint32))
    per_request = counts.reshape(len(group), _VERDICTS).tolist()
    return Judged(records, per_request, shelf, place[kept], bits)


def _open_sheets(
    group: Sequence[Received], shelf: Shelf
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Rows and faults of all sheets of the group, and where each request's sheets begin."""
    rows: list[int] = []
    faults: list[int] = []
    firsts: list[int] = []
    for one in group:
        firsts.append(len(rows))
        for token in one.batch.sheets:
            row, fault = _open_sheet(token, one, shelf)
            rows.append(row)
            faults.append(fault)
    return np.array(rows), np.array(faults), np.array(firsts)


def _open_sheet(token: str, one: Received, shelf: Shelf) -> tuple[int, int]:
    try:
        sheet: Sheet = unseal(token)
    except NotASheet:
        return 0, Verdict.BAD_SHEET
    if sheet.viewer != one.viewer:
        return 0, Verdict.FOREIGN_SHEET
    # A sheet from the future was sealed by a process whose clock runs ahead: not a forgery.
    row = shelf.row_of(sheet) if one.at_ms - sheet.issued_ms <= LIFE_MS else None
    return (0, Verdict.OLD_SHEET) if row is None else (row, Verdict.ACCEPTED)


def _columns(group: Sequence[Received]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Claims of all requests as an (n, 5) array, and the request that each belongs to."""
    sizes = [len(one.batch.signals) for one in group]
    every = chain.from_iterable(chain.from_iterable(one.batch.signals for one in group))
    flat = np.fromiter(every, np.int64, 5 * sum(sizes))
    return flat.reshape(-1, 5), np.repeat(np.arange(len(group)), sizes)


def _sheets_of(group: Sequence[Received]) -> NDArray[np.int64]:
    return np.array([len(one.batch.sheets) for one in group])


def _refuse(
    verdicts: NDArray[np.int64], shelf: Shelf, row: NDArray[np.int64], claims: NDArray[np.int64]
) -> None:
    """Slots that the sheet has not got, kinds that nobody knows."""
    sound = verdicts == Verdict.ACCEPTED
    verdicts[sound & (claims[:, 1] >= shelf.young.rows["count"][row])] = Verdict.NO_SUCH_SLOT
    verdicts[sound & ~_KNOWN_KIND[claims[:, 2]]] = Verdict.UNKNOWN_KIND


def _refuse_repeats(
    verdicts: NDArray[np.int64], shelf: Shelf, place: NDArray[np.int64], kind: NDArray[np.int64]
) -> None:
    """A kind used on the slot before, or earlier in this very group."""
    sound = np.flatnonzero(verdicts == Verdict.ACCEPTED)
    before = (shelf.young.used[place[sound]] >> kind[sound].astype(np.uint32)) & 1
    verdicts[sound[before == 1]] = Verdict.REPEATED
    fresh = sound[before == 0]
    _, first = np.unique(place[fresh] * 32 + kind[fresh], return_index=True)
    again = np.ones(len(fresh), bool)
    again[first] = False
    verdicts[fresh[again]] = Verdict.REPEATED


def _records(
    shelf: Shelf,
    row: NDArray[np.int64],
    place: NDArray[np.int64],
    claims: NDArray[np.int64],
    received_ms: NDArray[np.int64],
) -> Records:
    """Believed signals as records. No signal happened before its sheet was made, or after now."""
    rows, slots = shelf.young.rows[row], shelf.young.slots[place]
    records = np.empty(len(row), RECORD)
    issued_ms = np.minimum(rows["issued_ms"], received_ms)
    records["at_ms"] = np.clip(received_ms - claims[:, 3], issued_ms, received_ms)
    records["sheet"] = rows["id"]
    for name in SLOT_FIELDS:
        records[name] = slots[name]
    for name in ("viewer", "surface", "flags"):
        records[name] = rows[name]
    records["slot"], records["kind"], records["value"] = claims[:, 1], claims[:, 2], claims[:, 4]
    # By when it came, not by when it is said to have happened: nobody may bring one later.
    is_free = (records["kind"] == Kind.EXPOSURE) & (received_ms - issued_ms > CHARGED_MS)
    records["grant"][is_free] = 0
    return records
