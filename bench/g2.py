"""G2: three hundred small promises on one day. What do they cost viewers beyond the unavoidable?"""

import numpy as np

from bench._kuairand import SCORED_DAY, SCORED_PAST, creators, world
from bench._pacing import Ours, Scores, baselines, bound, compare, figures
from bench.lib import Figure
from shanhuo.traffic.pacing.controller import Plan
from shanhuo.traffic.pacing.forecast import Forecast
from shanhuo.traffic.pacing.offers import Bundles

CREATORS = 300
EACH = (7, 14)
NOTE = "ours forecasts the traffic, the others are told it; chosen on 04-30, seeds from 100"


def run(quick: bool) -> list[Figure]:
    """Seeds 0–9; the quick run plays one of them."""
    scores: dict[int, dict[str, Scores]] = {each: {} for each in EACH}
    price: dict[int, list[float]] = {each: [] for each in EACH}
    for seed in range(1 if quick else 10):
        for each in EACH:
            price[each].append(play_seed(seed, each, (SCORED_DAY, SCORED_PAST), scores[each]))
    return [
        figure
        for each in EACH
        for figure in figures(
            "g2", f"_{each}_each", scores[each], price=price[each], note=NOTE, goals=(0.3, 100.0)
        )
    ]


def play_seed(seed: int, each: int, days: tuple[int, int], into: dict[str, Scores]) -> float:
    """Play all policies on days[0], knowing days[1]. Returns the price of the promises in points:
    what even the linear programme loses."""
    group = creators(CREATORS, seed=seed)
    day = world().day([days[0]], group, seed=seed)
    past = world().day([days[1]], group, seed=seed + 5000)
    bundles, quotas = Bundles.one_each(CREATORS), np.full(CREATORS, each)
    best = bound(day.offers, bundles, quotas)
    plan = Plan.rehearse(past.offers, bundles, quotas, requests=len(past.offers))
    ours = Ours(day, plan, Forecast.of_day(past.hours), quotas)
    policies = {"ours": ours, **baselines(day, past, bundles, quotas)}
    compare(day, quotas, best, policies, into)
    return 100 * (1 - best / day.free)
