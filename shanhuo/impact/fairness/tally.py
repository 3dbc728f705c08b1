"""What the feed showed on some days, in a form that adds up: days to weeks, weeks to a month.

A tally depends on nothing but the signals of its days, so that it can be made day by day or in one
pass, with the same result. An exposure and what came of it count on the same Shanghai day.
"""

import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

import numpy as np
from duckdb import DuckDBPyConnection
from numpy.typing import NDArray

from shanhuo.traffic.feed import WEIGHED_OF
from shanhuo.traffic.kinds import Kind, ObjectKind, Source, Surface
from shanhuo.traffic.learning.lessons import LONG_VIEW_MS
from shanhuo.traffic.slate import LENGTH, Rules

CELLS = 20
"""Viewers are dealt to 20 cells by their number, the same ones every day. Cells share nobody, so
what differs between them says how sure a rate is, although one person is shown many things."""

MICRO = 1_000_000

PAIR = np.dtype([("author", "<u8"), ("county", "<u4"), ("shown", "<i8"), ("supported", "<i8")])
Pairs = NDArray[Any]
Counts = NDArray[np.int64]


class Lane(IntEnum):
    """Why a slot was filled as it was, as the log says it."""

    RANKED = 0
    NEW = 1
    SUPPORTED = 2
    CHANCE = 3
    LIVE = 4


class Noted(IntEnum):
    """What is counted of lists."""

    LISTS = 0
    WHOLE = 1
    COUNTY_FLOOR = 2
    NEWCOMER_FLOOR = 3
    AUTHOR_CAP = 4


class Floor(IntEnum):
    """A column of `Tally.floors`: lists of viewers for whom floors were weighed, and millionths of
    points that each floor gave up in what they saw."""

    LISTS = 0
    COUNTIES = 1
    NEWCOMERS = 2
    SESSIONS = 3


def _no_floors() -> Counts:
    return np.zeros((CELLS, len(Floor)), np.int64)


def _no_lanes() -> Counts:
    return np.zeros((len(Lane), CELLS, 2), np.int64)


@dataclass(frozen=True, slots=True)
class Tally:
    """`pairs` (PAIR): exposures by author and county, of which supported. `lanes`: (lane, cell,
    shown or watched long). `lists`: by `Noted`. `price_micro`: millionths of points of the ranker's
    score that grants added to what they lifted. `floors`: (cell, `Floor`)."""

    pairs: Pairs = field(default_factory=lambda: np.empty(0, PAIR))
    lanes: Counts = field(default_factory=_no_lanes)
    lists: Counts = field(default_factory=lambda: np.zeros(len(Noted), np.int64))
    price_micro: int = 0
    floors: Counts = field(default_factory=_no_floors)

    @classmethod
    def sum_of(cls, tallies: Iterable["Tally"]) -> "Tally":
        listed = [cls(), *tallies]
        return cls(
            pairs=_merged(np.concatenate([one.pairs for one in listed])),
            lanes=np.sum([one.lanes for one in listed], axis=0),
            lists=np.sum([one.lists for one in listed], axis=0),
            price_micro=sum(one.price_micro for one in listed),
            floors=np.sum([one.floors for one in listed], axis=0),
        )

    @property
    def shown(self) -> int:
        return int(self.pairs["shown"].sum())

    def by_author(self, column: str = "shown") -> dict[int, int]:
        return _by(self.pairs, "author", column)

    def by_county(self) -> dict[int, int]:
        return _by(self.pairs, "county", "shown")

    def to_bytes(self) -> bytes:
        price = np.array([self.price_micro])
        numbers = np.concatenate([self.lanes.ravel(), self.lists, price, self.floors.ravel()])
        return zlib.compress(numbers.astype("<i8").tobytes() + self.pairs.tobytes())

    @classmethod
    def from_bytes(cls, data: bytes) -> "Tally":
        """Reads what `to_bytes` wrote."""
        raw, none = zlib.decompress(data), cls()
        sizes = [none.lanes.size, none.lists.size, 1, none.floors.size]
        numbers = np.frombuffer(raw, "<i8", count=sum(sizes)).astype(np.int64)
        lanes, lists, price, floors = np.split(numbers, np.cumsum(sizes)[:-1])
        return cls(
            pairs=np.frombuffer(raw, PAIR, offset=8 * sum(sizes)),
            lanes=lanes.reshape(none.lanes.shape),
            lists=lists,
            price_micro=int(price[0]),
            floors=floors.reshape(none.floors.shape),
        )


def _merged(pairs: Pairs) -> Pairs:
    """One row for each author and county, in their order."""
    keys, places = np.unique(pairs[["author", "county"]], return_inverse=True)
    merged = np.zeros(len(keys), PAIR)
    for name in ("author", "county"):
        merged[name] = keys[name]
    for name in ("shown", "supported"):
        np.add.at(merged[name], places.ravel(), pairs[name])
    return merged


def _by(pairs: Pairs, key: str, column: str) -> dict[int, int]:
    keys, places = np.unique(pairs[key], return_inverse=True)
    sums = np.bincount(places.ravel(), weights=pairs[column], minlength=len(keys))
    return dict(zip(keys.tolist(), sums.astype(int).tolist(), strict=True))


# ---- from the log ----

