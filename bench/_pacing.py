"""Policies that keep promises of exposure, played over the same requests, and their bound.

The baselines are given the number of requests of the day; ours has to forecast it. Each policy has
`prices`, one per bundle, added to the worth of an offer; the worthiest offer is shown.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from scipy.optimize import minimize

from bench._kuairand import Day
from bench.lib import Figure
from shanhuo.traffic.pacing.controller import Plan
from shanhuo.traffic.pacing.forecast import Forecast
from shanhuo.traffic.pacing.offers import Bundles, Floats, Numbers, Offers
from shanhuo.traffic.pacing.shadow import best_total, contenders, shadow_prices


class Policy(Protocol):
    """Sees the requests go by, one at a time."""

    prices: Floats

    def before(self, request: int) -> None: ...
    def shown(self, bundle: int) -> None: ...


@dataclass(frozen=True)
class Outcome:
    """What a policy made of a day. Shares are of the worth of the day without guarantees."""

    worth: float
    shown: Numbers
    charged: Numbers


def play(day: Day, policy: Policy, quotas: Numbers) -> Outcome:
    """Show the best offer of each request, price included."""
    worth, bundle, starts = day.offers.worth, day.offers.bundle, day.offers.starts.tolist()
    total, shown = 0.0, np.zeros(len(quotas) + 1, np.int64)
    for request in range(len(day.offers)):
        policy.before(request)
        first, end = starts[request], starts[request + 1]
        best = first + int((worth[first:end] + policy.prices[bundle[first:end]]).argmax())
        total += worth[best]
        winner = int(bundle[best])
        if winner:
            shown[winner] += 1
            policy.shown(winner)
    charged = policy.charged if isinstance(policy, Ours) else np.minimum(shown[1:], quotas)
    return Outcome(total, shown[1:], charged)


# --- The policies ---------------------------------------------------------------------------------


class Pacer:
    """The prices of the product's plan, kept current. Nobody else serves these contracts."""

    def __init__(self, plan: Plan, forecast: Forecast, bundles: Bundles, quotas: Numbers) -> None:
        self.plan, self.forecast, self.bundles = plan, forecast, bundles
        self.left = np.array(quotas, np.int64)
        self.prices = np.zeros(len(bundles))
        self._contract_prices = np.zeros(len(quotas))
        self._remaining, self._level = 0.0, 1.0

    def refresh(self, at: float, arrived: float) -> None:
        self._remaining = self.forecast.remaining(at, arrived)
        self._level = self.plan.level(self.left, self._remaining)
        self._reprice(np.arange(len(self.left)))

    def charge(self, contract: int) -> bool:
        """An exposure was shown; whether it still counts."""
        if self.left[contract] < 1:
            return False
        self.left[contract] -= 1
        self._reprice(np.array([contract]))
        return True

    def _reprice(self, which: Numbers) -> None:
        self._contract_prices[which] = self.plan.prices(
            self.left[which], self._remaining, level=self._level, of=which
        )
        self.prices = self.bundles.prices(self._contract_prices)


class Ours(Pacer):
    """It knows the days before, the clock, and what came so far."""

    EVERY = 20

    def __init__(self, day: Day, plan: Plan, forecast: Forecast, quotas: Numbers) -> None:
        super().__init__(plan, forecast, Bundles.one_each(len(quotas)), quotas)
        self.hours = day.hours
        self.charged = np.zeros(len(quotas), np.int64)

    def before(self, request: int) -> None:
        if request % self.EVERY == 0:
            self.refresh(float(self.hours[request]), request)

    def shown(self, bundle: int) -> None:
        self.charged[bundle - 1] += self.charge(bundle - 1)


