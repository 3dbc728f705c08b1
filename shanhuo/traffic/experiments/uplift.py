"""Whom does a deed change? Uplift models for targeting, and the Qini area that judges them.

Three ways to the same question, all linear and all in numpy: S (one model that knows who was
treated), T (one model per arm) and doubly robust (Kennedy 2023, arXiv 2004.14497: what a model per
arm foretells, corrected by the known chance of treatment, learned again by ridge). They only order
people by expected gain; how large the gain is, `estimates` says.

Shapes: features (people, n), outcome (people,), treated (people,) of 0 and 1. Uplift is in units of
the outcome per person.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Reals = NDArray[np.float64]
Uplift = Callable[[Reals], Reals]
"""Features (people, n) -> expected gain of each person."""

NEWTON_STEPS = 12


@dataclass(frozen=True, slots=True)
class Linear:
    """Weights on standardised features; `logistic` says whether the sum goes through a sigmoid."""

    centre: Reals
    scale: Reals
    weights: Reals
    logistic: bool = False

    def __call__(self, features: Reals) -> Reals:
        total = _designed(features, self.centre, self.scale) @ self.weights
        return _sigmoid(total) if self.logistic else total


def ridge(features: Reals, outcome: Reals, *, strength: float) -> Linear:
    """Least squares with a pull to zero worth `strength` people (Hoerl and Kennard 1970); the
    intercept is not pulled."""
    centre, scale = _centre_and_scale(features)
    design = _designed(features, centre, scale)
    weights = np.linalg.solve(design.T @ design + _pull(design, strength), design.T @ outcome)
    return Linear(centre, scale, weights.astype(np.float64))


def logistic(features: Reals, outcome: Reals, *, strength: float) -> Linear:
    """Chance of an outcome of 0 or 1, by Newton steps, with the same kind of pull."""
    centre, scale = _centre_and_scale(features)
    design = _designed(features, centre, scale)
    pull = _pull(design, strength)
    weights = np.zeros(design.shape[1])
    for _ in range(NEWTON_STEPS):
        chance = _sigmoid(design @ weights)
        slope = design.T @ (outcome - chance) - pull @ weights
        bend = (design * (chance * (1 - chance))[:, None]).T @ design + pull
        weights += np.linalg.solve(bend + 1e-9 * np.eye(len(bend)), slope)
    return Linear(centre, scale, weights, logistic=True)


def s_learner(features: Reals, outcome: Reals, treated: Reals, *, strength: float) -> Uplift:
    """One logistic model with the treatment and its products with every feature; the gain is the
    difference of its two answers. The outcome is 0 or 1."""
    model = logistic(_with(features, treated), outcome, strength=strength)

    def gain(people: Reals) -> Reals:
        ones = np.ones(len(people))
        return model(_with(people, ones)) - model(_with(people, 0 * ones))

    return gain


def t_learner(features: Reals, outcome: Reals, treated: Reals, *, strength: float) -> Uplift:
    """One logistic model per arm; the gain is their difference. The outcome is 0 or 1."""
    on, off = _model_per_arm(features, outcome, treated, strength)
    return lambda people: on(people) - off(people)


def doubly_robust(
    features: Reals,
    outcome: Reals,
    treated: Reals,
    *,
    chance: float,
    strength: float,
    final_strength: float,
    folds: int = 5,
    seed: int = 0,
) -> Uplift:
    """Ridge on each person's corrected gain, foretold by models that never saw this person.

    chance: the known probability of treatment. `strength` pulls the models of the outcome (0 or 1),
    `final_strength` the model of the gain.
    """
    fold = np.random.default_rng(seed).permutation(len(outcome)) % folds
    gain = np.empty(len(outcome))
    for one in range(folds):
        here, rest = fold == one, fold != one
        models = _model_per_arm(features[rest], outcome[rest], treated[rest], strength)
        on, off = (model(features[here]) for model in models)
        gain[here] = corrected_gain(on, off, outcome[here], treated[here], chance)
    return ridge(features, gain, strength=final_strength)


def corrected_gain(on: Reals, off: Reals, outcome: Reals, treated: Reals, chance: float) -> Reals:
    """What the models foretell with (`on`) and without (`off`) the treatment, plus the surprise of
    the arm that was seen, weighted by one over its chance. Its mean is the average effect without
    bias whatever the models say, since the chance is known (Robins et al. 1994)."""
    seen = np.where(treated > 0, on, off)
    weight = (treated - chance) / (chance * (1 - chance))
    return on - off + weight * (outcome - seen)


def qini(gain: Reals, outcome: Reals, treated: Reals) -> float:
    """Area between the gain curve of "treat the best first" and that of treating by lot.

    At each share of the people, best expected gain first, the curve holds the difference of the two
    arms' mean outcomes among them, times that share: the gain per person of the whole crowd.
    0 for a random order, at most half of the largest possible gain. Equal gains count as one step,
    so the order of rows says nothing. (After Radcliffe 2007.)
    """
    order = np.argsort(-gain, kind="stable")
    last_of_step = np.append(np.flatnonzero(np.diff(gain[order])), len(order) - 1)
    treated, outcome = treated[order], outcome[order]
    on = _mean_so_far(outcome, treated)[last_of_step]
    off = _mean_so_far(outcome, 1 - treated)[last_of_step]
    share = np.concatenate(([0.0], (last_of_step + 1) / len(order)))
    curve = np.concatenate(([0.0], (on - off) * share[1:]))
    return float(np.trapezoid(curve - share * curve[-1], share))


def _mean_so_far(outcome: Reals, member: Reals) -> Reals:
    return np.cumsum(outcome * member) / np.maximum(np.cumsum(member), 1)


def _model_per_arm(
    features: Reals, outcome: Reals, treated: Reals, strength: float
) -> tuple[Linear, Linear]:
    on, off = treated > 0, treated <= 0
    return (
        logistic(features[on], outcome[on], strength=strength),
        logistic(features[off], outcome[off], strength=strength),
    )


def _with(features: Reals, treated: Reals) -> Reals:
    return np.column_stack([features, treated, features * treated[:, None]])


def _centre_and_scale(features: Reals) -> tuple[Reals, Reals]:
    scale = features.std(axis=0)
    return features.mean(axis=0), np.where(scale > 0, scale, 1.0)


def _designed(features: Reals, centre: Reals, scale: Reals) -> Reals:
    return np.column_stack([np.ones(len(features)), (features - centre) / scale])


def _pull(design: Reals, strength: float) -> Reals:
    pull = np.full(design.shape[1], strength)
    pull[0] = 0
    return np.diag(pull)


def _sigmoid(total: Reals) -> Reals:
    return 1 / (1 + np.exp(-np.clip(total, -30, 30)))
