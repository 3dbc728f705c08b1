"""Chance without a state: the same question has the same answer, whoever asks first.

So two runs of a season differ in nothing but what was done differently: a person who sees the same
clip on the same day does the same, with grants and without (common random numbers).
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Uniforms = NDArray[np.float64]

_STEP = np.uint64(0x9E3779B97F4A7C15)
_FIRST, _SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_STEP_ONE, _FIRST_ONE, _SECOND_ONE = int(_STEP), int(_FIRST), int(_SECOND)
_BITS = 2**64 - 1


def uniform(*about: Any) -> Uniforms:
    """Numbers in [0, 1), one for each element of the (broadcast) whole numbers `about`."""
    return (_mixed(*about) >> np.uint64(11)).astype(np.float64) * 2.0**-53


def draw(*about: int) -> float:
    """One number in [0, 1): `uniform` without its array, for questions asked one by one."""
    return (_mixed_one(*about) >> 11) * 2.0**-53


def whole(*about: int) -> int:
    """One whole number below 2**63."""
    return _mixed_one(*about) >> 1


def normal(*about: Any) -> NDArray[np.float64]:
    """Standard normal numbers, by Box and Muller."""
    one, other = uniform(*about, 1), uniform(*about, 2)
    drawn: Uniforms = np.sqrt(-2 * np.log(1 - one)) * np.cos(2 * np.pi * other)
    return drawn


def _mixed(*about: Any) -> NDArray[np.uint64]:
    """SplitMix64 over the parts, one after the other."""
    state = np.zeros(1, np.uint64)
    for part in about:
        state = (state + np.asarray(part).astype(np.uint64)) * _FIRST + _STEP
        state = (state ^ (state >> np.uint64(30))) * _FIRST
        state = (state ^ (state >> np.uint64(27))) * _SECOND
        state = state ^ (state >> np.uint64(31))
    return state


def _mixed_one(*about: int) -> int:
    """The same with whole numbers of Python: eight times faster than an array of one."""
    state = 0
    for part in about:
        state = ((state + part) * _FIRST_ONE + _STEP_ONE) & _BITS
        state = ((state ^ (state >> 30)) * _FIRST_ONE) & _BITS
        state = ((state ^ (state >> 27)) * _SECOND_ONE) & _BITS
        state ^= state >> 31
    return state
