"""C1: is an interval as sure as it says, when arms feed on one budget? And whom does a deed change?

Coverage and bias: `bench/_cells.py`, whose truth is known, with the assignment and the estimator of
`shanhuo.traffic.experiments`. Scored worlds 0–9; cells, looks and the size of the world were chosen
on worlds 100–109. Qini: Hillstrom's trial, half-splits of seeds 0–9; features and strengths were
chosen on the splits 100–119 of the same people, for there are no others.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench import _cells as cells
from bench import _hillstrom as hillstrom
from bench.lib import Figure
from shanhuo.traffic.experiments import uplift
from shanhuo.traffic.experiments.assignment import Experiment, arms_of_cells, slices_of
from shanhuo.traffic.experiments.estimates import Estimate, difference, levels_of_looks

Reals = NDArray[np.float64]
KEY = b"the key of the bench, not secret"
WORLDS = range(10)
LOOKS = levels_of_looks(np.arange(1, cells.PERIODS + 1) / cells.PERIODS)
RESEARCH_QINI = 0.00774


def run(quick: bool) -> list[Figure]:
    """Ten worlds of 500 trials each, 80 in a quick run; ten half-splits in both."""
    return [*trial_figures(WORLDS, 80 if quick else 500), *qini_figures(range(10))]


# --- Trials with a known truth ----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Told:
    """What one trial says at each look, beside the truth of its world."""

    looks: Sequence[Estimate]
    truth: float

    @property
    def end(self) -> Estimate:
        return self.looks[-1]

    def all_hold(self, levels: Sequence[float]) -> bool:
        return all(
            one.at(float(level)).holds(self.truth)
            for one, level in zip(self.looks, levels, strict=True)
        )


def trial_figures(worlds: Sequence[int], trials: int) -> list[Figure]:
    split = _tell(worlds, trials)
    plain = _tell(worlds, trials, adjusts=False)
    naive = _tell(worlds, trials, splits=False)
    idle = _tell(worlds, trials, world=cells.idle)
    note = (
        f"{len(split):,} trials (±{100 * np.sqrt(0.05 * 0.95 / len(split)):.1f}), {cells.CELLS} "
        "cells; one budget: same trial and estimator, not split; chosen on worlds 100–109"
    )
    plain_levels = [0.95] * cells.PERIODS
    rivals = {"one budget": naive, "split, unadjusted": plain}
    covered = _percent([one.end.holds(one.truth) for one in split])
    return [
        Figure(
            "c1",
            "coverage",
            covered,
            "%",
            {
                name: _percent([one.end.holds(one.truth) for one in told])
                for name, told in rivals.items()
            },
            limit=95.0,
            must=93.0,
            note=note,
        ),
        Figure(
            "c1",
            "coverage_gap",
            abs(covered - 95),
            "points",
            must=2.0,
            higher_is_better=False,
            note="distance of coverage from 95 %, either way",
        ),
        Figure(
            "c1",
            "coverage_no_effect",
            _percent([one.end.holds(0) for one in idle]),
            "%",
            limit=95.0,
            must=93.0,
            note="a treatment that does nothing: the rest is what would be found by mistake",
        ),
        Figure(
            "c1",
            "bias",
            _bias(split),
            "% of the effect",
            {name: _bias(told) for name, told in rivals.items()},
            limit=0.0,
            higher_is_better=False,
            note="what is left with a split: a slice runs dry or is left over a little more often "
            "than the whole",
        ),
        Figure(
            "c1",
            "half_width",
            _width(split),
            "% of the effect",
            {name: _width(told) for name, told in rivals.items()},
            higher_is_better=False,
            note="mean, of the 95 % interval",
        ),
        Figure(
            "c1",
            "coverage_all_looks",
            _percent([one.all_hold(LOOKS.tolist()) for one in split]),
            "%",
            {"95 % at every look": _percent([one.all_hold(plain_levels) for one in split])},
            limit=95.0,
            must=93.0,
            note=f"all {cells.PERIODS} looks hold together; what is above 95 the union bound costs",
        ),
    ]


def _tell(
    worlds: Sequence[int],
    trials: int,
    *,
    splits: bool = True,
    adjusts: bool = True,
    world: Callable[[int], cells.World] = cells.world,
) -> list[Told]:
    """The same seeds whatever is asked, so the designs differ in nothing else."""
    told = []
    for seed in worlds:
        place = world(seed)
        true = cells.truth(place, rng=np.random.default_rng([seed, 2]))
        registered = [Experiment(f"{seed}-{one}", KEY) for one in range(trials)]
        treated = np.array([arms_of_cells(one) for one in registered], np.float64)
        slices = np.array([slices_of(int(one), registered[0]) for one in place.budget])
        played = cells.play(
            place,
            treated,
            slices=slices if splits else None,
            rng=np.random.default_rng([seed, 3]),
        )
        for outcome, before, arm in zip(played.outcome, played.before, treated, strict=True):
            known = before if adjusts else None
            told.append(Told([difference(one, arm, before=known) for one in outcome], true))
    return told


def _percent(held: Sequence[bool]) -> float:
    return 100 * float(np.mean(held))


def _bias(told: Sequence[Told]) -> float:
    return 100 * float(np.mean([(one.end.effect - one.truth) / one.truth for one in told]))


def _width(told: Sequence[Told]) -> float:
    return 100 * float(np.mean([(one.end.high - one.end.effect) / one.truth for one in told]))


# --- Whom does it change? ---------------------------------------------------------------------

Rows = tuple[Reals, Reals, Reals]
"""Features, outcome, treated."""


def _doubly_robust(learned: Rows, people: Reals, seed: int) -> Reals:
    strengths = {"strength": 30.0, "final_strength": 300_000.0}
    gain = uplift.doubly_robust(*learned, chance=hillstrom.CHANCE, seed=seed, **strengths)
    return gain(people)


def _s(learned: Rows, people: Reals, _: int) -> Reals:
    return uplift.s_learner(*_single(learned), strength=1)(people[:, : hillstrom.SINGLE])


def _t(learned: Rows, people: Reals, _: int) -> Reals:
    return uplift.t_learner(*_single(learned), strength=1)(people[:, : hillstrom.SINGLE])


def _one_column(_: Rows, people: Reals, __: int) -> Reals:
    """Nothing is learned: who bought women's goods before comes first."""
    return people[:, hillstrom.WOMENS]


