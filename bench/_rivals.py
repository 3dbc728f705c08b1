"""Rankers that a user would take instead, trained on the same rows: popularity, FM, LightGBM."""

from collections.abc import Sequence

import lightgbm
import numpy as np
from numpy.typing import NDArray

from bench._watched import Ints, Rows, together

Scores = NDArray[np.float64]

FM_FIELDS = ("viewer", "video", "author", "length", "tab")


def popularity(before: Rows, rows: Rows, *, prior: float = 20) -> Scores:
    """The video's share of long views, smoothed."""
    return _rate(before, before.video, rows.video, prior)[0]


def factorisation_machine(
    before: Rows,
    rows: Rows,
    *,
    seed: int,
    width: int = 8,
    epochs: int = 4,
    rate: float = 0.05,
    pull: float = 0.05,
    batch: int = 8192,
) -> Scores:
    """A factorisation machine over five fields: logistic loss, AdaGrad, `pull` as L2."""
    random = np.random.default_rng(seed)
    offsets, size = [], 0
    for name in FM_FIELDS:
        offsets.append(size)
        size += int(max(before.columns[name].max(), rows.columns[name].max())) + 1
    weights = np.zeros((size, width + 1), np.float32)
    weights[:, 1:] = random.normal(0, 0.05, (size, width))
    steps = np.full_like(weights, 1e-6)
    codes = np.stack([before.columns[n] for n in FM_FIELDS], 1) + np.array(offsets)
    for _ in range(epochs):
        order = random.permutation(len(codes))
        for start in range(0, len(order), batch):
            picked = order[start : start + batch]
            _fm_step(weights, steps, codes[picked], before.long_view[picked], rate, pull)
    wanted = np.stack([rows.columns[name] for name in FM_FIELDS], 1) + np.array(offsets)
    parts = np.array_split(wanted, max(1, len(wanted) // batch))
    return np.concatenate([_fm_scores(weights[part])[0] for part in parts])


def _fm_scores(entries: NDArray[np.float32]) -> tuple[Scores, NDArray[np.float32]]:
    linear, factors = entries[:, :, 0], entries[:, :, 1:]
    total = factors.sum(1)
    crossed = (total**2).sum(1) - (factors**2).sum((1, 2))
    return (linear.sum(1) + crossed / 2).astype(np.float64), total


def _fm_step(
    weights: NDArray[np.float32],
    steps: NDArray[np.float32],
    codes: Ints,
    outcome: NDArray[np.bool_],
    rate: float,
    pull: float,
) -> None:
    entries = weights[codes]
    score, total = _fm_scores(entries)
    error = (1 / (1 + np.exp(-score)) - outcome).astype(np.float32)[:, None]
    slope = np.empty_like(entries)
    slope[:, :, 0] = error
    slope[:, :, 1:] = (total[:, None] - entries[:, :, 1:]) * error[:, :, None]
    slope[:, :, 1:] += np.float32(pull) * entries[:, :, 1:]
    flat = codes.ravel()
    order = np.argsort(flat, kind="stable")
    rows, firsts = np.unique(flat[order], return_index=True)
    change = np.add.reduceat(slope.reshape(len(flat), -1)[order], firsts, axis=0)
    steps[rows] += change**2
    weights[rows] -= np.float32(rate) * change / np.sqrt(steps[rows])


def lightgbm_ranker(
    before: Rows, labelled: Rows, rows: Rows, *, seeds: Sequence[int]
) -> list[Scores]:
    """Trees on rates and counts. Trained on `labelled` with what was known `before` those rows;
    at the end it knows both. One result per seed."""
    lesson, exam = _features(before, labelled), _features(together(before, labelled), rows)
    return [_trees(lesson, labelled.long_view, exam, seed) for seed in seeds]


def _trees(
    lesson: NDArray[np.float64], outcome: NDArray[np.bool_], exam: NDArray[np.float64], seed: int
) -> Scores:
    parameters = {
        "objective": "binary",
        "learning_rate": 0.05,
        "num_leaves": 8,
        "min_data_in_leaf": 200,
        "lambda_l2": 20,
        "feature_fraction": 0.6,
        "bagging_fraction": 0.8,
        "bagging_freq": 1,
        "num_threads": 1,
        "verbose": -1,
        "seed": seed,
    }
    model = lightgbm.train(parameters, lightgbm.Dataset(lesson, outcome), 150)
    return np.asarray(model.predict(exam, raw_score=True, num_threads=1), np.float64)


def _features(before: Rows, rows: Rows) -> NDArray[np.float64]:
    """Rates and counts of what a row names, alone and for its viewer; length, tab, hour."""
    found: list[NDArray[np.float64]] = []
    for name, prior in (("video", 20), ("author", 20), ("viewer", 5), ("tag", 20), ("upload", 20)):
        found += _rate(before, before.columns[name], rows.columns[name], prior)
    for name in ("author", "tag", "upload", "length", "video"):
        found += _rate(before, _crossed(before, name), _crossed(rows, name), 5)
    found += [rows.columns[name].astype(float) for name in ("length", "tab", "hour", "upload")]
    return np.stack(found, 1)


def _crossed(rows: Rows, name: str) -> Ints:
    return rows.viewer * 100_000 + rows.columns[name]


def _rate(before: Rows, known: Ints, wanted: Ints, prior: float) -> tuple[Scores, Scores]:
    """(smoothed share of long views, exposures) of each wanted value."""
    values, place = np.unique(known, return_inverse=True)
    count = np.bincount(place).astype(float)
    yes = np.bincount(place, before.long_view)
    at = np.minimum(np.searchsorted(values, wanted), len(values) - 1)
    seen = values[at] == wanted
    average = before.long_view.mean()
    shown, liked = np.where(seen, count[at], 0.0), np.where(seen, yes[at], 0.0)
    return (liked + prior * average) / (shown + prior), shown
