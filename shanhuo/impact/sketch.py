"""A set that can be counted and united without being listed: distinct viewers of a day.

Up to `EXACT_LIMIT` members it keeps their 64-bit hashes and counts exactly; beyond that it keeps
HyperLogLog registers with Ertl's estimator (2017, algorithm 6), which has no bias at any size and a
standard error of 0.8 %. The count depends on the set alone, not on how sets were united: a month
built from its days equals the month recounted at once, to the last viewer.
"""

import zlib
from collections.abc import Iterable
from math import log, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

EXACT_LIMIT = 2_000
INDEX_BITS = 14
REGISTERS = 1 << INDEX_BITS
LONGEST_RUN = 64 - INDEX_BITS + 1
_EXACT, _REGISTERS = b"E", b"R"

Hashes = NDArray[np.uint64]


class Sketch:
    """Immutable; holds either `hashes` (sorted, distinct) or `registers`."""

    __slots__ = ("_hashes", "_registers")

    def __init__(
        self, hashes: Hashes | None = None, registers: NDArray[np.uint8] | None = None
    ) -> None:
        self._hashes, self._registers = hashes, registers

    @classmethod
    def of(cls, members: NDArray[Any]) -> "Sketch":
        """The sketch of whole numbers; repeats do not matter."""
        return cls._settled(_mixed(np.unique(members.astype(np.uint64))))

    @classmethod
    def union(cls, sketches: Iterable["Sketch"]) -> "Sketch":
        """The sketch of everybody in any of them."""
        sketches = list(sketches)
        if all(sketch._hashes is not None for sketch in sketches):
            return cls._settled(np.concatenate([_none(), *(s._hashes for s in sketches)]))
        return cls(registers=np.maximum.reduce([sketch._as_registers() for sketch in sketches]))

    @classmethod
    def _settled(cls, hashes: Hashes) -> "Sketch":
        distinct = np.unique(hashes)
        if len(distinct) <= EXACT_LIMIT:
            return cls(hashes=distinct)
        return cls(registers=_registers_of(distinct))

    def count(self) -> int:
        """How many members: exact, or the estimate rounded to a whole number."""
        if self._hashes is not None:
            return len(self._hashes)
        return round(_estimate(np.bincount(self._as_registers(), minlength=LONGEST_RUN + 1)))

    def to_bytes(self) -> bytes:
        if self._hashes is not None:
            return _EXACT + self._hashes.astype("<u8").tobytes()
        return _REGISTERS + zlib.compress(self._as_registers().tobytes())

    @classmethod
    def from_bytes(cls, data: bytes) -> "Sketch":
        """Reads what `to_bytes` wrote, on whatever machine."""
        body = data[1:]
        if data[:1] == _EXACT:
            return cls(hashes=np.frombuffer(body, "<u8").astype(np.uint64))
        return cls(registers=np.frombuffer(zlib.decompress(body), np.uint8))

    def _as_registers(self) -> NDArray[np.uint8]:
        if self._registers is not None:
            return self._registers
        return _registers_of(self._hashes if self._hashes is not None else _none())


def _none() -> Hashes:
    return np.empty(0, np.uint64)


def _mixed(numbers: Hashes) -> Hashes:
    """splitmix64: spreads whatever regularity the keys have over all 64 bits."""
    with np.errstate(over="ignore"):
        mixed = numbers + np.uint64(0x9E3779B97F4A7C15)
        mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return mixed ^ (mixed >> np.uint64(31))


def _registers_of(hashes: Hashes) -> NDArray[np.uint8]:
    """Per index (upper bits) the longest run of leading zeros, plus one, among the lower bits."""
    registers = np.zeros(REGISTERS, np.uint8)
    rest = (hashes << np.uint64(INDEX_BITS)) | np.uint64(1 << (INDEX_BITS - 1))
    # frexp gives the bit length; the float may round up once in 2**50, the same way every time.
    leading = 64 - np.frexp(rest.astype(np.float64))[1]
    np.maximum.at(registers, (hashes >> np.uint64(64 - INDEX_BITS)).astype(int), leading + 1)
    return registers


def _estimate(counts: NDArray[Any]) -> float:
    """Distinct members from how many registers hold 0, 1, 2, … (`counts`)."""
    sum_ = REGISTERS * _tau(1 - counts[LONGEST_RUN] / REGISTERS)
    for run in range(LONGEST_RUN - 1, 0, -1):
        sum_ = (sum_ + counts[run]) / 2
    sum_ += REGISTERS * _sigma(counts[0] / REGISTERS)
    return REGISTERS**2 / (2 * log(2) * sum_)


def _sigma(empty: float) -> float:
    """What empty registers add: x + x²·1 + x⁴·2 + x⁸·4 + …"""
    total, power, factor = empty, empty, 1.0
    while power > 1e-300:
        power *= power
        total += power * factor
        factor *= 2
    return total


def _tau(unsaturated: float) -> float:
    """What full registers add; 0 while none is full, which is always so in practice."""
    if unsaturated in (0, 1):
        return 0.0
    total, root, factor = 1 - unsaturated, unsaturated, 1.0
    for _ in range(64):
        root = sqrt(root)
        factor /= 2
        total -= (1 - root) ** 2 * factor
    return total / 3
