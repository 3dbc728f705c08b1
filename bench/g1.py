"""G1: fifty counties are promised a fifth of the traffic of several days. Large contracts."""

import numpy as np

from bench._kuairand import SCORED_DAY, SCORED_PAST, counties, world
from bench._pacing import Ours, Scores, baselines, bound, compare, figures
from bench.lib import Figure
from shanhuo.traffic.pacing.controller import Plan
from shanhuo.traffic.pacing.forecast import Forecast
from shanhuo.traffic.pacing.offers import Bundles

COUNTIES, SHARE = 50, 0.2
NOTE = "the days from 05-01 on, in one; ours forecasts the traffic; nothing was tuned on G1"


def run(quick: bool) -> list[Figure]:
    """Seeds 0–9 on all days from the scored one on; the quick run plays one seed on two days."""
    known = np.unique(world().dates)
    days = known[known >= SCORED_DAY][: 2 if quick else None].tolist()
    scores: dict[str, Scores] = {}
    price = [play_seed(seed, days, SCORED_PAST, scores) for seed in range(1 if quick else 10)]
    return figures("g1", "", scores, price=price, note=NOTE, goals=(None, 100.0))


def play_seed(seed: int, days: list[int], past_day: int, into: dict[str, Scores]) -> float:
    """Play all policies over `days`, knowing one day before. Returns the price in points."""
    group = counties(COUNTIES, SHARE, seed=seed)
    day = world().day(days, group, seed=seed)
    past = world().day([past_day], group, seed=seed + 5000)
    bundles = Bundles.one_each(COUNTIES)
    quotas = np.full(COUNTIES, round(SHARE * len(day.offers) / COUNTIES))
    best = bound(day.offers, bundles, quotas)
    expected = len(past.offers) * len(days)
    plan = Plan.rehearse(past.offers, bundles, quotas, requests=expected)
    hours = np.concatenate([past.hours + 24 * later for later in range(len(days))])
    ours = Ours(day, plan, Forecast.of_day(hours), quotas)
    rivals = baselines(day, past, bundles, quotas, every=(500, 100))
    compare(day, quotas, best, {"ours": ours, **rivals}, into)
    return 100 * (1 - best / day.free)
