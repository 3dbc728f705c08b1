"""The board: what could be shown now, sorted and split by source, made anew while answers go on.

Everything that does not depend on the viewer is done here, in columns, so that an answer only has
to pick. A board is never changed; the next one replaces it. Only what must hold at once shines
through: a row that was switched off is off on every board.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from shanhuo.kernel import clock
from shanhuo.traffic import moments
from shanhuo.traffic.candidates import Candidates, Rows, Share
from shanhuo.traffic.catalogue import Card, Catalogue, Columns
from shanhuo.traffic.counters import Counters
from shanhuo.traffic.groups import Groups, best_first, best_of_each
from shanhuo.traffic.kinds import Kind, Source

Scores = NDArray[np.float32]

QUOTA = {Source.TRENDING: 300, Source.FRESH: 60, Source.SEASON: 40, Source.LIVE: 12}
GROUP_DEPTH = 60

TRIALS = 100
"""A post counts as new until it was shown this often: it has not had its chance yet."""

UNTRIED = 5_000
"""So many of those that had no chance are looked at every second, the least shown of all first."""

PRIOR_ENGAGEMENT, PRIOR_EXPOSURES = 6.0, 20.0
NEWNESS_DAYS = 3.0
NEWNESS_WEIGHT = 0.15

_BEYOND_ALL_MS = 1 << 44
"""Later than any post was published, in milliseconds: exposures count first."""


_MARKED = ("author", "county", "product", "priority", "post")


class Mark(NamedTuple):
    """What the rules of a list ask of a row; `product` 0 means none; `live`: a session on air."""

    author: int
    county: int
    product: int
    priority: bool
    newcomer: bool
    live: bool


class Marks(dict[int, Mark]):
    """Marks by row, each made when a list first asks for it: lists ask for a few thousand."""

    def __init__(self, columns: Columns, newcomer: NDArray[np.bool_]) -> None:
        super().__init__()
        self._columns, self._newcomer = columns, newcomer

    def __missing__(self, row: int) -> Mark:
        author, county, product, priority, post = (
            self._columns[name][row].item() for name in _MARKED
        )
        newcomer = bool(self._newcomer[row])
        mark = self[row] = Mark(author, county, product, priority, newcomer, live=post < 0)
        return mark


class Topics(Mapping[str, Rows]):
    """The best rows of each topic, by its name."""

    def __init__(self, numbers: Mapping[str, int], groups: Groups) -> None:
        self._numbers, self._groups = numbers, groups

    def __getitem__(self, topic: str) -> Rows:
        return self._groups[self._numbers[topic]]

    def __iter__(self) -> Iterator[str]:
        return iter([topic for topic, number in self._numbers.items() if number in self._groups])

    def __len__(self) -> int:
        return len(self._groups)


@dataclass(frozen=True, slots=True)
class OnAir:
    """Sessions on air, best first: all of them, and by value of some columns. There are few, and
    every list asks; so plain lists."""

    rows: Rows
    listed: list[int]
    by: Mapping[str, Mapping[int, list[int]]]

    @classmethod
    def of(cls, columns: Columns, score: Scores, sessions: Rows) -> "OnAir":
        rows = best_first(score, sessions)
        listed: list[int] = rows.tolist()
        by: dict[str, dict[int, list[int]]] = {}
        for name in ("author", "county", "topic"):
            values = by[name] = {}
            for value, row in zip(columns[name][rows].tolist(), listed, strict=True):
                values.setdefault(value, []).append(row)
        return cls(rows, listed, by)

    def with_any(self, name: str, values: Iterable[int]) -> list[int]:
        """Those with one of these values in a column."""
        found = self.by[name]
        return [row for value in values if value in found for row in found[value]]


@dataclass(frozen=True, slots=True)
class Board:
    """Row numbers by source, best first (`fresh`: the least shown first); `columns` (of the
    catalogue), `score`, `newcomer`, `marks`, `cards`, `bodies`, `posts` and `shown` by row.

    `stage` says how much is known: "empty" (nothing to show), "cold" (nothing had its chance yet)
    or "warm". `untried`: where `fresh` is taken from; `season`: what is in season; `on_air`: live
    sessions. These stand in `best_first` and in all groups like clips, but are neither `common` as
    trending nor newcomers: they have a share of their own.
    """

    stage: str
    columns: Columns
    score: Scores
    newcomer: NDArray[np.bool_]
    marks: Mapping[int, Mark]
    cards: Sequence[Card]
    bodies: Mapping[int, bytes]
    fit_for_youth: NDArray[np.bool_]
    best_first: Rows
    untried: Rows
    fresh: Rows
    season: Rows
    on_air: OnAir
    common: Candidates
    of_county: Groups
    of_author: Groups
    of_topic: Topics
    together: Mapping[int, Rows] = field(default_factory=dict)

    @property
    def posts(self) -> NDArray[np.int64]:
        return self.columns["post"]

    @property
    def shown(self) -> NDArray[np.bool_]:
        """As it stands now."""
        return self.columns["shown"]


def build(
    catalogue: Catalogue,
    counters: Counters,
    bodies: Mapping[int, bytes],
    together: Mapping[int, Rows],
    *,
    now: datetime,
    breathe: Callable[[], None] = lambda: None,
) -> Board:
    """A board of all shown posts and sessions as things stand at `now`. `breathe` is called between
    its parts, each of which goes through all posts."""
    columns = catalogue.columns
    rows = np.flatnonzero(columns["shown"]).astype(np.int32)
    score = score_of(columns, counters, now_ms=moments.to_ms(now))
    breathe()
    exposures = counters.total(columns["post"], Kind.EXPOSURE)
    newcomer = (exposures < TRIALS) & (columns["post"] > 0)
    sessions = catalogue.sessions_on_air()
    _judge_sessions(sessions, score, columns)
    ordered = best_first(score, rows)
    breathe()
    new = rows[newcomer[rows]]
    untried = _least_shown(columns, new, exposures[new])
    breathe()
    fresh = untried[: QUOTA[Source.FRESH]]
    season = _in_season(columns, ordered, now=now)
    on_air = OnAir.of(columns, score, sessions)
    of_county = Groups(columns["county"][ordered], ordered, depth=GROUP_DEPTH)
    breathe()
    of_author = Groups(columns["author"][ordered], ordered, depth=GROUP_DEPTH)
    breathe()
    of_topic = _topics(catalogue, columns, ordered)
    cold = "cold" if len(rows) else "empty"
    return Board(
        stage=cold if len(new) + len(sessions) == len(rows) else "warm",
        columns=columns,
        score=score,
        newcomer=newcomer,
        marks=Marks(columns, newcomer),
        cards=catalogue.cards,
        bodies=bodies,
        fit_for_youth=_fit_for_youth(columns),
        best_first=ordered,
        untried=untried,
        fresh=fresh,
        season=season,
        on_air=on_air,
        common=_common(columns, ordered, fresh, season, on_air),
        of_county=of_county,
        of_author=of_author,
        of_topic=of_topic,
        together=together,
    )


def freshened(
    board: Board,
    catalogue: Catalogue,
    counters: Counters,
    bodies: Mapping[int, bytes],
    together: Mapping[int, Rows],
    *,
    now: datetime,
) -> Board:
    """The same order, with what was published meanwhile in front, and a new look at who had no
    chance yet: what cannot wait for the next whole board."""
    columns, known = catalogue.columns, len(board.columns)
    new = columns.behind(known)
    added = np.arange(known, len(columns), dtype=np.int32)
    ordered = np.concatenate((added, board.best_first))
    pool = np.concatenate((added, board.untried))
    pool = pool[columns["shown"][pool] & (columns["post"][pool] > 0)]
    exposures = counters.total(columns["post"][pool], Kind.EXPOSURE)
    newcomer = np.concatenate((board.newcomer, new["post"] > 0))
    newcomer[pool] = exposures < TRIALS
    untried = _least_shown(columns, pool[newcomer[pool]], exposures[newcomer[pool]])
    fresh = untried[: QUOTA[Source.FRESH]]
    score = score_of(new, counters, now_ms=moments.to_ms(now))
    score = np.concatenate((board.score, score))
    sessions = catalogue.sessions_on_air()
    _judge_sessions(sessions[sessions >= known], score, columns)
    on_air = OnAir.of(columns, score, sessions)
    return replace(
        board,
        stage="cold" if board.stage == "empty" and len(ordered) else board.stage,
        columns=columns,
        score=score,
        newcomer=newcomer,
        marks=Marks(columns, newcomer),
        bodies=bodies,
        fit_for_youth=np.concatenate((board.fit_for_youth, _fit_for_youth(new))),
        best_first=ordered,
        untried=untried,
        fresh=fresh,
        on_air=on_air,
        common=_common(columns, ordered, fresh, board.season, on_air),
        together=together,
    )


def _least_shown(columns: Columns, rows: Rows, exposures: NDArray[np.uint32]) -> Rows:
    """The least shown of these, of equals the newest; UNTRIED of them at most."""
    key = exposures.astype(np.int64) * _BEYOND_ALL_MS - columns["published_ms"][rows]
    if len(rows) > UNTRIED:
        least = np.argpartition(key, UNTRIED)[:UNTRIED]
        rows, key = rows[least], key[least]
    return rows[np.lexsort((rows, key))]


def _in_season(columns: Columns, ordered: Rows, *, now: datetime) -> Rows:
    month = 1 << (now.astimezone(clock.SHANGHAI).month - 1)
    return ordered[(columns["season"][ordered] & month) > 0][: QUOTA[Source.SEASON]]


def _fit_for_youth(columns: Columns) -> NDArray[np.bool_]:
    """Nothing that sells, and no live room."""
    fit: NDArray[np.bool_] = (columns["product"] == 0) & (columns["post"] > 0)
    return fit


def _common(
    columns: Columns, ordered: Rows, fresh: Rows, season: Rows, on_air: OnAir
) -> Candidates:
    """Candidates that everybody has: trending, new, in season, and on air."""
    trending = ordered[: QUOTA[Source.TRENDING] + len(on_air.rows)]
    trending = trending[columns["post"][trending] > 0][: QUOTA[Source.TRENDING]]
    return Candidates.of(
        [
            Share(Source.TRENDING, trending, 1.0),
            Share(Source.FRESH, fresh, 1.0),
            Share(Source.SEASON, season, 1.0),
            Share(Source.LIVE, on_air.rows[: QUOTA[Source.LIVE]], 1.0),
        ]
    )


def score_of(columns: Columns, counters: Counters, *, now_ms: int) -> Scores:
    """How well a post is received for how often it is shown, and a little for being new.

    A post nobody was shown yet has the average of all: neither praised nor buried.
    """
    engagement, exposures = counters.warmth(columns["post"], now_ms=now_ms)
    rate = (np.maximum(engagement, 0.0) + PRIOR_ENGAGEMENT) / (exposures + PRIOR_EXPOSURES)
    age_days = np.maximum(now_ms - columns["published_ms"], 0) / 86_400_000
    newness = NEWNESS_WEIGHT * np.exp2(-age_days / NEWNESS_DAYS)
    score: Scores = (rate + 0.02 * np.log1p(np.maximum(engagement, 0.0)) + newness).astype("f4")
    return score


def _judge_sessions(sessions: Rows, score: Scores, columns: Columns) -> None:
    """A session is worth what clips of its host are, and where there are none, what clips usually
    are: its own audience comes and goes faster than a rate can tell."""
    if not len(sessions):
        return
    clips = np.flatnonzero(columns["shown"] & (columns["post"] > 0))
    usual = score[clips].mean() if len(clips) else 0.0
    hosts, place = np.unique(columns["author"][sessions], return_inverse=True)
    theirs = clips[np.isin(columns["author"][clips], hosts)]
    whose = np.searchsorted(hosts, columns["author"][theirs])
    count = np.bincount(whose, minlength=len(hosts))
    total = np.bincount(whose, score[theirs], minlength=len(hosts))
    score[sessions] = np.where(count > 0, total / np.maximum(count, 1), usual)[place]


def _topics(catalogue: Catalogue, columns: Columns, ordered: Rows) -> Topics:
    """Rows under each of their topics. Of rows with the same topics the best are enough."""
    topics, sizes = catalogue.combinations.flat()
    ordered = ordered[best_of_each(columns["topics"][ordered], depth=GROUP_DEPTH)]
    combination = columns["topics"][ordered]
    times = sizes[combination]
    rows = np.repeat(ordered, times)
    begins = np.repeat(np.cumsum(sizes)[combination] - times, times)
    steps = np.arange(len(rows)) - np.repeat(np.cumsum(times) - times, times)
    groups = Groups(topics[begins + steps], rows, depth=GROUP_DEPTH)
    return Topics(dict(catalogue.combinations.numbers), groups)
