"""How well lists are ordered: GAUC and nDCG@5 by user, as the KuaiRand protocols define them."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

TOP = 5
_DISCOUNT = 1 / np.log2(np.arange(TOP) + 2)


@dataclass(frozen=True, slots=True)
class Verdict:
    """GAUC: AUC of each user who has both outcomes, weighted by positives, ties count half.
    nDCG@5: mean over all users; one without a positive counts 0, equal scores are shuffled."""

    gauc: float
    ndcg: float

    @property
    def primary(self) -> float:
        return (self.gauc + self.ndcg) / 2


def judge(
    viewer: NDArray[Any], outcome: NDArray[np.bool_], score: NDArray[Any], *, seed: int = 0
) -> Verdict:
    """One verdict over all users' rows."""
    users = np.unique(viewer, return_inverse=True)[1]
    sizes = np.bincount(users)
    starts = np.cumsum(sizes) - sizes
    yes = np.bincount(users, outcome)
    return Verdict(
        _gauc(users, starts, sizes, yes, outcome, score),
        _ndcg(users, starts, yes, outcome, score, np.random.default_rng(seed)),
    )


def _gauc(
    users: NDArray[Any],
    starts: NDArray[Any],
    sizes: NDArray[Any],
    yes: NDArray[Any],
    outcome: NDArray[np.bool_],
    score: NDArray[Any],
) -> float:
    order = np.lexsort((score, users))
    user, value = users[order], score[order]
    is_new = np.concatenate(([True], (user[1:] != user[:-1]) | (value[1:] != value[:-1])))
    tie = np.cumsum(is_new) - 1
    firsts = np.flatnonzero(is_new)
    middle = firsts + (np.diff(np.append(firsts, len(user))) - 1) / 2
    rank = middle[tie] - starts[user]
    above = np.bincount(user, rank * outcome[order]) - yes * (yes - 1) / 2
    both = (yes > 0) & (yes < sizes)
    area = above[both] / (yes * (sizes - yes))[both]
    return float((area * yes[both]).sum() / yes[both].sum())


def _ndcg(
    users: NDArray[Any],
    starts: NDArray[Any],
    yes: NDArray[Any],
    outcome: NDArray[np.bool_],
    score: NDArray[Any],
    random: np.random.Generator,
) -> float:
    order = np.lexsort((random.random(len(score)), -score, users))
    place = np.arange(len(order)) - starts[users[order]]
    gain = np.where(place < TOP, _DISCOUNT[np.minimum(place, TOP - 1)], 0.0) * outcome[order]
    reached = np.bincount(users[order], gain)
    best = np.concatenate(([0.0], np.cumsum(_DISCOUNT)))[np.minimum(yes, TOP).astype(int)]
    return float(np.where(yes > 0, reached / np.maximum(best, 1e-9), 0.0).mean())
