"""The common coin of everything that moves: one picture or one bit of sound, with its time."""

from dataclasses import dataclass
from functools import cached_property


class Damaged(Exception):
    """The bytes are not what their container promises."""


@dataclass(frozen=True, slots=True)
class Frame:
    """A picture as its encoder made it. Times in ms; shown `shift_ms` after it is decoded."""

    at_ms: int
    data: bytes
    is_key: bool
    shift_ms: int = 0


@dataclass(frozen=True, slots=True)
class Sound:
    """One AAC frame: 1,024 samples of each channel."""

    at_ms: int
    data: bytes


Turn = tuple[int, int, int, int]
UPRIGHT: Turn = (1, 0, 0, 1)
TURNS = frozenset({UPRIGHT, (0, 1, -1, 0), (-1, 0, 0, -1), (0, -1, 1, 0)})
"""Quarter turns as ISO/IEC 14496-12 writes them: a, b, c and d of the matrix of a track."""


@dataclass(frozen=True)
class PictureSetup:
    """What a decoder must know first: an AVCDecoderConfigurationRecord (`avcC`).

    turn: how a player turns what it decoded; phones film across and say so.
    """

    record: bytes
    turn: Turn = UPRIGHT

    @property
    def codec(self) -> str:
        """As a playlist names it."""
        return f"avc1.{self.record[1:4].hex()}"

    @property
    def plays_in_browsers(self) -> bool:
        """Eight bits, 4:2:0: Baseline, Main or High."""
        return self.record[1] in {66, 77, 100}

    @property
    def shown_size(self) -> tuple[int, int]:
        """Width and height as people see it. Raises Damaged."""
        width, height = self.size
        return (width, height) if self.turn[0] else (height, width)

    @cached_property
    def size(self) -> tuple[int, int]:
        """Width and height of the picture as it is coded. Raises Damaged."""
        try:
            length = int.from_bytes(self.record[6:8])
            return _size_in(self.record[8 : 8 + length])
        except IndexError as short:
            raise Damaged("parameter set") from short


@dataclass(frozen=True, slots=True)
class SoundSetup:
    """An AudioSpecificConfig."""

    record: bytes

    @property
    def rate(self) -> int:
        index = (self.record[0] & 7) << 1 | self.record[1] >> 7
        return _RATES[index] if index < len(_RATES) else 48_000

    @property
    def channels(self) -> int:
        return self.record[1] >> 3 & 15


_RATES = [96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025]
_RATES += [8_000, 7_350]
_HIGH_PROFILES = {100, 110, 122, 244, 44, 83, 86, 118, 128}


class _Bits:
    """Reads the bits of a parameter set; IndexError at its end."""

    def __init__(self, data: bytes) -> None:
        self._data = data.replace(b"\0\0\3", b"\0\0")
        self._at = 0

    def take(self, count: int = 1) -> int:
        value = 0
        for _ in range(count):
            value = value << 1 | (self._data[self._at >> 3] >> (7 - (self._at & 7)) & 1)
            self._at += 1
        return value

    def number(self) -> int:
        """An Exp-Golomb number (9.1)."""
        zeros = 0
        while not self.take():
            zeros += 1
            if zeros > 32:
                raise Damaged("parameter set")
        return (1 << zeros) - 1 + self.take(zeros)

    def signed(self) -> int:
        value = self.number()
        return (value + 1) // 2 if value & 1 else -(value // 2)


def _size_in(parameters: bytes) -> tuple[int, int]:
    """Width and height from a sequence parameter set (ITU-T H.264, 7.3.2.1.1)."""
    bits = _Bits(parameters[1:])
    profile = bits.take(8)
    bits.take(16)
    bits.number()
    chroma = _skip_high_profile(bits) if profile in _HIGH_PROFILES else 1
    bits.number()
    _skip_order(bits)
    bits.number()
    bits.take()
    columns, rows = bits.number() + 1, bits.number() + 1
    whole_frames = bits.take()
    if not whole_frames:
        bits.take()
    bits.take()
    left, right, top, bottom = (bits.number() for _ in range(4)) if bits.take() else (0, 0, 0, 0)
    across = 2 if chroma in {1, 2} else 1
    down = (2 if chroma == 1 else 1) * (2 - whole_frames)
    width = columns * 16 - (left + right) * across
    return width, rows * 16 * (2 - whole_frames) - (top + bottom) * down


def _skip_high_profile(bits: _Bits) -> int:
    chroma = bits.number()
    if chroma == 3:
        bits.take()
    bits.number()
    bits.number()
    bits.take()
    if bits.take():
        for index in range(8 if chroma != 3 else 12):
            if bits.take():
                _skip_scaling(bits, 16 if index < 6 else 64)
    return chroma


def _skip_scaling(bits: _Bits, length: int) -> None:
    last = following = 8
    for _ in range(length):
        if following:
            following = (last + bits.signed()) % 256
        last = following or last


def _skip_order(bits: _Bits) -> None:
    kind = bits.number()
    if kind == 0:
        bits.number()
    elif kind == 1:
        bits.take()
        bits.signed()
        bits.signed()
        for _ in range(min(bits.number(), 255)):
            bits.signed()
