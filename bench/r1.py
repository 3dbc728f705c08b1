"""R1: ordering what a user was shown by how likely they watch it for long (KuaiRand-Pure).

Trained on everything to 04-28, scored from 04-29 to the last day in the data: 127,320 rows of
22,373 users until 05-05. All rankers know the same rows, and of a scored row only viewer, video,
tab and hour. All terms, priors and parameters, ours and the rivals', were chosen on 04-25..04-28
(train on two of these days, score the other two), none on a scored day.

The bar was measured on ten days, and more days make longer lists, in which everybody reaches more:
so `share_of_limit` says how much of the way from chance to a perfect order is gone, and the note of
`primary` foretells ten days from the windows that are in the data.
"""

import time
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from bench import _rivals as rivals
from bench import _watched as kuairand
from bench._judge import Verdict, judge
from bench.lib import Figure
from shanhuo.traffic.learning.effects import Term, fit

FIRST = 429
MUST, GOAL = 0.5910, 0.600
TEN_DAYS = {"random": 0.4762, "popularity": 0.5727, "LightGBM": 0.5910, "limit": 0.8645}
"""Primary on 04-29..05-08, as the research measured it; the bar is its LightGBM."""

FEWEST_DAYS = 3
"""Shorter windows have too many users with a single row."""

TERMS = [
    Term(("viewer",), 0.5),
    Term(("video",), 1),
    Term(("author",), 10),
    Term(("length",), 1),
    Term(("tab",), 1),
    Term(("hour",), 30),
    Term(("upload", "tab"), 30),
    Term(("viewer", "tag"), 40),
    Term(("viewer", "upload"), 40),
    Term(("viewer", "length"), 40),
]


def run(quick: bool) -> list[Figure]:
    """Ours beside popularity, FM and LightGBM; three seeds in a full run."""
    seeds = range(1 if quick else 3)
    last = int(kuairand.log().columns["day"].max())
    before, scored = kuairand.known_before(FIRST), kuairand.days(FIRST, last)
    started = time.process_time()
    effects = fit(TERMS, before.columns, before.long_view)
    took_s = time.process_time() - started
    scores = {"ours": [effects.log_odds(scored.columns)], **_rivals(before, scored, seeds)}
    found = {name: _verdicts(scored, each) for name, each in scores.items()}
    ours, limit = found.pop("ours"), found.pop("limit")
    exact = {"ours": ours, **found}
    spread = ", ".join(f"{name} {_exactly(verdicts)}" for name, verdicts in exact.items())
    until = f"{last // 100:02}-{last % 100:02}"
    notes = {
        "primary": f"04-29..{until}: {spread}; {len(seeds)} seeds, ours has no chance in it; "
        f"{len(before):,} rows learned in {took_s:.1f} CPU-s; parameters chosen on 04-25..28. "
        + _foretold(scored, scores)
    }
    figures = [
        Figure(
            track="r1",
            metric=name,
            ours=_mean(ours, name),
            unit="",
            baselines={rival: _mean(verdicts, name) for rival, verdicts in found.items()},
            limit=_mean(limit, name),
            must=MUST if name == "primary" else None,
            goal=GOAL if name == "primary" else None,
            note=notes.get(name, ""),
        )
        for name in ("primary", "gauc", "ndcg")
    ]
    return [*figures, _share_of_limit({**exact, "limit": limit})]


def _rivals(
    before: kuairand.Rows, scored: kuairand.Rows, seeds: Sequence[int]
) -> dict[str, list[NDArray[np.floating]]]:
    """Scores of everybody else, by seed where there is chance in them."""
    labelled = kuairand.days(425, FIRST - 1)
    return {
        "random": [np.random.default_rng(seed).random(len(scored)) for seed in seeds],
        "popularity": [rivals.popularity(before, scored)],
        "FM": [rivals.factorisation_machine(before, scored, seed=seed) for seed in seeds],
        "LightGBM": [*rivals.lightgbm_ranker(kuairand.histories(), labelled, scored, seeds=seeds)],
        "limit": [scored.long_view.astype(float)],
    }


def _share_of_limit(found: dict[str, list[Verdict]]) -> Figure:
    """(primary - random) / (limit - random); the bar of ten days in the same measure."""
    primary = {name: _mean(verdicts, "primary") for name, verdicts in found.items()}
    shares = {name: _share(primary[name], primary) for name in primary}
    return Figure(
        track="r1",
        metric="share_of_limit",
        ours=shares["ours"],
        unit="",
        baselines={name: shares[name] for name in ("popularity", "FM", "LightGBM")},
        limit=1.0,
        must=_share(MUST, TEN_DAYS),
        goal=_share(GOAL, TEN_DAYS),
        note="of the way from chance to a perfect order; must and goal: those of ten days",
    )


def _share(primary: float, of: Mapping[str, float]) -> float:
    return (primary - of["random"]) / (of["limit"] - of["random"])


def _foretold(scored: kuairand.Rows, scores: dict[str, list[NDArray[np.floating]]]) -> str:
    """Primary on ten days, on a straight line through the windows of three days and more: as far
    along it as the limit of ten days is beyond theirs. Two are known, and test the line."""
    days = np.unique(scored.columns["day"])
    windows = [scored.columns["day"] <= day for day in days[FEWEST_DAYS - 1 :]]
    grown = {
        name: [_primary_in(window, scored, each) for window in windows]
        for name, each in scores.items()
    }

    def at_ten(name: str) -> str:
        slope, base = np.polyfit(grown["limit"], grown[name], 1)
        known = f" (measured {TEN_DAYS[name]:.4f})" if name in TEN_DAYS else ""
        return f"{name} {slope * TEN_DAYS['limit'] + base:.4f}{known}"

    names = ("ours", "FM", "LightGBM", "popularity")
    return "Extrapolated to ten days, not measured: " + ", ".join(map(at_ten, names))


def _primary_in(
    window: NDArray[np.bool_], scored: kuairand.Rows, scores: Sequence[NDArray[np.floating]]
) -> float:
    return _mean(_verdicts(scored.where(window), [one[window] for one in scores]), "primary")


def _verdicts(rows: kuairand.Rows, scores: Sequence[NDArray[np.floating]]) -> list[Verdict]:
    return [judge(rows.viewer, rows.long_view, score) for score in scores]


def _mean(verdicts: Sequence[Verdict], name: str) -> float:
    return float(np.mean([getattr(one, name) for one in verdicts]))


def _exactly(verdicts: Sequence[Verdict]) -> str:
    """Mean and spread over seeds."""
    found = [one.primary for one in verdicts]
    return f"{np.mean(found):.4f}" + (f"±{np.std(found):.4f}" if len(found) > 1 else "")