class FixedSlot:
    """Every n-th request belongs to the contract that is furthest behind, of those that it has."""

    def __init__(self, day: Day, quotas: Numbers) -> None:
        self.every = int(len(day.offers) / quotas.sum())
        self.quotas, self.left = quotas, quotas.copy()
        self.prices = self.nothing = np.zeros(len(quotas) + 1)

    def before(self, request: int) -> None:
        if request % self.every:
            self.prices = self.nothing
        else:
            behind = np.where(self.left > 0, 10 + 10 * self.left / self.quotas, 0)
            self.prices = np.concatenate(([0.0], behind))

    def shown(self, bundle: int) -> None:
        self.left[bundle - 1] -= 1


class ProportionalIntegral:
    """A PI controller per contract on the straight line of delivery, as measured in research."""

    def __init__(self, requests: int, quotas: Numbers, *, every: int) -> None:
        self.requests, self.every = requests, every
        self.quotas, self.delivered = quotas, np.zeros(len(quotas))
        self.total = np.zeros(len(quotas))
        self.prices = np.zeros(len(quotas) + 1)

    def before(self, request: int) -> None:
        if request % self.every:
            return
        target = self.quotas * min(1.0, (request + self.every) / self.requests)
        error = (target - self.delivered) / (20 * self.every * self.quotas / self.requests)
        self.total = np.clip(self.total + 0.01 * error, 0, 0.6)
        self.prices[1:] = np.maximum(0, self.total + 0.05 * error)

    def shown(self, bundle: int) -> None:
        self.delivered[bundle - 1] += 1


class DualDescent:
    """Stochastic subgradient steps on the prices. `start` warm: towards what is left of the quota;
    without it, the textbook: from zero, towards a constant share."""

    def __init__(
        self, requests: int, quotas: Numbers, *, every: int, start: Floats | None = None
    ) -> None:
        self.requests, self.every, self.is_warm = requests, every, start is not None
        self.step = 0.005 if self.is_warm else 0.02
        self.share = quotas / self.requests
        self.left, self.won = quotas.astype(float), np.zeros(len(quotas))
        self.prices = np.concatenate(([0.0], np.zeros(len(quotas)) if start is None else start))

    def before(self, request: int) -> None:
        if request == 0 or request % self.every:
            return
        target = self.share
        if self.is_warm:
            target = np.clip(self.left / max(self.requests - request, 1), 0, 6 * self.share)
        change = self.step * (target - self.won / self.every) / self.share
        self.prices[1:] = np.maximum(0, self.prices[1:] + change)
        self.won[:] = 0

    def shown(self, bundle: int) -> None:
        self.left[bundle - 1] -= 1
        self.won[bundle - 1] += 1


def baselines(
    day: Day, past: Day, bundles: Bundles, quotas: Numbers, *, every: tuple[int, int] = (50, 20)
) -> dict[str, Policy]:
    """Those of the research, with its gains. every: requests between steps of PI and of descent."""
    count = len(day.offers)
    warm = shadow_prices(past.offers, bundles, quotas * len(past.offers) / count)
    return {
        "fixed slot": FixedSlot(day, quotas),
        "PI": ProportionalIntegral(count, quotas, every=every[0]),
        "dual descent": DualDescent(count, quotas, every=every[1]),
        "dual warm+deficit": DualDescent(count, quotas, every=every[1], start=warm),
    }


# --- The bound ------------------------------------------------------------------------------------


def bound(offers: Offers, bundles: Bundles, quotas: Numbers) -> float:
    """The value of the linear programme with the whole day known, from above.

    Minimises the dual by L-BFGS on a sharpening soft maximum; any prices give a valid bound, and
    these came within 0.001 points of HiGHS, which takes minutes.
    """
    prices = shadow_prices(offers, bundles, quotas.astype(float))
    near = contenders(offers, bundles, prices)
    worth, bundle, begins = near.worth, near.bundle, near.starts[:-1]
    counts = np.diff(near.starts)

    def loss(prices: Floats, width: float) -> tuple[float, Floats]:
        priced = worth + bundles.prices(prices)[bundle]
        top = np.maximum.reduceat(priced, begins)
        weight = np.exp((priced - np.repeat(top, counts)) / width)
        total = np.add.reduceat(weight, begins)
        shown = np.bincount(bundle, weight / np.repeat(total, counts), len(bundles))
        value = (top + width * np.log(total)).sum() - prices @ quotas
        shares = bundles.shares(prices, width)
        return float(value), bundles.per_contract(shown, shares) - quotas

    for width in (0.001, 0.0003):
        limits = [(0.0, 1.5)] * len(quotas)
        found = minimize(
            loss, prices, (width,), "L-BFGS-B", jac=True, bounds=limits, options={"maxiter": 60}
        )
        prices = found.x
    return best_total(offers, bundles, prices, quotas.astype(float))


