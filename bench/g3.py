"""G3: half of the creators vanish at noon. Which day's promises are kept, and at what cost?

Nobody knows which ones; ours knows from the days before that half do, and when. Noon is taken in
two ways: as in the research's figures, when half of a usual day's requests have come, and as 12:00,
when only a third have. The bound knows who will vanish; "told of noon" are the baselines with a day
that ends there.
"""

from dataclasses import dataclass

import numpy as np

from bench._kuairand import SCORED_DAY, SCORED_PAST, Day, creators, world
from bench._pacing import (
    DualDescent,
    Ours,
    Policy,
    ProportionalIntegral,
    Scores,
    baselines,
    bound,
    compare,
    figures,
)
from bench.lib import Figure
from shanhuo.traffic.pacing.controller import Plan
from shanhuo.traffic.pacing.forecast import Forecast, Survival
from shanhuo.traffic.pacing.offers import Bundles, Floats, Numbers
from shanhuo.traffic.pacing.shadow import shadow_prices

CREATORS, EACH = 300, 14
CAREFUL, BOLD = 8.0, 5.0
"""Caution that keeps every promise, and one that gambles on a tenth of them."""

NOTE = "caution chosen on 04-30, seeds from 100"


@dataclass(frozen=True)
class Case:
    """When they vanish (None: with half of a usual day's traffic) and how cautious ours is."""

    name: str
    noon: float | None
    caution: float
    must_met: float | None
    note: str = NOTE


CASES = (
    Case("_mid_traffic", None, CAREFUL, 99.0),
    Case("_at_12", 12.0, CAREFUL, 99.0),
    Case("_at_12_bold", 12.0, BOLD, None, f"gambles on a tenth of the promises; {NOTE}"),
)


def run(quick: bool) -> list[Figure]:
    """Seeds 0–9; the quick run plays one of them."""
    found = []
    for case in CASES:
        scores: dict[str, Scores] = {}
        days = (SCORED_DAY, SCORED_PAST)
        price = [play_seed(seed, case, days, scores) for seed in range(1 if quick else 10)]
        found += figures(
            "g3",
            case.name,
            scores,
            price=price,
            note=case.note,
            goals=(1.0, 90.0),
            must_met=case.must_met,
        )
    return found


def play_seed(seed: int, case: Case, days: tuple[int, int], into: dict[str, Scores]) -> float:
    """Play all policies on days[0], knowing days[1]. Returns the price of the promises in points:
    what even the linear programme loses."""
    group = creators(CREATORS, seed=seed)
    past = world().day([days[1]], group, seed=seed + 5000)
    noon = float(np.median(past.hours)) if case.noon is None else case.noon
    whole = world().day([days[0]], group, seed=seed)
    day = whole.without(_vanishing(seed), after=noon)
    bundles, quotas = Bundles.one_each(CREATORS), np.full(CREATORS, EACH)
    best = bound(day.offers, bundles, quotas)
    forecast = Forecast.of_day(past.hours, _hazard(noon, case.caution))
    plan = Plan.rehearse(past.offers, bundles, quotas, requests=forecast.remaining(0))
    policies: dict[str, Policy] = {"ours": Ours(day, plan, forecast, quotas)}
    if case.caution == CAREFUL:
        policies |= baselines(day, past, bundles, quotas)
        policies |= _told_of_noon(day, past, noon, bundles, quotas)
    compare(day, quotas, best, policies, into)
    return 100 * (1 - best / day.free)


def _vanishing(seed: int) -> Numbers:
    """Half of the bundles, drawn at random; never bundle 0."""
    drawn = np.random.default_rng(seed + 77).permutation(CREATORS) < CREATORS // 2
    return np.concatenate(([False], drawn))


def _hazard(noon: float, caution: float) -> Survival:
    """As earlier days with other creators showed it."""
    half = CREATORS // 2
    return Survival.observed([noon] * half, stayed=half, caution=caution)


def _told_of_noon(
    day: Day, past: Day, noon: float, bundles: Bundles, quotas: Numbers
) -> dict[str, Policy]:
    """PI and dual descent that are to be done by noon, with the number of requests until then."""
    morning, before = (int((one.hours < noon).sum()) for one in (day, past))
    start: Floats = shadow_prices(past.offers.first(before), bundles, quotas * before / morning)
    return {
        "PI, told of noon": ProportionalIntegral(morning, quotas, every=50),
        "dual warm+deficit, told of noon": DualDescent(morning, quotas, every=20, start=start),
    }
