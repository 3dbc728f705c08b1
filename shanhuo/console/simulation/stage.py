"""The platform in front of the city: the live state of a web process, its signal log and its
ranker, without a database. Posts come from the city, signals from the panel; everything between is
the same.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
from django.conf import settings

from shanhuo.console.simulation.city import FIRST_ADCODE, FIRST_AUTHOR, FIRST_POST, City, Ints
from shanhuo.console.simulation.support import Support
from shanhuo.traffic import board as boards
from shanhuo.traffic import moments
from shanhuo.traffic.bodies import Bodies
from shanhuo.traffic.catalogue import EVERY_MONTH, Card
from shanhuo.traffic.compaction import compact
from shanhuo.traffic.counters import Counters
from shanhuo.traffic.feed import Shown
from shanhuo.traffic.kinds import Flags, Kind, ObjectKind, Surface
from shanhuo.traffic.learned import LearnedRanker
from shanhuo.traffic.learning import lessons
from shanhuo.traffic.learning.shelf import Shelf
from shanhuo.traffic.live import Live
from shanhuo.traffic.log import SignalLog
from shanhuo.traffic.records import RECORD, Records
from shanhuo.traffic.segments import Segment
from shanhuo.traffic.teaching import LEARNED_FROM, learn_from

MOST_WEIGHT = 10
LONG_VIEW_MS = 18_000


class SampledCounters(Counters):
    """Each signal of the panel stands for `times` people's."""

    def __init__(self, times: int) -> None:
        super().__init__()
        self._times = times

    def add(self, records: Records) -> None:
        super().add(np.repeat(records, self._times))


class Stage(Live):
    """Live state that is given its posts and signals instead of reading them. The signals stand in
    a log of its own, from which the ranker learns every night and contracts are rehearsed."""

    def __init__(self, city: City, support: Support, *, folder: Path) -> None:
        super().__init__(SignalLog(folder), support)  # type: ignore[arg-type]  # prices without leases
        self._city, self._support = city, support
        self._shelf = Shelf(folder / "ranker")
        self.ranker = LearnedRanker(self._shelf, settings.RANKER_WEIGHTS)
        self._segment: Segment | None = None
        self._was_shown = np.zeros(city.options.posts, bool)
        self.counters = SampledCounters(int(min(MOST_WEIGHT, max(1, city.options.weight))))

    def publish(self, posts: Ints, *, now: datetime) -> None:
        """Show these posts of the city from now on; row numbers are given in this order."""
        self.catalogue.put(self._cards(posts, moments.to_ms(now)))

    def hear(self, records: Records, *, now: datetime) -> None:
        """What the panel did since the last time."""
        if not len(records):
            return
        self._take(records)
        self._was_shown[records["object"].astype(np.int64) - FIRST_POST] = True
        if self._segment is None:
            self._segment = self._log.segments.create(now_ms=moments.to_ms(now))
        self._segment.append(records)

    def turn(self, *, now: datetime) -> None:
        """A new board, and new prices."""
        bodies = Bodies(self.catalogue, self.counters)
        lists = self._together.lists()
        self._board = boards.build(self.catalogue, self.counters, bodies, lists, now=now)
        score = self._board.score
        self._support.step(self.catalogue, self.counters, score, self._log, now=now)

    def learn(self, *, now: datetime) -> None:
        """What the worker does at night: file the signals, and train the ranker on them."""
        if self._segment is None:
            return
        self._segment.close()
        self._segment = None
        compact(self._log)
        shown = self._cards(np.flatnonzero(self._was_shown), 0)
        found = lessons.read(self._log, shown, since=now - LEARNED_FROM, until=now)
        learn_from(found, self._shelf, now=now)
        self.ranker.refresh(now=now)

    def posts_in(self, rows: list[int]) -> Ints:
        """Posts of the city in these rows."""
        return self.catalogue.columns["post"][rows].astype(np.int64) - FIRST_POST

    def _cards(self, posts: Ints, now_ms: int) -> Iterable[Card]:
        city = self._city
        county = city.county_of(posts)
        columns = (
            posts,
            city.author[posts],
            county,
            city.topic[posts],
            city.sells[posts],
            city.is_key[county],
            np.minimum(0, city.published_on[posts]),
        )
        for post, author, place, topic, sells, key, days in zip(
            *(column.tolist() for column in columns), strict=True
        ):
            yield Card(
                post_id=FIRST_POST + post,
                author_id=FIRST_AUTHOR + author,
                county=FIRST_ADCODE + place,
                product_id=1 + author if sells else 0,
                topics=(f"t{topic}",),
                season_mask=EVERY_MONTH,
                published_ms=now_ms + days * 24 * 3_600_000,
                priority=key,
                body=b"{",
            )


@dataclass(frozen=True, slots=True)
class Sheet:
    """What a list was, as its signals repeat it: `grants` of the slots that were looked at."""

    number: int
    viewer: int
    at_ms: int
    shown: Sequence[Shown]
    grants: list[int]
    policy: int


def signals(city: City, posts: Ints, done: list[tuple[int, int]], sheet: Sheet) -> Records:
    """What a person did with the posts of one list, as the log holds it. Each slot has a moment of
    its own, so that the log has one order only."""
    records = np.zeros(len(done), RECORD)
    places = np.array([place for place, _ in done], np.intp)
    looked_at = sheet.shown[: len(posts)]
    fields: dict[str, Any] = {
        "object": FIRST_POST + posts[places],
        "county": FIRST_ADCODE + city.county_of(posts)[places],
        "kind": [kind for _, kind in done],
        "value": [LONG_VIEW_MS * (kind == Kind.WATCH) for _, kind in done],
        "slot": places,
        "source": np.array([one.source for one in looked_at])[places],
        "price": np.array([one.price for one in looked_at])[places],
        "propensity": np.array([one.propensity for one in looked_at])[places],
        "grant": np.array(sheet.grants)[places],
        "policy": sheet.policy,
        "object_kind": ObjectKind.POST,
        "surface": Surface.FEED,
        "flags": Flags.SIGNED_IN,
        "viewer": sheet.viewer,
        "sheet": sheet.number,
        "at_ms": sheet.at_ms + places,
    }
    for name, values in fields.items():
        records[name] = values
    return records[np.argsort(records["kind"] != Kind.EXPOSURE, kind="stable")]
