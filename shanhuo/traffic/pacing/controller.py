"""The controller: from what each contract still needs and may still expect, its price now.

Each contract asks for the price at which it would get, of the chances still to come, the cheapest
ones, and as many as it needs: `needed(left)` out of `remaining chances`. Being behind raises the
price and being ahead lowers it, at once and without any gain to tune.
"""

from collections.abc import Container, Iterable
from dataclasses import dataclass

import numpy as np

from shanhuo.traffic.pacing.forecast import Forecast
from shanhuo.traffic.pacing.offers import Bundles, Floats, Numbers, Offers
from shanhuo.traffic.pacing.shadow import HIGHEST_PRICE, contenders, margins, shadow_prices

LEVELS = (0.4, 0.7, 1.0, 1.3, 1.7, 2.5)
"""How much all contracts together may want, over what was planned; a table of margins for each."""

ROUGH = 4
"""A first idea of the prices comes from each fourth request."""

STEPS = 512
"""Steps of a margin table; they stand closer at the cheap end, where contracts live."""

URGENCY = 0.1
"""Added to HIGHEST_PRICE per exposure that is missing: among the late, the latest goes first."""


def needed(left: Numbers) -> Floats:
    """The rank of the chance that a contract with `left` exposures to go should just still take.

    Taking exactly the `left` cheapest would need to know the future. Who must decide at once does
    best by accepting a little more: the solution of c' = (c' - c)²/2 of the optimal stopping
    problem of `left` choices is close to this (0.3 % for 1 to 50).
    """
    more = np.where(left > 0, 1 + 0.37 * np.log(np.maximum(left, 1)), 0.0)
    return left.astype(np.float64) + more


@dataclass(frozen=True)
class Plan:
    """What a rehearsal of past requests says about each contract.

    chances: per request. base: exposures wanted per request. cost: the shadow price of one, if all
    goes as planned. margins[k, c, i]: the price that wins
    contract c a share (i / STEPS)² of its chances, while all contracts together want LEVELS[k]
    times as much as planned. One table would not do: a contract that raises its price alone soon
    outbids the others, but when all are late, all raise theirs, and nobody gains on anybody.
    """

    bundles: Bundles
    chances: Floats
    base: Floats
    cost: Floats
    margins: Floats

    @classmethod
    def rehearse(
        cls, past: Offers, bundles: Bundles, quotas: Numbers, *, requests: float
    ) -> "Plan":
        """quotas: of contracts to be met within about `requests` requests like these."""
        base = np.asarray(quotas, float) / requests
        some = past.every(ROUGH)
        prices = shadow_prices(some, bundles, base * len(some))
        near = contenders(past, bundles, prices)
        tables, cost = [], prices
        for level in LEVELS:
            prices = shadow_prices(near, bundles, base * len(past) * level, start=prices)
            cost = prices if level <= 1 else cost
            _, contract, margin = margins(past, bundles, prices)
            order = np.lexsort((margin, contract))
            counts = np.bincount(contract, minlength=bundles.contract_count)
            groups = np.split(margin[order], np.cumsum(counts)[:-1])
            tables.append([_table_of(group) for group in groups])
        return cls(bundles, counts / max(len(past), 1), base, cost, np.array(tables))

    def level(self, needed: Floats, requests: float) -> float:
        """What all contracts together still want, over what was planned for so many requests.

        Weighed by cost: contracts that viewers serve of their own accord compete with nobody.
        """
        planned = float(self.cost @ self.base) * requests
        return float(self.cost @ needed) / max(planned, 1e-9)

    def prices(self, contracts: Numbers, shares: Floats, level: float) -> Floats:
        """What wins each contract this share of its chances, between the two nearest levels."""
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


class Controller:
    """Prices of all contracts, kept current. One per serving process.

    `left` is what each contract still needs in all; `may_charge` is what this process may still
    give it (its lease). Never negative, and no price without both.
    """

    def __init__(self, plan: Plan, forecast: Forecast, quotas: Numbers) -> None:
        self.plan, self.forecast = plan, forecast
        self.left = np.array(quotas, np.int64)
        self.may_charge = self.left.copy()
        self.prices = np.zeros(len(self.left))
        self.bundle_prices = np.zeros(len(plan.bundles))
        self._remaining, self._level = 0.0, 1.0

    def refresh(self, at: float, arrived: float | None = None) -> None:
        """Reprice everything for time `at`; a thousand times over a contract's life is plenty."""
        self._remaining = self.forecast.remaining(at, arrived)
        self._level = self.plan.level(needed(self.left), self._remaining)
        self.prices = self._prices(np.arange(len(self.left)))
        self.bundle_prices = self.plan.bundles.prices(self.prices)

    def adopt(self, plan: Plan) -> None:
        """Go on with a newer rehearsal of the same contracts and bundles; in force at refresh."""
        self.plan = plan

    def prices_without(self, capped: Container[int]) -> Floats:
        """Bundle prices for a viewer who has seen enough of the `capped` contracts."""
        if not capped:
            return self.bundle_prices
        uncapped = [one not in capped for one in range(len(self.prices))]
        return self.plan.bundles.prices(np.where(uncapped, self.prices, 0.0))

    def charge(self, bundle: int, *, capped: Container[int] = ()) -> tuple[int, ...]:
        """An exposure of this bundle was shown. Returns the contracts that it counts for."""
        served = tuple(
            one
            for one in self.plan.bundles.members[bundle]
            if self.left[one] > 0 and self.may_charge[one] > 0 and one not in capped
        )
        if served:
            self.left[list(served)] -= 1
            self.may_charge[list(served)] -= 1
            self._reprice(served)
        return served

    def stop(self, contracts: Iterable[int]) -> None:
        """Withdrawn, banned or sold out: nothing more is given, from the next request on."""
        stopped = tuple(contracts)
        self.left[list(stopped)] = 0
        self._reprice(stopped)

    def _reprice(self, contracts: tuple[int, ...]) -> None:
        self.prices[list(contracts)] = self._prices(np.array(contracts, np.int64))
        self.bundle_prices = self.plan.bundles.prices(self.prices)

    def _prices(self, contracts: Numbers) -> Floats:
        left = self.left[contracts]
        chances = np.maximum(self.plan.chances[contracts] * self._remaining, 1e-9)
        share = np.minimum(needed(left) / chances, 1.0)
        price = self.plan.prices(contracts, share, self._level)
        price = np.where(share < 1, price, HIGHEST_PRICE + URGENCY * left)
        open_here = (left > 0) & (self.may_charge[contracts] > 0)
        return np.where(open_here, np.maximum(price, 0.0), 0.0)
