"""The bytes on disk: fixed-size records in frames that carry their own checksum.

A frame is what one group write appended: `magic, count, crc32(records), crc32(the three)`, then
`count` records. Whoever reads stops at the first frame that is not whole, so a write cut short by a
crash is as if it had never begun.
"""

import struct
import zlib
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

Records = NDArray[Any]

SLOT = np.dtype(
    [
        ("object", "<u8"),
        ("county", "<u4"),
        ("price", "<f4"),
        ("propensity", "<f4"),
        ("grant", "<u4"),
        ("policy", "<u2"),
        ("object_kind", "u1"),
        ("source", "u1"),
    ]
)
"""What a sheet says of each slot; copied unchanged into the record of every signal about it."""

RECORD = np.dtype(
    [
        ("at_ms", "<i8"),
        ("sheet", "<u8"),
        ("viewer", "<u8"),
        *((name, SLOT.fields[name][0]) for name in SLOT.names),  # type: ignore[index,union-attr]
        ("value", "<u4"),
        ("kind", "u1"),
        ("slot", "u1"),
        ("surface", "u1"),
        ("flags", "u1"),
    ]
)
SLOT_FIELDS: tuple[str, ...] = SLOT.names or ()
RECORD_FIELDS: tuple[str, ...] = RECORD.names or ()

MAGIC = b"SHS1"
_HEAD = struct.Struct("<4sII")
_CHECK = struct.Struct("<I")
HEAD_BYTES = _HEAD.size + _CHECK.size
LARGEST_FRAME = 1 << 20


def frame(records: Records) -> bytes:
    """The records (RECORD, at most LARGEST_FRAME of them) as one frame."""
    payload = records.tobytes()
    head = _HEAD.pack(MAGIC, len(records), zlib.crc32(payload))
    return b"".join((head, _CHECK.pack(zlib.crc32(head)), payload))


def _frames(data: bytes | memoryview) -> Iterator[tuple[Records, int]]:
    """(records, offset behind the frame) for every whole frame."""
    view, start = memoryview(data), 0
    while (count := _count_at(view, start)) is not None:
        begin, end = start + HEAD_BYTES, start + HEAD_BYTES + count * RECORD.itemsize
        payload = view[begin:end]
        (crc,) = _CHECK.unpack_from(view, start + 8)
        if len(payload) < end - begin or zlib.crc32(payload) != crc:
            return
        yield np.frombuffer(payload, RECORD), end
        start = end


def _count_at(view: memoryview, start: int) -> int | None:
    """The number of records announced by a whole, true frame head; else None."""
    if len(view) - start < HEAD_BYTES:
        return None
    magic, count, _ = _HEAD.unpack_from(view, start)
    (check,) = _CHECK.unpack_from(view, start + _HEAD.size)
    true_head = magic == MAGIC and zlib.crc32(view[start : start + _HEAD.size]) == check
    return count if true_head and count <= LARGEST_FRAME else None


def read_all(data: bytes | memoryview) -> tuple[Records, int]:
    """All whole frames as one array, and the offset behind the last of them."""
    parts, end = [np.empty(0, RECORD)], 0
    for records, behind in _frames(data):
        parts.append(records)
        end = behind
    return np.concatenate(parts), end
