"""R2: finding what a viewer will watch for long among 7,583 videos (KuaiRand-Pure).

Known: the histories of 04-08..04-24. Truth: long views from 04-25 on of videos that the history
does not hold; users who have both. Every method ranks all videos without the seen ones. Parameters
of ours were chosen on the histories alone (known to 04-20, truth 04-21..24, by estimated times).
EASE's pull is the one measured as its best in our research. Memory is the model as it is kept, and
the peak while it is learned.
"""

import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from bench import _watched as watched
from bench._watched import USERS, VIDEOS, Ints
from bench.lib import Figure
from shanhuo.traffic.learning import neighbours
from shanhuo.traffic.learning.neighbours import Watches

LAST_DAY = 17.0
EASE_PULL = 500.0
QUICK_USERS = 4_000
AT_A_TIME = 500
MORE = 1.05

Scorer = Callable[[Ints], NDArray[np.floating]]
"""Scores of all videos, one line per user."""


@dataclass(frozen=True, slots=True)
class Found:
    """How well one method finds, and what it costs."""

    recall: float
    ndcg: float
    model_mb: float
    peak_mb: float


def run(quick: bool) -> list[Figure]:
    """Popularity, item-kNN, EASE and ours over the same users; a quick run takes some of them."""
    known, truth = _matrix(watched.histories()), _truth()
    users = np.unique(truth.nonzero()[0])
    if quick:
        users = np.sort(np.random.default_rng(0).choice(users, QUICK_USERS, replace=False))
    methods = {"popularity": _popularity, "item-kNN": _item_knn, "EASE": _ease, "ours": _ours}
    found = {name: _measured(make, known, truth, users) for name, make in methods.items()}
    ours, ease = found["ours"], found["EASE"]
    note = (
        f"{len(users):,} users; ours keeps {ours.model_mb:.1f} MB (peak {ours.peak_mb:.0f} MB), "
        f"EASE {ease.model_mb:.0f} MB (peak {ease.peak_mb:.0f} MB)"
    )
    rivals = {name: one for name, one in found.items() if name != "ours"}
    figures = [
        Figure(
            track="r2",
            metric=metric,
            ours=getattr(ours, name),
            unit="",
            baselines={rival: getattr(one, name) for rival, one in rivals.items()},
            must=getattr(ease, name),
            goal=MORE * getattr(ease, name),
            note=f"{note}; {getattr(ours, name) / getattr(ease, name) - 1:+.1%} over EASE",
        )
        for metric, name in (("recall@20", "recall"), ("ndcg@10", "ndcg"))
    ]
    return [*figures, *_memory(found)]


def _memory(found: dict[str, Found]) -> list[Figure]:
    return [
        Figure(
            track="r2",
            metric=metric,
            ours=getattr(found["ours"], name),
            unit="MB",
            baselines={"EASE": getattr(found["EASE"], name)},
            goal=getattr(found["EASE"], name) / 4,
            higher_is_better=False,
        )
        for metric, name in (("model", "model_mb"), ("peak while learning", "peak_mb"))
    ]


# --- The methods ------------------------------------------------------------------------------


def _ours(known: csr_matrix) -> tuple[Scorer, int]:
    rows = watched.histories()
    pairs, first = np.unique((rows.viewer - 1) * VIDEOS + rows.video - 1, return_index=True)
    age = LAST_DAY - watched.moments_of_histories()
    watches = Watches(
        viewer=(pairs // VIDEOS).astype(np.int32),
        thing=(pairs % VIDEOS).astype(np.int32),
        age_days=age[first],
        long_view=rows.long_view[first],
    )
    model = neighbours.learn(watches, things=VIDEOS)

    def scores(users: Ints) -> NDArray[np.floating]:
        return np.stack([model.scores(known[user].indices) for user in users])

    return scores, model.nbytes


def _popularity(known: csr_matrix) -> tuple[Scorer, int]:
    count = np.asarray(known.sum(axis=0)).ravel()
    return lambda users: np.tile(count, (len(users), 1)), count.nbytes


def _item_knn(known: csr_matrix) -> tuple[Scorer, int]:
    """Cosine with 10 added to the counts, all neighbours."""
    shared = (known.T @ known).tocsr()
    shared.setdiag(0)
    scale = 1 / np.sqrt(np.asarray(known.sum(axis=0)).ravel() + 10)
    near = shared.multiply(scale[:, None]).multiply(scale).tocsr()
    return lambda users: (known[users] @ near).toarray(), near.data.nbytes + near.indices.nbytes


def _ease(known: csr_matrix) -> tuple[Scorer, int]:
    """Closed-form linear autoencoder (Steck 2019)."""
    weights = (known.T @ known).toarray().astype(np.float32)
    weights[np.diag_indices(VIDEOS)] += EASE_PULL
    weights = np.linalg.inv(weights)
    weights /= -np.diag(weights)
    weights[np.diag_indices(VIDEOS)] = 0
    return lambda users: known[users] @ weights, weights.nbytes


# --- The measure ------------------------------------------------------------------------------


def _matrix(rows: watched.Rows) -> csr_matrix:
    pairs = np.unique((rows.viewer - 1) * VIDEOS + rows.video - 1)
    ones = np.ones(len(pairs), np.float32)
    return csr_matrix((ones, (pairs // VIDEOS, pairs % VIDEOS)), shape=(USERS, VIDEOS))


def _truth() -> csr_matrix:
    """Long views after the histories, of users with a history, without what that holds."""
    later, before = watched.days(425, 599), watched.histories()
    later = later.where(later.long_view & np.isin(later.viewer, before.viewer))
    seen = np.isin(later.viewer * 10_000 + later.video, before.viewer * 10_000 + before.video)
    return _matrix(later.where(~seen))


def _measured(
    make: Callable[[csr_matrix], tuple[Scorer, int]],
    known: csr_matrix,
    truth: csr_matrix,
    users: Ints,
) -> Found:
    tracemalloc.start()
    scorer, kept = make(known)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    parts = np.array_split(users, len(users) // AT_A_TIME)
    judged = [_judged(scorer(part), known[part], truth[part]) for part in parts]
    recall, ndcg = (np.concatenate(one).mean() for one in zip(*judged, strict=True))
    return Found(float(recall), float(ndcg), kept / 1e6, peak / 1e6)


def _judged(
    scores: NDArray[np.floating], known: csr_matrix, truth: csr_matrix
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Recall@20 and nDCG@10 of each user."""
    scores = np.where(known.toarray() > 0, -np.inf, scores)
    top = np.argpartition(-scores, 20, axis=1)[:, :20]
    order = np.argsort(-np.take_along_axis(scores, top, 1), axis=1, kind="stable")
    hits = np.take_along_axis(truth.toarray(), np.take_along_axis(top, order, 1), 1)
    wanted = np.asarray(truth.sum(axis=1)).ravel().astype(int)
    discount = 1 / np.log2(np.arange(10) + 2)
    best = np.concatenate(([0.0], np.cumsum(discount)))[np.minimum(wanted, 10)]
    return hits.sum(1) / wanted, (hits[:, :10] * discount).sum(1) / best
