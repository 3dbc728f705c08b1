"""Real requests to test guarantees on: who came when (KuaiRand-Pure), and what each video is worth.

Worth is a calibrated chance of a long view: logistic in the video's and the viewer's long-view rate
and in a factor model (implicit ALS, 32 factors), all from the histories before 04-25; fitted on
04-25..30, so that the scored days are new to it (AUC 0.725 on 05-01..05). Everything is computed
here from the data files; more days are scored by dropping another `kuairand_standard*.parquet`
beside them and setting BENCH_DAY.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import duckdb
import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from shanhuo.traffic.pacing.offers import Floats, Numbers, Offers

DATA = Path(__file__).parent / "data"
FITTED_DAYS = (20220425, 20220430)
TUNING_DAY, TUNING_PAST = 20220430, 20220429
SCORED_DAY = int(os.environ.get("BENCH_DAY", "20220501"))
SCORED_PAST = int(os.environ.get("BENCH_DAY_BEFORE", "20220430"))

FACTORS, ROUNDS, CONFIDENCE, RIDGE = 32, 6, 10.0, 1.0
AVAILABLE = 0.05
"""Of all videos, this share can be shown in any one request, drawn anew each time."""

_BLOCK = 2000
_ABSENT = -99.0


@dataclass(frozen=True)
class Day:
    """Requests of one or more days: what they could show, and when they came (hours from start)."""

    offers: Offers
    hours: Floats
    users: Numbers

    @property
    def free(self) -> float:
        """What viewers get when nothing is promised to anybody."""
        return float(np.maximum.reduceat(self.offers.worth, self.offers.starts[:-1]).sum())

    def without(self, bundles: NDArray[np.bool_], *, after: float) -> "Day":
        """The same day if the videos of these bundles vanish at an hour."""
        offers = self.offers
        kept = ~(bundles[offers.bundle] & (self.hours[offers.request] >= after))
        return Day(offers.where(kept), self.hours, self.users)


@dataclass(frozen=True)
class World:
    """Viewers, videos, requests. logit(worth) = viewers[u] @ videos[v]."""

    viewers: NDArray[np.float32]
    videos: NDArray[np.float32]
    authors: Numbers
    dates: Numbers
    hours: Floats
    users: Numbers

    def day(self, dates: Sequence[int], group: Numbers, *, seed: int) -> Day:
        """What the requests of these dates could show: the best video of no group (bundle 0), and
        the best of each group (bundle g + 1) that had any. group: per video, -1 for none."""
        rng = np.random.default_rng(seed)
        mine = np.flatnonzero(np.isin(self.dates, dates))
        blocks = [
            self._offers(self.users[mine[first : first + _BLOCK]], group, rng)
            for first in range(0, len(mine), _BLOCK)
        ]
        counts, worth, bundle = (np.concatenate(parts) for parts in zip(*blocks, strict=True))
        starts = np.concatenate(([0], np.cumsum(counts)))
        return Day(Offers(starts, worth, bundle), self.clock(mine, dates), self.users[mine])

    def clock(self, requests: Numbers, dates: Sequence[int]) -> Floats:
        """Hours since the first midnight, never falling: some late rows bear the wrong date."""
        midnight = 24 * (np.datetime64(_iso(min(dates))) - _EPOCH).astype(int)
        hours = (self.hours[requests] - midnight).clip(0, 24 * len(dates))
        return np.maximum.accumulate(hours)

    def _offers(
        self, users: Numbers, group: Numbers, rng: np.random.Generator
    ) -> tuple[Numbers, Floats, Numbers]:
        logits = self.viewers[users] @ self.videos.T
        drawn = rng.integers(0, 1 << 16, logits.shape, dtype=np.uint16)
        logits[drawn >= AVAILABLE * (1 << 16)] = _ABSENT
        order = np.argsort(group, kind="stable")
        names, begins = np.unique(group[order], return_index=True)
        best = np.maximum.reduceat(logits[:, order], begins, axis=1)
        there = best > _ABSENT
        row, column = np.nonzero(there)
        worth = 1 / (1 + np.exp(-best[row, column].astype(np.float64)))
        return there.sum(1), worth, names[column].astype(np.int64) + 1


_EPOCH = np.datetime64("1970-01-01")


def _iso(date: int) -> str:
    return f"{date // 10000}-{date // 100 % 100:02}-{date % 100:02}"


@cache
def world() -> World:
    """Computed once per run, in some ten CPU seconds."""
    with duckdb.connect(config={"file_search_path": str(DATA)}) as db:
        log = db.sql(_LOG).fetchnumpy()
        watched = db.sql(_RATES.format(group="user_id")).fetchnumpy()
        seen = db.sql(_RATES.format(group="video_id")).fetchnumpy()
        liked = db.sql(_PAIRS).fetchnumpy()
        authors = db.sql(_AUTHORS).fetchnumpy()["author_id"]
    people = np.union1d(log["user_id"], watched["user_id"])
    users = np.searchsorted(people, log["user_id"])
    share = seen["long"].sum() / seen["watched"].sum()
    viewer_rate = _rates(
        watched, np.searchsorted(people, watched["user_id"]), len(people), share, 5
    )
    video_rate = _rates(seen, seen["video_id"], len(authors), share, 20)
    pairs = np.searchsorted(people, liked["user_id"]), liked["video_id"].astype(np.int64)
    taste, character = _factors(*pairs, len(people), len(authors))
    viewers = np.column_stack([taste, viewer_rate, np.ones(len(people))])
    videos = np.column_stack([character, np.ones(len(authors)), video_rate])
    first, last = FITTED_DAYS
    fitted = (log["date"] >= first) & (log["date"] <= last)
    chosen = users[fitted], log["video_id"][fitted].astype(np.int64)
    weights = _logistic_fit(viewers, videos, chosen, log["long_view"][fitted].astype(float))
    return World(
        viewers=np.column_stack([viewers * weights[:-1], np.ones(len(people))]).astype("f4"),
        videos=np.column_stack([videos, np.full(len(authors), weights[-1])]).astype("f4"),
        authors=authors.astype(np.int64),
        dates=log["date"].astype(np.int64),
        hours=log["time_ms"] / 3_600_000 + 8,
        users=users,
    )


_LOG = """SELECT user_id, video_id, date, time_ms, long_view
    FROM read_parquet('kuairand_standard*.parquet') ORDER BY date, time_ms"""
_AUTHORS = "SELECT author_id FROM 'kuairand_items.parquet' ORDER BY video_id"
_PAIRS = """SELECT DISTINCT user_id, unnest(long_watch_seq) AS video_id
    FROM 'kuairand_histories.parquet' ORDER BY ALL"""
_RATES = """SELECT {group}, count(*) AS watched, count(*) FILTER (long) AS long FROM (
        SELECT user_id, unnest(watch_seq) AS video_id,
            list_contains(long_watch_seq, video_id) AS long
        FROM 'kuairand_histories.parquet')
    GROUP BY {group} ORDER BY {group}"""


def _rates(
    rows: dict[str, NDArray[np.int64]], place: Numbers, count: int, share: float, weight: float
) -> Floats:
    """Long views per view, drawn towards the share of all by `weight` views."""
    rates = np.full(count, share)
    rates[place] = (rows["long"] + weight * share) / (rows["watched"] + weight)
    return rates


def _factors(
    users: Numbers, videos: Numbers, user_count: int, video_count: int
) -> tuple[Floats, Floats]:
    """Implicit alternating least squares (Hu, Koren, Volinsky 2008)."""
    rng = np.random.default_rng(0)
    left = np.zeros((user_count, FACTORS), np.float32)
    right = rng.normal(0, 0.05, (video_count, FACTORS)).astype(np.float32)
    for _ in range(ROUNDS):
        _half_round(left, right, users, videos)
        _half_round(right, left, videos, users)
    return left, right


def _half_round(
    target: NDArray[np.float32], other: NDArray[np.float32], mine: Numbers, theirs: Numbers
) -> None:
    order = np.argsort(mine, kind="stable")
    whose, begins = np.unique(mine[order], return_index=True)
    groups = np.split(theirs[order], begins[1:])
    common = other.T @ other + RIDGE * np.eye(FACTORS, dtype=np.float32)
    matrices = np.empty((len(whose), FACTORS, FACTORS), np.float32)
    sums = np.empty((len(whose), FACTORS), np.float32)
    for row, group in enumerate(groups):
        rows = other[group]
        matrices[row] = common + CONFIDENCE * (rows.T @ rows)
        sums[row] = (1 + CONFIDENCE) * rows.sum(0)
    target[whose] = np.linalg.solve(matrices, sums[..., None])[..., 0]


def _logistic_fit(
    viewers: Floats, videos: Floats, pairs: tuple[Numbers, Numbers], seen_long: Floats
) -> Floats:
    """Weights of taste (one for all factors), viewer's rate, video's rate, and the constant."""
    user, video = pairs
    taste = (viewers[user, :FACTORS] * videos[video, :FACTORS]).sum(1)
    columns = [taste, viewers[user, FACTORS], videos[video, FACTORS + 1], np.ones(len(user))]
    features = np.column_stack(columns)

    def loss(weights: Floats) -> tuple[float, Floats]:
        logit = features @ weights
        chance = 1 / (1 + np.exp(-logit))
        gradient = features.T @ (chance - seen_long) / len(seen_long)
        return float(np.mean(np.logaddexp(0, logit) - seen_long * logit)), gradient

    fitted = minimize(loss, np.zeros(4), jac=True).x
    return np.concatenate([np.full(FACTORS, fitted[0]), fitted[1:]])


def creators(count: int, *, seed: int) -> Numbers:
    """Group of each video: one of `count` authors drawn at random, or -1."""
    authors = world().authors
    chosen = np.random.default_rng(seed).permutation(np.unique(authors))[:count]
    order = np.argsort(chosen)
    place = np.searchsorted(chosen[order], authors).clip(max=count - 1)
    return np.where(chosen[order][place] == authors, order[place], -1)


def counties(count: int, share: float, *, seed: int) -> Numbers:
    """Group of each video: `share` of the authors live in `count` counties of Zipf(0.7) sizes."""
    authors = world().authors
    names, each = np.unique(authors, return_inverse=True)
    rng = np.random.default_rng(seed)
    sizes = np.arange(1, count + 1) ** -0.7
    home = rng.choice(count, len(names), p=sizes / sizes.sum())
    return np.where(rng.random(len(names)) < share, home, -1)[each]
