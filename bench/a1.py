"""A1: which views are made, not seen? A seeded set of attacks against the published rules.

Days of `bench/_crowd.py` go through the collector into a log; the rules of
`shanhuo.traffic.fakes` judge it. Counted in exposures: recall is the part of an attack that is
excluded, precision the part of what is excluded that was an attack. Numbers of the rules were
chosen on the days 100–105; scored are the days 0–4. After a first scoring (precision 0.986) the
days 106–111 showed why: honest people who love half of everything without watching any of it. Now
who loves, watches; rule 4 would take others for hired ones. "patient farm" stands apart: people who
are paid to behave like people look like people, and no rule of ours claims to find them.
"""

import os
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from bench.lib import Figure

SCORED = range(5)
HONEST, STRENGTH = 2_500, 3


def run(quick: bool) -> list[Figure]:
    """Five days of some 90,000 exposures each, of a third of that in a quick run."""
    _settings()
    size = (HONEST // 3, 1) if quick else (HONEST, STRENGTH)
    return figures([judged(seed, *size) for seed in SCORED])


def _settings() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shanhuo.settings")
    os.environ.setdefault("SHANHUO_DEBUG", "1")


@dataclass(frozen=True, slots=True)
class Found:
    """Exposures by kind of viewer: all of them, and those that a rule excludes."""

    shown: Counter[str]
    excluded: Counter[str]

    def recall(self, *kinds: str) -> float:
        return sum(self.excluded[kind] for kind in kinds) / sum(self.shown[kind] for kind in kinds)

    @property
    def precision(self) -> float:
        return 1 - self.excluded["honest"] / self.excluded.total()


def judged(seed: int, honest: int, strength: int) -> Found:
    """One day, recorded and judged."""
    from bench import _crowd as crowd  # noqa: PLC0415 - needs the settings
    from shanhuo.traffic.fakes import judge  # noqa: PLC0415
    from shanhuo.traffic.log import SignalLog  # noqa: PLC0415

    day = crowd.day_of(seed, honest=honest, strength=strength)
    with tempfile.TemporaryDirectory() as folder:
        crowd.record(day, Path(folder))
        with SignalLog(Path(folder)).open() as log:
            judge(log)
            rows = log.execute("SELECT viewer, fault > 0, count(*) FROM judged GROUP BY ALL")
            counted = rows.fetchall()
    found = Found(Counter(), Counter())
    for viewer, is_excluded, count in counted:
        who = str(day.who[viewer])
        found.shown[who] += count
        found.excluded[who] += count * is_excluded
    return found


def figures(days: list[Found]) -> list[Figure]:
    total = Found(
        sum((day.shown for day in days), Counter()), sum((day.excluded for day in days), Counter())
    )
    attacks = sorted(set(total.shown) - {"honest", "patient farm"})
    worst = min(day.recall(*attacks) for day in days)
    note = (
        f"{total.shown.total():,} exposures in {len(days)} days, {100 * _share(total):.0f} % made;"
        f" worst day {worst:.3f}; days 0-4, rules chosen on 100-105"
    )
    return [
        Figure("a1", "recall", total.recall(*attacks), "", {"no rules": 0.0}, 1.0, 0.9, note=note),
        Figure(
            "a1",
            "precision",
            total.precision,
            "",
            {"no rules": 0.0},
            1.0,
            0.99,
            note=f"{total.excluded['honest']:,} honest exposures excluded",
        ),
        *(
            Figure("a1", f"recall, {kind}", total.recall(kind), "", {"no rules": 0.0}, 1.0)
            for kind in [*attacks, "patient farm"]
        ),
    ]


def _share(found: Found) -> float:
    return 1 - found.shown["honest"] / found.shown.total()
