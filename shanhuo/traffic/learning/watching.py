"""Who watched what, from the signal log: what the neighbours are learned from, and judged by.

Like lessons: what a grant, a floor or a hand put before somebody does not count, nor what a viewer
wants forgotten, nor anything of those who switched personalisation off.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shanhuo.traffic.catalogue import Card
from shanhuo.traffic.kinds import Flags, Kind, ObjectKind
from shanhuo.traffic.learning.lessons import FORCED, LONG_VIEW_MS, without_what_is_forgotten
from shanhuo.traffic.learning.neighbours import Neighbours, Watches, learn
from shanhuo.traffic.log import SignalLog
from shanhuo.traffic.wishes import Wishes

MOST, MOST_THINGS = 2_000_000, 20_000
"""Learning takes things × things; twenty thousand are a minute or two of one core."""

ENOUGH_WATCHES, ENOUGH_THINGS = 1_000, 30
HELD_OUT, JUDGED, BEST = 0.1, 2_000, 20
DAY_MS = 86_400_000

_WATCHED = """
    SELECT viewer, object AS post, max(at_ms) AS at_ms,
        bool_or(kind = $finish OR (kind = $watch AND value >= $long_ms)) AS long_view
    FROM signals
    WHERE list_contains($kinds, kind) AND object_kind = $about AND flags & $private = 0
    AND "grant" = 0 AND NOT list_contains($forced, source)
    GROUP BY viewer, object ORDER BY at_ms DESC, viewer, object LIMIT $most
"""


@dataclass(frozen=True, slots=True)
class History:
    """Watched pairs in the order of time; `posts[thing]` is the post."""

    posts: NDArray[np.uint64]
    viewer: NDArray[np.intp]
    thing: NDArray[np.intp]
    at_ms: NDArray[np.int64]
    long_view: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.viewer)

    @property
    def is_enough(self) -> bool:
        return len(self) >= ENOUGH_WATCHES and len(self.posts) >= ENOUGH_THINGS

    def watches(self, until: int) -> Watches:
        """The first pairs as the neighbours want them."""
        some = slice(0, until)
        at_ms = self.at_ms[some]
        age = (at_ms.max() - at_ms) / DAY_MS
        return Watches(self.viewer[some], self.thing[some], age, self.long_view[some])


def read(
    log: SignalLog,
    cards: Iterable[Card],
    *,
    since: datetime,
    until: datetime,
    wishes: Mapping[int, Wishes],
) -> History:
    """Watched pairs with `since <= at < until`, of the posts that are watched most."""
    wanted: dict[str, Any] = {
        "finish": int(Kind.FINISH),
        "watch": int(Kind.WATCH),
        "long_ms": LONG_VIEW_MS,
        "kinds": [int(kind) for kind in (Kind.PLAY, Kind.FINISH, Kind.WATCH)],
        "about": int(ObjectKind.POST),
        "private": int(Flags.NOT_PERSONAL),
        "forced": [int(source) for source in FORCED],
        "most": MOST,
    }
    with log.open(since=since, until=until) as connection:
        found = connection.execute(_WATCHED, wanted).fetchnumpy()
    rows = {name: np.ma.filled(column, 0)[::-1] for name, column in found.items()}
    card_of = {card.post_id: card for card in cards}
    posts = _most_watched(rows["post"], card_of)
    kept = np.isin(rows["post"], posts) & without_what_is_forgotten(rows, card_of, wishes)
    _, viewer = np.unique(rows["viewer"][kept], return_inverse=True)
    return History(
        posts=posts,
        viewer=viewer,
        thing=np.searchsorted(posts, rows["post"][kept]),
        at_ms=rows["at_ms"][kept].astype(np.int64),
        long_view=rows["long_view"][kept].astype(bool),
    )


def _most_watched(posts: NDArray[Any], published: Collection[int]) -> NDArray[np.uint64]:
    """The published posts that were watched, the most watched ones if they are too many; sorted."""
    each, times = np.unique(posts.astype(np.uint64), return_counts=True)
    up = np.isin(each, np.fromiter(published, np.uint64, len(published)))
    each, times = each[up], times[up]
    best = np.argsort(-times, kind="stable")[:MOST_THINGS]
    return np.sort(each[best])


@dataclass(frozen=True, slots=True)
class Recall:
    """Of what viewers watched for long next, how much stood among the first twenty: by neighbours,
    and by what most people watched."""

    viewers: int
    neighbours: float
    popularity: float

    @property
    def is_better(self) -> bool:
        return self.neighbours > self.popularity


def learned_from(history: History, until: int | None = None) -> Neighbours:
    """The neighbours of all posts, from all pairs or the first ones."""
    last = len(history) if until is None else until
    return learn(history.watches(last), things=len(history.posts))


def compare(history: History) -> Recall:
    """Learn from the first nine tenths and foretell the long views of the last."""
    edge = round(len(history) * (1 - HELD_OUT))
    model = learned_from(history, edge)
    popular = np.bincount(history.thing[:edge], minlength=len(history.posts))
    later = history.viewer[edge:][history.long_view[edge:]]
    wanted = np.intersect1d(later, history.viewer[:edge])[:JUDGED]
    near, often = [], []
    for viewer in wanted:
        known = history.thing[:edge][history.viewer[:edge] == viewer]
        of_viewer = (history.viewer[edge:] == viewer) & history.long_view[edge:]
        watched = history.thing[edge:][of_viewer]
        near.append(_recall(model.scores(known), known, watched))
        often.append(_recall(popular.astype(float), known, watched))
    if not near:
        return Recall(0, 0.0, 0.0)
    return Recall(len(near), float(np.mean(near)), float(np.mean(often)))


def _recall(
    scores: NDArray[np.float64], known: NDArray[np.intp], watched: NDArray[np.intp]
) -> float:
    scores = scores.copy()
    scores[known] = -np.inf
    first = np.argsort(-scores, kind="stable")[:BEST]
    return float(np.isin(watched, first).sum() / min(len(watched), BEST))
