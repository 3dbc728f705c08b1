"""The board: what could be shown now, sorted and split by source, made anew every second or so.

Everything that does not depend on the viewer is done here, in columns, so that an answer only has
to pick. A board is never changed; the next one replaces it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from shanhuo.kernel import clock
from shanhuo.traffic.catalogue import Catalogue
from shanhuo.traffic.counters import Counters
from shanhuo.traffic.kinds import Kind

Rows = NDArray[np.int32]
Scores = NDArray[np.float32]

TRENDING_DEPTH = 400
FRESH_DEPTH = 80
SEASON_DEPTH = 60
GROUP_DEPTH = 60

TRIALS = 100
"""A post counts as new until it was shown this often: it has not had its chance yet."""

PRIOR_ENGAGEMENT, PRIOR_EXPOSURES = 6.0, 20.0
NEWNESS_DAYS = 3.0
NEWNESS_WEIGHT = 0.15

NOBODY: Rows = np.empty(0, np.int32)


@dataclass(frozen=True, slots=True)
class Board:
    """Row numbers by source, best first; `score` and the columns are indexed by row."""

    score: Scores
    authors: list[int]
    counties: list[int]
    products: list[int]
    priority: list[bool]
    newcomer: list[bool]
    bodies: list[bytes]
    posts: list[int]
    shown: NDArray[np.bool_]
    fit_for_youth: NDArray[np.bool_]
    everything: Rows
    best_first: Rows
    trending: Rows
    fresh: Rows
    season: Rows
    of_county: Mapping[int, Rows]
    of_author: Mapping[int, Rows]
    of_topic: Mapping[str, Rows]
    together: Mapping[int, Rows] = field(default_factory=dict)

    @property
    def stage(self) -> str:
        """How much the feed knows yet: "empty", "cold" (nothing was watched) or "warm"."""
        if not len(self.everything):
            return "empty"
        return "warm" if self.score.max() > 0 and not all(self.newcomer) else "cold"


def build(
    catalogue: Catalogue,
    counters: Counters,
    bodies: list[bytes],
    together: Mapping[int, Rows],
    *,
    now: datetime,
) -> Board:
    """A board of all shown posts as things stand at `now`."""
    columns = catalogue.columns.copy()
    now_ms = int(now.timestamp() * 1000)
    counters.fade(now_ms=now_ms)
    shown = columns["shown"]
    rows = np.flatnonzero(shown).astype(np.int32)
    score = score_of(columns, counters, now_ms=now_ms)
    exposures = counters.totals(columns["post"])[:, Kind.EXPOSURE]
    newcomer = exposures < TRIALS
    best_first = rows[np.argsort(-score[rows], kind="stable")]
    month = 1 << (now.astimezone(clock.SHANGHAI).month - 1)
    in_season = (columns["season"][best_first] & month) > 0
    untried = best_first[newcomer[best_first]]
    fresh = untried[np.lexsort((-columns["published_ms"][untried], exposures[untried]))]
    return Board(
        score=score,
        authors=columns["author"].tolist(),
        counties=columns["county"].tolist(),
        products=columns["product"].tolist(),
        priority=columns["priority"].tolist(),
        newcomer=newcomer.tolist(),
        bodies=bodies,
        posts=columns["post"].tolist(),
        shown=shown,
        fit_for_youth=columns["product"] == 0,
        everything=rows,
        best_first=best_first,
        trending=best_first[:TRENDING_DEPTH],
        fresh=fresh[:FRESH_DEPTH],
        season=best_first[in_season][:SEASON_DEPTH],
        of_county=_groups(columns["county"][best_first], best_first),
        of_author=_groups(columns["author"][best_first], best_first),
        of_topic=_topics(catalogue, best_first),
        together=together,
    )


def score_of(columns: NDArray[np.void], counters: Counters, *, now_ms: int) -> Scores:
    """How well a post is received for how often it is shown, and a little for being new.

    A post nobody was shown yet has the average of all: neither praised nor buried.
    """
    engagement, exposures = counters.warmth(columns["post"])
    rate = (np.maximum(engagement, 0.0) + PRIOR_ENGAGEMENT) / (exposures + PRIOR_EXPOSURES)
    age_days = np.maximum(now_ms - columns["published_ms"], 0) / 86_400_000
    newness = NEWNESS_WEIGHT * np.exp2(-age_days / NEWNESS_DAYS)
    score: Scores = (rate + 0.02 * np.log1p(np.maximum(engagement, 0.0)) + newness).astype("f4")
    return score


def _groups(keys: NDArray[np.integer], best_first: Rows) -> dict[int, Rows]:
    """The best rows of each key, best first."""
    order = np.argsort(keys, kind="stable")
    ordered = keys[order]
    edges = np.flatnonzero(np.diff(ordered)) + 1
    parts = np.split(best_first[order], edges)
    if not len(ordered):
        return {}
    names = ordered[np.concatenate(([0], edges))].tolist()
    return {name: part[:GROUP_DEPTH] for name, part in zip(names, parts, strict=True)}


def _topics(catalogue: Catalogue, best_first: Rows) -> dict[str, Rows]:
    found: dict[str, list[int]] = {}
    for row in best_first.tolist():
        for topic in catalogue.cards[row].topics:
            rows = found.setdefault(topic, [])
            if len(rows) < GROUP_DEPTH:
                rows.append(row)
    return {topic: np.array(rows, np.int32) for topic, rows in found.items()}
