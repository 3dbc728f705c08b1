"""Requests as columns: what each could have shown, and for which contracts it would count."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Numbers = NDArray[np.int64]

NO_CONTRACT = 0
"""The bundle of whatever no contract supports."""


class Bundles:
    """Which contracts one exposure counts for: a county's, a creator's and a product's at once.

    Objects that count for the same contracts share a bundle. Bundle 0 has none.
    """

    def __init__(self, members: Sequence[Sequence[int]], contract_count: int) -> None:
        """members: contracts of bundle 1, 2, …, each contract at most once."""
        self.members: tuple[tuple[int, ...], ...] = ((), *(tuple(one) for one in members))
        self.contract_count = contract_count
        sizes = [len(one) for one in self.members]
        self._bundle = np.repeat(np.arange(len(sizes)), sizes)
        self._contract = np.array([one for each in self.members for one in each], np.int64)

    @classmethod
    def one_each(cls, contract_count: int) -> "Bundles":
        """Contracts that never overlap: bundle i + 1 is contract i alone."""
        return cls([(one,) for one in range(contract_count)], contract_count)

    def __len__(self) -> int:
        return len(self.members)

    def prices(self, contract_prices: Floats) -> Floats:
        """An exposure that serves several contracts is worth the sum of their prices."""
        weights = contract_prices[self._contract]
        return np.bincount(self._bundle, weights, len(self)).astype(np.float64)

    def per_contract(self, per_bundle: Floats) -> Floats:
        """Sums over bundles, counted for each of their contracts."""
        weights = per_bundle[self._bundle]
        return np.bincount(self._contract, weights, self.contract_count).astype(np.float64)

    def pairs(self, bundle: Numbers) -> tuple[Numbers, Numbers]:
        """(position in `bundle`, contract) for every contract of every entry."""
        sizes = np.array([len(one) for one in self.members])
        begins = np.concatenate(([0], np.cumsum(sizes)))[bundle]
        counts = sizes[bundle]
        position = np.repeat(np.arange(len(bundle)), counts)
        within = np.arange(len(position)) - np.repeat(np.cumsum(counts) - counts, counts)
        return position, self._contract[begins[position] + within]


@dataclass(frozen=True)
class Offers:
    """What many requests could have shown: offers of request r stand at starts[r]:starts[r+1].

    worth: to the viewer, without grants; bundle: see Bundles; slots: how many are shown at once.
    A request needs at least slots + 1 offers, or its worst slot counts as filled by nothing.
    """

    starts: Numbers
    worth: Floats
    bundle: Numbers
    slots: int = 1

    def __len__(self) -> int:
        return len(self.starts) - 1

    @cached_property
    def request(self) -> Numbers:
        """The request of each offer."""
        return np.repeat(np.arange(len(self)), np.diff(self.starts))

    def every(self, step: int) -> "Offers":
        """Each `step`-th request: a rougher picture of the same day."""
        chosen = np.arange(0, len(self), step)
        return self._only(np.isin(self.request, chosen), chosen)

    def first(self, count: int) -> "Offers":
        """The first `count` requests."""
        return self._only(self.request < count, np.arange(count))

    def where(self, kept: NDArray[np.bool_]) -> "Offers":
        """The same requests with some offers only."""
        return self._only(kept, np.arange(len(self)))

    def _only(self, kept: NDArray[np.bool_], requests: Numbers) -> "Offers":
        counts = np.bincount(self.request[kept], minlength=len(self))[requests]
        starts = np.concatenate(([0], np.cumsum(counts)))
        return Offers(starts, self.worth[kept], self.bundle[kept], self.slots)