# --- The tables -----------------------------------------------------------------------------------


@dataclass
class Scores:
    """Of one policy, over seeds."""

    excess: list[float] = field(default_factory=list)
    met: list[float] = field(default_factory=list)
    over: list[float] = field(default_factory=list)
    least: list[float] = field(default_factory=list)

    def add(self, outcome: Outcome, quotas: Numbers, *, free: float, best: float) -> None:
        """excess: worth lost beyond what the linear programme loses, in points of `free`."""
        self.excess.append(100 * (best - outcome.worth) / free)
        self.met.append(100 * float(np.mean(outcome.shown >= quotas)))
        self.over.append(100 * float((outcome.charged / quotas).max() - 1))
        self.least.append(float((outcome.shown / quotas).min()))


def compare(
    day: Day, quotas: Numbers, best: float, policies: Mapping[str, Policy], into: dict[str, Scores]
) -> None:
    """Play every policy over the day and add its scores."""
    for name, policy in policies.items():
        outcome = play(day, policy, quotas)
        into.setdefault(name, Scores()).add(outcome, quotas, free=day.free, best=best)


def figures(
    track: str,
    case: str,
    scores: Mapping[str, Scores],
    *,
    price: Sequence[float],
    note: str,
    goals: tuple[float | None, float],
    must_met: float | None = 99.0,
) -> list[Figure]:
    """excess_points, contracts_met and over-delivery of one case. goals: (excess, met)."""
    ours = scores["ours"]
    others = {name: each for name, each in scores.items() if name != "ours"}
    to_beat = _to_beat([each for name, each in others.items() if name.startswith(RIVALS)])
    spread = f"price of the LP {np.mean(price):.2f}; ours {_spread(ours.excess)}"

    def mean_of(values: Callable[[Scores], list[float]]) -> dict[str, float]:
        return {name: float(np.mean(values(each))) for name, each in others.items()}

    return [
        Figure(
            track,
            f"excess_points{case}",
            float(np.mean(ours.excess)),
            "points",
            baselines=mean_of(lambda one: one.excess),
            limit=0.0,
            must=to_beat,
            goal=goals[0],
            higher_is_better=False,
            note=f"{spread}. {note}",
        ),
        Figure(
            track,
            f"contracts_met{case}",
            float(np.mean(ours.met)),
            "%",
            baselines=mean_of(lambda one: one.met),
            limit=100.0,
            must=must_met,
            goal=goals[1],
            note=f"least delivered {min(ours.least):.2f}; {_spread(ours.met)}",
        ),
        Figure(
            track,
            f"over_delivery{case}",
            float(max(ours.over)),
            "%",
            limit=0.0,
            must=1.0,
            higher_is_better=False,
            note="charged beyond the quota, worst of all",
        ),
    ]


RIVALS = ("PI", "dual")


def _to_beat(rivals: Sequence[Scores]) -> float | None:
    """The least excess of those that met 99 %; if none did, of those that met 90 %."""
    for least in (99, 90):
        kept = [float(np.mean(one.excess)) for one in rivals if np.mean(one.met) >= least]
        if kept:
            return min(kept)
    return None


def _spread(values: Sequence[float]) -> str:
    return (
        f"{np.mean(values):.3f} ± {np.std(values):.3f} ({min(values):.3f} to {max(values):.3f}, "
        f"{len(values)} seeds)"
    )
