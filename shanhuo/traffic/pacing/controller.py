"""The controller: from what each contract still needs and may still expect, its price now.

Each contract asks for the price at which it would get, of the chances still to come, the cheapest
ones, and as many as it needs: `needed(left)` out of `remaining chances`. Being behind raises the
price and being ahead lowers it, at once and without any gain to tune.
"""

from dataclasses import dataclass

import numpy as np

from shanhuo.traffic.pacing.offers import Bundles, Floats, Numbers, Offers
from shanhuo.traffic.pacing.shadow import HIGHEST_PRICE, contenders, margins, shadow_prices

LEVELS = (0.1, 0.4, 0.7, 1.0, 1.3, 1.7, 2.5)
"""How much all contracts together may want, over what was planned; a table of margins for each. The
lowest is for the end, when nearly all have what they need and compete no more."""

ROUGH = 4
"""A first idea of the prices comes from each fourth request."""

STEPS = 512
"""Steps of a margin table; they stand closer at the cheap end, where contracts live."""

URGENCY = 0.1
"""Added to HIGHEST_PRICE per exposure that is missing: among the late, the latest goes first."""


def needed(left: Floats | Numbers) -> Floats:
    """The rank of the chance that a contract with `left` exposures to go should just still take.

    Taking exactly the `left` cheapest would need to know the future. Who must decide at once does
    best by accepting a little more: the solution of c' = (c' - c)²/2 of the optimal stopping
    problem of `left` choices is close to this (0.3 % for 1 to 50).
    """
    more = np.where(left > 0, 1 + 0.37 * np.log(np.maximum(left, 1)), 0.0)
    return np.maximum(left, 0) + more


@dataclass(frozen=True)
class Plan:
    """What a rehearsal of past requests says about each contract.

    chances: per request. base: exposures wanted per request. cost: the shadow price of one, if all
    goes as planned. margins[k, c, i]: the price that wins
    contract c a share (i / STEPS)² of its chances, while all contracts together want LEVELS[k]
    times as much as planned. One table would not do: a contract that raises its price alone soon
    outbids the others, but when all are late, all raise theirs, and nobody gains on anybody.
    """

    chances: Floats
    base: Floats
    cost: Floats
    margins: Floats

    def __post_init__(self) -> None:
        if len(self.margins) != len(LEVELS):
            raise ValueError("a plan with a table for each of other levels")

    @classmethod
    def rehearse(
        cls,
        past: Offers,
        bundles: Bundles,
        quotas: Floats | Numbers,
        *,
        requests: Floats | float,
        heard: Floats | None = None,
    ) -> "Plan":
        """quotas: of contracts, each to be met within about `requests` requests like these.

        heard: in how many of these requests a contract could have been offered; all without it.
        """
        base = np.asarray(quotas, float) / requests
        known = np.full(len(base), float(len(past))) if heard is None else heard
        some = past.every(ROUGH)
        prices = shadow_prices(some, bundles, base * known * (len(some) / len(past)))
        near = contenders(past, bundles, prices)
        tables, cost = [], prices
        for level in LEVELS:
            prices = shadow_prices(near, bundles, base * known * level, start=prices)
            cost = prices if level <= 1 else cost
            _, contract, margin = margins(past, bundles, prices)
            order = np.lexsort((margin, contract))
            counts = np.bincount(contract, minlength=bundles.contract_count)
            groups = np.split(margin[order], np.cumsum(counts)[:-1])
            tables.append([_table_of(group) for group in groups])
        return cls(counts / np.maximum(known, 1), base, cost, np.array(tables))

    def level(self, left: Floats | Numbers, requests: Floats | float) -> float:
        """What all contracts together still want, over what was planned for so many requests.

        Weighed by cost: contracts that viewers serve of their own accord compete with nobody.
        """
        planned = float(self.cost @ (self.base * requests))
        return float(self.cost @ needed(left)) / max(planned, 1e-9)

    def prices(
        self,
        left: Floats | Numbers,
        requests: Floats | float,
        *,
        level: float,
        of: Numbers | slice = slice(None),
    ) -> Floats:
        """What wins the contracts `of` as many of the chances to come as they need, while all want
        `level`; who needs more than all of them is served before anybody else, the latest first."""
        chances = np.maximum(self.chances[of] * requests, 1e-9)
        share = np.minimum(needed(left) / chances, 1.0)
        price = np.maximum(self._margins(of, share, level), 0.0)
        price = np.where(share < 1, price, HIGHEST_PRICE + URGENCY * left)
        return np.where(left > 0, price, 0.0)

    def _margins(self, of: Numbers | slice, shares: Floats, level: float) -> Floats:
        """What wins each contract this share of its chances, between the two nearest levels."""
        contracts = np.arange(len(self.base))[of]
        place = float(np.interp(level, LEVELS, np.arange(len(LEVELS))))
        below = min(int(place), len(LEVELS) - 2)
        step = np.sqrt(shares) * STEPS
        first = np.minimum(step.astype(np.int64), STEPS - 1)
        part = step - first
        low, high = (
            table[contracts, first] * (1 - part) + table[contracts, first + 1] * part
            for table in (self.margins[below], self.margins[below + 1])
        )
        price: Floats = low + (high - low) * (place - below)
        return price


def _table_of(margins: Floats) -> Floats:
    """Quantiles of sorted margins; of a contract without any chance: the highest price."""
    if not len(margins):
        return np.full(STEPS + 1, HIGHEST_PRICE)
    shares = (np.arange(STEPS + 1) / STEPS) ** 2
    return np.interp(shares * len(margins) - 0.5, np.arange(len(margins)), margins)
