"""G5: the real feed. Overlapping contracts of counties, creators and products, lists of ten of
which three may be supported, three exposures to a viewer at most, places that nobody looks at;
four processes share the budgets by leases in the database, of which one is lost at noon without a
word, when a tenth of the creators take everything down.

Played twice on the same requests: paced by rehearsals, and by the curve alone (the fallback). The
bound knows all lists of the day with what each could have shown, as they came, and needs no leases.
"""

import json
import os
import subprocess
import sys
import tempfile

import numpy as np

from bench._kuairand import SCORED_DAY, SCORED_PAST
from bench.lib import Figure

EVERY, EVERY_QUICK = 3, 12
NOTE = "settings chosen on 04-30 after 04-29, seeds from 100; one day before, watched only"


def run(quick: bool) -> list[Figure]:
    """Seeds 0–2; the quick run plays one, on a quarter of the requests and quotas."""
    seeds, every = (range(1), EVERY_QUICK) if quick else (range(3), EVERY)
    found = [play_seed(seed, every, (SCORED_DAY, SCORED_PAST)) for seed in seeds]

    def mean(name: str, figure: str) -> float:
        return float(np.mean([one[name][figure] for one in found]))

    def worst(name: str) -> float:
        return max(one[name]["most"] for one in found)

    note = f"price of the LP {mean('ours', 'price'):.2f}; {len(found)} seeds; {NOTE}"
    least = min(one["ours"]["least"] for one in found)
    return [
        Figure(
            "g5", "excess_points", mean("ours", "excess"), "points",
            baselines={"curve": mean("curve", "excess")},
            limit=0.0, goal=0.5, higher_is_better=False, note=note,
        ),
        Figure(
            "g5", "contracts_met", mean("ours", "met"), "%",
            baselines={"curve": mean("curve", "met")}, must=99.0, goal=100.0,
            note=f"of those whose objects stayed; least delivered {least:.3f}",
        ),
        Figure(
            "g5", "most_delivered", worst("ours"), "%", baselines={"curve": worst("curve")},
            must=101.0, higher_is_better=False, note="seen, over the quota; worst contract",
        ),
    ]  # fmt: skip


def play_seed(seed: int, every: int, dates: tuple[int, int]) -> dict[str, dict[str, float]]:
    """Outcomes (bench._feedday.Outcome) of "ours" and "curve"."""
    with tempfile.TemporaryDirectory(prefix="bench-g5-") as folder:
        environment = {**os.environ, "SHANHUO_DEBUG": "1", "SHANHUO_DATA_DIR": folder}
        command = [sys.executable, "-m", "bench._feedday", *map(str, (seed, every, *dates))]
        done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    return dict(json.loads(done.stdout.splitlines()[-1]))
