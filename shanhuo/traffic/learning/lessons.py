"""What the signal log teaches: every exposure that was nobody's wish but the ranker's, and whether
it was watched for long, led to a purchase click, or to a visit of the county.

Supported exposures, those that a floor brought about, and what was put into a list by hand teach
nothing: a forced audience says little about the audience that a post would find. With
personalisation off an exposure still teaches what its post is worth, and nothing about its viewer.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shanhuo.traffic.catalogue import Card, topic_number
from shanhuo.traffic.kinds import FLOORS, Flags, Kind, ObjectKind, Source, Surface
from shanhuo.traffic.learning.effects import NOBODY
from shanhuo.traffic.log import SignalLog
from shanhuo.traffic.wishes import Wishes

MOST = 2_000_000
LONG_VIEW_MS = 18_000
FORCED = (Source.GRANT, Source.CHOSEN, Source.AGAIN, *FLOORS)
GOALS = ("long_view", "purchase_click", "visit")
HOUR_MS, HOURS_TO_SHANGHAI = 3_600_000, 8

Columns = dict[str, NDArray[np.int64]]
Outcomes = dict[str, NDArray[np.bool_]]

_SHOWN = """
    WITH shown AS (
        SELECT sheet, slot, viewer, object AS post, source, flags, at_ms FROM signals
        WHERE kind = $exposure AND object_kind = $post AND surface = $feed
        AND "grant" = 0 AND NOT list_contains($forced, source)
    ), told AS (
        SELECT sheet, slot,
            bool_or(kind = $finish OR (kind = $watch AND value >= $long_ms)) AS long_view,
            bool_or(list_contains($buying, kind)) AS purchase_click,
            bool_or(kind = $open_county) AS visit
        FROM signals WHERE kind <> $exposure AND object_kind = $post GROUP BY sheet, slot
    )
    SELECT * EXCLUDE (sheet, slot) FROM (
        SELECT * FROM shown LEFT JOIN told USING (sheet, slot)
        ORDER BY at_ms DESC, sheet, slot LIMIT $most
    ) ORDER BY at_ms
"""


@dataclass(frozen=True, slots=True)
class Lessons:
    """Exposures in the order of time; `outcomes` by goal."""

    columns: Columns
    outcomes: Outcomes

    def __len__(self) -> int:
        return len(self.columns["post"])

    def part(self, first: int, last: int) -> "Lessons":
        some = slice(first, last)
        return Lessons(
            {name: column[some] for name, column in self.columns.items()},
            {goal: outcome[some] for goal, outcome in self.outcomes.items()},
        )


def read(
    log: SignalLog,
    cards: Iterable[Card],
    *,
    since: datetime,
    until: datetime,
    wishes: Mapping[int, Wishes] | None = None,
) -> Lessons:
    """Lessons from exposures with `since <= at < until` of posts that are still published.

    wishes: by viewer; what somebody wants forgotten teaches about the post and not about them.
    """
    cards = list(cards)
    wanted: dict[str, Any] = {
        "exposure": int(Kind.EXPOSURE),
        "post": int(ObjectKind.POST),
        "feed": int(Surface.FEED),
        "forced": [int(source) for source in FORCED],
        "finish": int(Kind.FINISH),
        "watch": int(Kind.WATCH),
        "long_ms": LONG_VIEW_MS,
        "buying": [int(Kind.CLICK_PRODUCT), int(Kind.BASKET), int(Kind.BUY_CLICK)],
        "open_county": int(Kind.OPEN_COUNTY),
        "most": MOST,
    }
    with log.open(since=since, until=until) as connection:
        found = connection.execute(_SHOWN, wanted).fetchnumpy()
    rows = {name: np.ma.filled(column, 0) for name, column in found.items()}
    about, known = _about(cards, rows["post"])
    rows = {name: column[known] for name, column in rows.items()}
    card_of = {card.post_id: card for card in cards}
    forgotten = ~without_what_is_forgotten(rows, card_of, wishes or {})
    rows["viewer"] = np.where(forgotten, np.uint64(NOBODY), rows["viewer"])
    return Lessons(
        {**_circumstances(rows), **{name: column[known] for name, column in about.items()}},
        {goal: rows[goal].astype(bool) for goal in GOALS},
    )


def without_what_is_forgotten(
    rows: Mapping[str, NDArray[Any]], card_of: Mapping[int, Card], wishes: Mapping[int, Wishes]
) -> NDArray[np.bool_]:
    """Which rows (`viewer`, `post`, `at_ms`) may say something about their viewer."""
    may_know = np.ones(len(rows["viewer"]), bool)
    forgetful = [viewer for viewer, wished in wishes.items() if wished.forgets]
    theirs = np.isin(rows["viewer"], np.array(forgetful, np.uint64))
    for row in np.flatnonzero(theirs).tolist():
        card = card_of.get(int(rows["post"][row]))
        wished = wishes[int(rows["viewer"][row])]
        may_know[row] = card is not None and wished.may_know_card(card, int(rows["at_ms"][row]))
    return may_know


def _circumstances(rows: Mapping[str, NDArray[Any]]) -> Columns:
    impersonal = (rows["flags"] & int(Flags.NOT_PERSONAL)) > 0
    hour = (rows["at_ms"] // HOUR_MS + HOURS_TO_SHANGHAI) % 24
    return {
        "viewer": np.where(impersonal, NOBODY, rows["viewer"]).astype(np.int64),
        "post": rows["post"].astype(np.int64),
        "source": rows["source"].astype(np.int64),
        "hour": hour.astype(np.int64) + 1,
    }


def _about(cards: Iterable[Card], posts: NDArray[Any]) -> tuple[Columns, NDArray[np.bool_]]:
    """What is known of each exposure's post, and for which of them."""
    listed = sorted(
        (card.post_id, card.author_id, card.county, topic_number(card.topics), card.product_id)
        for card in cards
    )
    table = np.array(listed, np.uint64).reshape(-1, 5)
    place = np.minimum(np.searchsorted(table[:, 0], posts.astype(np.uint64)), len(table) - 1)
    if not len(table):
        return content_of(*np.zeros((4, len(posts)), np.uint64)), np.zeros(len(posts), bool)
    found = table[place]
    return content_of(*found.T[1:]), found[:, 0] == posts


def content_of(
    author: NDArray[Any], county: NDArray[Any], topic: NDArray[Any], product: NDArray[Any]
) -> Columns:
    """The columns that describe a post, for lessons and for answers alike."""
    return {
        "author": author.astype(np.int64),
        "county": county.astype(np.int64),
        "topic": topic.astype(np.int64),
        "sells": 1 + (product > 0).astype(np.int64),
    }