_LANE = f"""CASE WHEN "grant" > 0 THEN {Lane.SUPPORTED.value}
    WHEN source = {Source.RANDOM.value} THEN {Lane.CHANCE.value}
    WHEN source = {Source.LIVE_FLOOR.value} THEN {Lane.LIVE.value}
    WHEN source IN ({Source.FRESH.value}, {Source.NEWCOMER_FLOOR.value}) THEN {Lane.NEW.value}
    ELSE {Lane.RANKED.value} END"""

_SLOTS = f"""
CREATE TEMP TABLE fair_slots AS
WITH long_views AS (
    SELECT DISTINCT sheet, slot, (at_ms + 28800000) // 86400000 AS day_number FROM signals
    WHERE kind = {Kind.FINISH.value}
        OR (kind = {Kind.WATCH.value} AND "value" >= {LONG_VIEW_MS})
)
SELECT judged.day_number, judged.sheet, judged.slot, author_of.author, judged.county, "grant",
    {_LANE} AS lane, (viewer >> 1) % {CELLS} AS cell,
    judged.county IN (SELECT county FROM floor_counties) AS floored,
    round(price::DOUBLE * {MICRO})::BIGINT AS price_micro,
    (viewer >> 1) % {WEIGHED_OF} = 0 AS weighed,
    long_views.sheet IS NOT NULL AS watched
FROM judged
JOIN author_of ON author_of.object_kind = judged.object_kind AND author_of.object = judged.object
LEFT JOIN long_views ON long_views.sheet = judged.sheet AND long_views.slot = judged.slot
    AND long_views.day_number = judged.day_number
WHERE fault = 0 AND surface = {Surface.FEED.value}
"""  # noqa: S608 - only our own numbers are put in

_PAIRS = """
SELECT author, county, count(*) AS shown, count(*) FILTER ("grant" > 0) AS supported
FROM fair_slots GROUP BY author, county ORDER BY author, county
"""
_SPENT = 'SELECT coalesce(sum(price_micro), 0) FROM fair_slots WHERE "grant" > 0'
_LANES = "SELECT lane, cell, count(*), count(*) FILTER (watched) FROM fair_slots GROUP BY ALL"
_FLOORS = f"""
SELECT cell, count(DISTINCT (day_number, sheet)),
    coalesce(sum(price_micro) FILTER (
        "grant" = 0 AND lane NOT IN ({Lane.NEW.value}, {Lane.LIVE.value})), 0),
    coalesce(sum(price_micro) FILTER (lane = {Lane.NEW.value}), 0),
    coalesce(sum(price_micro) FILTER (lane = {Lane.LIVE.value}), 0)
FROM fair_slots WHERE weighed GROUP BY cell
"""  # noqa: S608 - only our own numbers are put in
_LISTS = f"""
WITH of_author AS (
    SELECT day_number, sheet, author, count(*) AS times FROM fair_slots GROUP BY ALL
), capped AS (
    SELECT day_number, sheet, max(times) AS times FROM of_author GROUP BY ALL
), lists AS (
    SELECT day_number, sheet, count(*) >= {LENGTH} AND max(slot) = {LENGTH - 1} AS whole,
        count(*) FILTER (floored) AS floored, count(*) FILTER (lane = {Lane.NEW.value}) AS fresh
    FROM fair_slots GROUP BY ALL
)
SELECT count(*), count(*) FILTER (whole),
    count(*) FILTER (whole AND floored >= $counties), count(*) FILTER (whole AND fresh >= $fresh),
    count(*) FILTER (times <= $author)
FROM lists JOIN capped USING (day_number, sheet)
"""  # noqa: S608 - only our own numbers are put in


def read(
    signals: DuckDBPyConnection,
    *,
    author_of: Mapping[int, int],
    host_of: Mapping[int, int],
    floor_counties: Iterable[str],
) -> Tally:
    """The tally of all that a connection of the log sees; it sees whole days, and was judged.

    author_of: of posts; host_of: of live sessions, who are their authors here.
    """
    things = {ObjectKind.POST: author_of, ObjectKind.SESSION: host_of}
    made = [(kind, *pair) for kind, made_by in things.items() for pair in made_by.items()]
    columns = zip(*made, strict=True) if made else ((), (), ())
    register(
        signals, "author_of", dict(zip(("object_kind", "object", "author"), columns, strict=True))
    )
    register(signals, "floor_counties", {"county": map(int, floor_counties)})
    signals.execute(_SLOTS)
    found = signals.execute(_PAIRS).fetchnumpy()
    pairs = np.empty(len(found["author"]), PAIR)
    for name in PAIR.names or ():
        pairs[name] = found[name]
    lanes = _no_lanes()
    for lane, cell, shown, watched in signals.execute(_LANES).fetchall():
        lanes[lane, cell] = shown, watched
    rules = Rules()
    (lists,) = signals.execute(
        _LISTS,
        {
            "counties": rules.from_priority_counties,
            "fresh": rules.from_newcomers,
            "author": rules.per_author,
        },
    ).fetchall()
    (spent,) = signals.execute(_SPENT).fetchall()
    floors = _no_floors()
    for cell, *counts in signals.execute(_FLOORS).fetchall():
        floors[cell] = counts
    return Tally(pairs, lanes, np.array(lists, np.int64), int(spent[0]), floors)


def register(signals: DuckDBPyConnection, name: str, columns: Mapping[str, Iterable[int]]) -> None:
    """Bring columns of our own to a connection of the log, as a table."""
    listed: Any = {key: np.fromiter(values, np.uint64) for key, values in columns.items()}
    signals.register(f"{name}_columns", listed)
    signals.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS SELECT * FROM {name}_columns")  # noqa: S608
