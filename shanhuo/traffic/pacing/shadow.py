"""Shadow prices: what one more promised exposure costs the viewers, seen from a day that is known.

Guarantees as a linear programme: show `slots` offers per request, the worthiest, so that contract
c is shown at least quota[c] times. Its dual is one price per contract; with the right prices,
simply showing what is worth most, price included, is the best plan. The dual is minimised by
diagonal Newton steps on a smoothed version (an offer is shown with a probability that rises from 0
to 1 around the bar of its request), sharpened in stages. For 300 contracts and 20,000 requests it
takes half a second and gives a bound within 0.01 % of the exact programme (HiGHS: five minutes).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shanhuo.traffic.pacing.offers import Bundles, Floats, Numbers, Offers

Halves = NDArray[np.float32]

HIGHEST_PRICE = 1.5
"""More than any worth (0–1) can differ: who has this price is shown wherever possible."""

SHARPENING = (0.03, 0.01, 0.004, 0.0015, 0.0006)
STEPS_PER_STAGE = 14
REACH = 0.15
"""By more than this, prices do not move from a first idea to the end of a bad day."""

_NOTHING = -9.0
"""The worth of an empty place; below every offer, price or not."""


@dataclass(frozen=True, slots=True)
class _Table:
    """Offers in a rectangle, one row per request, so that bars are found by partition."""

    worth: Floats
    bundle: Numbers
    slots: int

    @classmethod
    def of(cls, offers: Offers) -> "_Table":
        counts = np.diff(offers.starts)
        width = max(int(counts.max(initial=0)), offers.slots + 1)
        worth = np.full((len(offers), width), _NOTHING)
        bundle = np.zeros((len(offers), width), np.int64)
        place = np.arange(width) < counts[:, None]
        worth[place], bundle[place] = offers.worth, offers.bundle
        return cls(worth, bundle, offers.slots)

    def priced(self, prices: Floats, bundles: Bundles) -> Floats:
        return self.worth + bundles.prices(prices)[self.bundle]

    def bars(self, prices: Floats, bundles: Bundles) -> tuple[Floats, Floats]:
        """Worth, price included, of the last offer shown and of the first one not shown."""
        priced = self.priced(prices, bundles)
        width, slots = priced.shape[1], self.slots
        ranked = np.partition(priced, (width - slots - 1, width - slots), axis=1)
        return ranked[:, width - slots], ranked[:, width - slots - 1]


def shadow_prices(
    offers: Offers, bundles: Bundles, quotas: Floats, *, start: Floats | None = None
) -> Floats:
    """One price per contract, from which on these requests just meet the quotas.

    quotas may be fractions. A quota that cannot be met ends at HIGHEST_PRICE. `start` is a good
    guess; then only the sharp stages are run.
    """
    prices = np.full(len(quotas), 0.2) if start is None else start.copy()
    last, next_best = _Table.of(offers).bars(prices, bundles)
    smoothed = _Smoothed(offers, bundles, np.maximum((last + next_best) / 2, last - 0.1))
    gentleness = max((len(one) for one in bundles.members), default=1)
    for width in SHARPENING if start is None else SHARPENING[2:]:
        for _ in range(STEPS_PER_STAGE):
            shown, growth = smoothed.shown(prices, width)
            step = (quotas - shown) / np.maximum(growth * gentleness, 1e-9)
            prices = np.clip(prices + np.clip(step, -3 * width, 3 * width), 0, HIGHEST_PRICE)
    return prices


class _Smoothed:
    """Every offer is shown with a chance; the bars of the requests are kept between steps."""

    def __init__(self, offers: Offers, bundles: Bundles, bars: Floats) -> None:
        self.bundles, self.bundle, self.slots = bundles, offers.bundle, offers.slots
        self.worth = offers.worth.astype(np.float32)
        self.bars = bars.astype(np.float32)
        self.counts, self.begins = np.diff(offers.starts), offers.starts[:-1]

    def shown(self, prices: Floats, width: float) -> tuple[Floats, Floats]:
        """Exposures per contract at these prices, and how fast they grow with the price."""
        priced = self.worth + self.bundles.prices(prices).astype(np.float32)[self.bundle]
        for _ in range(2):
            chance, slope = self._chances(priced, width)
            surplus = np.add.reduceat(chance, self.begins) - self.slots
            total_slope = np.maximum(np.add.reduceat(slope, self.begins), 0.1)
            self.bars += np.float32(width) * np.clip(surplus / total_slope, -2, 2)
        chance, slope = self._chances(priced, width)
        given, growth = self._per_bundle(chance), self._per_bundle(slope)
        share = self.bundles.shares(prices, width)
        shown = self.bundles.per_contract(given, share)
        # A higher price wins more slots, and more of the slots of one's own bundles.
        won = self.bundles.per_contract(growth, share**2)
        taken = self.bundles.per_contract(given, share * (1 - share))
        return shown, (won + taken) / width

    def _per_bundle(self, values: Halves) -> Floats:
        sums: Floats = np.bincount(self.bundle, values, len(self.bundles)).astype(np.float64)
        return sums

    def _chances(self, priced: Halves, width: float) -> tuple[Halves, Halves]:
        distance = (priced - np.repeat(self.bars, self.counts)) * np.float32(-1 / width)
        chance = 1 / (1 + np.exp(np.clip(distance, -30, 30)))
        return chance, chance * (1 - chance)


def contenders(offers: Offers, bundles: Bundles, prices: Floats) -> Offers:
    """Without the offers that prices near these could never bring up to the bar."""
    priced = offers.worth + bundles.prices(prices)[offers.bundle]
    _, bar = _Table.of(offers).bars(prices, bundles)
    return offers.where((offers.bundle == 0) | (priced > bar[offers.request] - REACH))


def best_total(offers: Offers, bundles: Bundles, prices: Floats, quotas: Floats) -> float:
    """No plan whatever that meets the quotas is worth more to viewers than this (weak duality)."""
    priced = _Table.of(offers).priced(prices, bundles)
    top = np.partition(priced, priced.shape[1] - offers.slots, axis=1)[:, -offers.slots :]
    return float(np.where(top > _NOTHING / 2, top, 0).sum() - prices @ quotas)


def margins(offers: Offers, bundles: Bundles, prices: Floats) -> tuple[Numbers, Numbers, Floats]:
    """(request, contract, margin) for each chance that each contract had.

    The margin is the price at which the contract would just have been shown and charged, all else
    as it is: above the bar of the request, and above the other contracts of the bundle.
    """
    last, next_best = _Table.of(offers).bars(prices, bundles)
    priced = offers.worth + bundles.prices(prices)[offers.bundle]
    request = offers.request
    bar = np.where(priced >= last[request], next_best[request], last[request])
    position, pair = bundles.pairs(offers.bundle)
    margin = np.maximum((bar - offers.worth)[position], bundles.rivals(prices)[pair])
    return request[position], bundles.contract_of[pair], margin
