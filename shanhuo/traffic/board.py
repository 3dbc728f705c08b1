"""The board: what could be shown now, sorted and split by source, made anew every second or so.

Everything that does not depend on the viewer is done here, in columns, so that an answer only has
to pick. A board is never changed; the next one replaces it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from shanhuo.kernel import clock
from shanhuo.traffic.candidates import Candidates, Rows, Share
from shanhuo.traffic.catalogue import Card, Catalogue
from shanhuo.traffic.counters import Counters
from shanhuo.traffic.kinds import Kind, Source

Scores = NDArray[np.float32]

QUOTA = {Source.TRENDING: 300, Source.FRESH: 60, Source.SEASON: 40}
GROUP_DEPTH = 60

TRIALS = 100
"""A post counts as new until it was shown this often: it has not had its chance yet."""

PRIOR_ENGAGEMENT, PRIOR_EXPOSURES = 6.0, 20.0
NEWNESS_DAYS = 3.0
NEWNESS_WEIGHT = 0.15


class Mark(NamedTuple):
    """What the rules of a list ask of a row; `product` 0 means none."""

    author: int
    county: int
    product: int
    priority: bool
    newcomer: bool


@dataclass(frozen=True, slots=True)
class Board:
    """Row numbers by source, best first (`fresh`: the least shown first); `columns` (of the
    catalogue), `score`, `marks`, `cards`, `bodies`, `posts` and `shown` by row.

    `stage` says how much is known: "empty" (nothing to show), "cold" (nothing had its chance yet)
    or "warm".
    """

    stage: str
    columns: NDArray[np.void]
    score: Scores
    marks: list[Mark]
    cards: Sequence[Card]
    bodies: list[bytes]
    posts: list[int]
    shown: NDArray[np.bool_]
    fit_for_youth: NDArray[np.bool_]
    best_first: Rows
    fresh: Rows
    common: Candidates
    of_county: Mapping[int, Rows]
    of_author: Mapping[int, Rows]
    of_topic: Mapping[str, Rows]
    together: Mapping[int, Rows] = field(default_factory=dict)


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
    fresh = _fresh(columns, best_first, exposures)
    marks = zip(
        *(columns[name].tolist() for name in ("author", "county", "product", "priority")),
        newcomer.tolist(),
        strict=True,
    )
    cold = "cold" if len(rows) else "empty"
    return Board(
        stage=cold if newcomer[rows].all() else "warm",
        columns=columns,
        score=score,
        marks=[Mark(*mark) for mark in marks],
        cards=catalogue.cards,
        bodies=bodies,
        posts=columns["post"].tolist(),
        shown=shown,
        fit_for_youth=columns["product"] == 0,
        best_first=best_first,
        fresh=fresh,
        common=_common(columns, best_first, fresh, now=now),
        of_county=_groups(columns["county"][best_first], best_first),
        of_author=_groups(columns["author"][best_first], best_first),
        of_topic=_topics(catalogue, best_first),
        together=together,
    )


def _fresh(columns: NDArray[np.void], rows: Rows, exposures: NDArray[np.uint32]) -> Rows:
    """What had no chance yet, the least shown first, of these the newest."""
    untried = rows[exposures[rows] < TRIALS]
    order = np.lexsort((-columns["published_ms"][untried], exposures[untried]))
    return untried[order][: QUOTA[Source.FRESH]]


def _common(
    columns: NDArray[np.void], best_first: Rows, fresh: Rows, *, now: datetime
) -> Candidates:
    """Candidates that everybody has: trending, new, and in season."""
    month = 1 << (now.astimezone(clock.SHANGHAI).month - 1)
    in_season = best_first[(columns["season"][best_first] & month) > 0]
    return Candidates.of(
        [
            Share(Source.TRENDING, best_first[: QUOTA[Source.TRENDING]], 1.0),
            Share(Source.FRESH, fresh, 1.0),
            Share(Source.SEASON, in_season[: QUOTA[Source.SEASON]], 1.0),
        ]
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
