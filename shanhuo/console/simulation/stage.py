"""The platform in front of the city: the live state and the feed of a web process, without its
database and log. Posts come from the city, signals from the panel; everything between is the same.
"""

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from shanhuo.console.simulation.city import FIRST_ADCODE, FIRST_AUTHOR, FIRST_POST, City, Ints
from shanhuo.console.simulation.support import Support
from shanhuo.traffic import board as boards
from shanhuo.traffic import moments
from shanhuo.traffic.bodies import Bodies
from shanhuo.traffic.catalogue import EVERY_MONTH, Card
from shanhuo.traffic.counters import Counters
from shanhuo.traffic.kinds import Kind, ObjectKind, Surface
from shanhuo.traffic.live import Live
from shanhuo.traffic.log import SignalLog
from shanhuo.traffic.records import RECORD, Records

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
    """Live state that is given its posts and signals instead of reading them."""

    def __init__(self, city: City, support: Support, *, empty: Path) -> None:
        super().__init__(SignalLog(empty), support)  # type: ignore[arg-type]  # prices without leases
        self._city, self._support = city, support
        self.counters = SampledCounters(int(min(MOST_WEIGHT, max(1, city.options.weight))))

    def publish(self, posts: Ints, *, now: datetime) -> None:
        """Show these posts of the city from now on; row numbers are given in this order."""
        self.catalogue.put(self._cards(posts, moments.to_ms(now)))

    def hear(self, records: Records) -> None:
        """What the panel did since the last time."""
        self._take(records)

    def turn(self, *, now: datetime) -> None:
        """A new board, and new prices."""
        bodies = Bodies(self.catalogue, self.counters)
        lists = self._together.lists()
        self._board = boards.build(self.catalogue, self.counters, bodies, lists, now=now)
        self._support.step(self.catalogue, self.counters, self._board.score, now=now)

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


def signals(
    city: City, posts: Ints, done: list[tuple[int, int]], *, viewer: int, sheet: int, at_ms: int
) -> Records:
    """What a person did with the posts of one list, as the log would hold it."""
    records = np.zeros(len(done), RECORD)
    places = np.array([place for place, _ in done], np.intp)
    fields: dict[str, Any] = {
        "object": FIRST_POST + posts[places],
        "county": FIRST_ADCODE + city.county_of(posts)[places],
        "kind": [kind for _, kind in done],
        "value": [LONG_VIEW_MS * (kind == Kind.WATCH) for _, kind in done],
        "slot": places,
        "object_kind": ObjectKind.POST,
        "surface": Surface.FEED,
        "viewer": viewer,
        "sheet": sheet,
        "at_ms": at_ms,
    }
    for name, values in fields.items():
        records[name] = values
    return records[np.argsort(records["kind"] != Kind.EXPOSURE, kind="stable")]