def _random(_: Rows, people: Reals, seed: int) -> Reals:
    return np.random.default_rng([seed, 4]).random(len(people))


def _single(learned: Rows) -> Rows:
    """S and T do better without products of features; each learner has what suits it."""
    features, outcome, treated = learned
    return features[:, : hillstrom.SINGLE], outcome, treated


LEARNERS: Mapping[str, Callable[[Rows, Reals, int], Reals]] = {
    "doubly robust": _doubly_robust,
    "S": _s,
    "T": _t,
    "bought women's before": _one_column,
    "random": _random,
}


def qini_figures(seeds: Sequence[int]) -> list[Figure]:
    features, outcome, treated = hillstrom.trial()
    areas: dict[str, list[float]] = {name: [] for name in LEARNERS}
    for seed in seeds:
        learned, judged = hillstrom.halves(len(outcome), seed=seed)
        for name, learn in LEARNERS.items():
            known = features[learned], outcome[learned], treated[learned]
            gain = learn(known, features[judged], seed)
            areas[name].append(uplift.qini(gain, outcome[judged], treated[judged]))
    ours, *rivals = areas
    spread = ", ".join(f"{name} {np.mean(q):.5f}±{np.std(q):.5f}" for name, q in areas.items())
    return [
        Figure(
            "c1",
            "qini",
            float(np.mean(areas[ours])),
            "visits per person",
            {name: float(np.mean(areas[name])) for name in rivals},
            goal=RESEARCH_QINI,
            note=f"{spread} over {len(seeds)} half-splits; bar: 0.00774±0.0006; strengths and "
            "features chosen on splits 100–119 of the same people",
        )
    ]
