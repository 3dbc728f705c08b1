"""Requests as columns: what each could have shown, and for which contracts it would count."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Numbers = NDArray[np.int64]


class Bundles:
    """Which contracts an exposure may count for: a county's, a creator's, a product's. It is
    charged to one of them, the dearest (decision 0041).

    Objects that may count for the same contracts share a bundle. Bundle 0 has none. A *pair* is a
    bundle with one of its contracts; pairs are numbered bundle by bundle.
    """

    def __init__(self, members: Sequence[Sequence[int]], contract_count: int) -> None:
        """members: contracts of bundle 1, 2, …, each contract at most once."""
        self.members: tuple[tuple[int, ...], ...] = ((), *(tuple(one) for one in members))
        self.contract_count = contract_count
        self._sizes = np.array([len(one) for one in self.members])
        self._begins = np.cumsum(self._sizes) - self._sizes
        self._filled = np.flatnonzero(self._sizes)
        self._bundle = np.repeat(np.arange(len(self.members)), self._sizes)
        self.contract_of = np.array([one for each in self.members for one in each], np.int64)

    @classmethod
    def one_each(cls, contract_count: int) -> "Bundles":
        """Contracts that never overlap: bundle i + 1 is contract i alone."""
        return cls([(one,) for one in range(contract_count)], contract_count)

    def __len__(self) -> int:
        return len(self.members)

    def prices(self, contract_prices: Floats) -> Floats:
        """What the dearest contract of each bundle gives for an exposure."""
        return self._most(contract_prices[self.contract_of])

    def rivals(self, contract_prices: Floats) -> Floats:
        """Of each pair, what the dearest of the bundle's other contracts gives."""
        mine = contract_prices[self.contract_of]
        dearest = self._most(mine)[self._bundle]
        # The first of the dearest ones yields to the second; all others to the first.
        leads = mine == dearest
        places = np.flatnonzero(leads)
        first = np.zeros(len(mine), np.bool_)
        first[places[np.unique(self._bundle[places], return_index=True)[1]]] = True
        second = self._most(np.where(first, 0.0, mine))[self._bundle]
        return np.where(first, second, dearest)

    def shares(self, contract_prices: Floats, width: float) -> Floats:
        """Of each pair, the part of its bundle's exposures that the contract is charged for, if
        prices closer than `width` share."""
        mine = contract_prices[self.contract_of]
        weight = np.exp((mine - self._most(mine)[self._bundle]) / width)
        return weight / np.bincount(self._bundle, weight, len(self))[self._bundle]

    def per_contract(self, per_bundle: Floats, shares: Floats) -> Floats:
        """Sums over bundles, of which each pair has its share."""
        weights = per_bundle[self._bundle] * shares
        return np.bincount(self.contract_of, weights, self.contract_count).astype(np.float64)

    def pairs(self, bundle: Numbers) -> tuple[Numbers, Numbers]:
        """(position in `bundle`, pair) for every contract of every entry."""
        counts = self._sizes[bundle]
        position = np.repeat(np.arange(len(bundle)), counts)
        within = np.arange(len(position)) - np.repeat(np.cumsum(counts) - counts, counts)
        return position, self._begins[bundle][position] + within

    def _most(self, per_pair: Floats) -> Floats:
        most = np.zeros(len(self))
        if len(per_pair):
            most[self._filled] = np.maximum.reduceat(per_pair, self._begins[self._filled])
        return most


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
