"""Which exposures are not believed to be a person's: published rules, the same for everybody.

Each rule is a window over the exposures of one Shanghai day, so that anyone with the log finds the
same ones again. What a rule finds stays in the log, is shown as excluded, and is charged to nobody.
What cannot stand in the log at all is refused earlier: forged, foreign, old and repeated signals.
"""

from dataclasses import dataclass
from datetime import timedelta

import duckdb
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from shanhuo.traffic.kinds import Kind, Surface

MOST_OF_ONE_THING = 3
MOST_IN_A_MINUTE = 90
MOST_IN_A_DAY = 1500
MOST_LIKES_UNWATCHED = 40
MOST_STRANGERS = 20
FEWEST_FOR_A_BEAT = 40


@dataclass(frozen=True, slots=True)
class Rule:
    """`number` stands in reports for ever; `finds` is SQL over a row of `exposures`."""

    number: int
    name: str | Promise
    words: str | Promise
    finds: str


RULES = (
    Rule(
        1,
        _("The same thing again and again"),
        _("More than 3 exposures of one thing to one viewer in one day: those after the third."),
        f"nth > {MOST_OF_ONE_THING}",
    ),
    Rule(
        2,
        _("Faster than eyes"),
        _("More than 90 exposures to one viewer in one minute: all of that minute."),
        f"in_minute > {MOST_IN_A_MINUTE}",
    ),
    Rule(
        3,
        _("More than a day holds"),
        _("More than 1,500 exposures to one viewer in one day: all of that day."),
        f"in_day > {MOST_IN_A_DAY}",
    ),
    Rule(
        4,
        _("Likes without looking"),
        _(
            "More than 40 likes in a day by a viewer who watched nothing, or who liked more than "
            "three quarters of what was shown: all of that day."
        ),
        f"likes > {MOST_LIKES_UNWATCHED} AND (watched_ms = 0 OR likes > in_day * 0.75)",
    ),
    Rule(
        5,
        _("A crowd for one thing"),
        _(
            "Viewers who saw one single thing in the feed in a whole day. Where more than 20 of "
            "them passed over what stood above it, and are more than half of all its viewers in "
            "the feed: all of these viewers."
        ),
        f"alone AND strangers > {MOST_STRANGERS} AND strangers > watchers / 2",
    ),
    Rule(
        6,
        _("Like clockwork"),
        _(
            "At least 40 exposures in a day, with pauses so even that four fifths of them differ "
            "by less than three fifths of one pause: all of that day."
        ),
        f"in_day >= {FEWEST_FOR_A_BEAT} AND spread_ms < pause_ms * 0.6",
    ),
)

_DAY_MS = int(timedelta(days=1).total_seconds() * 1000)
_EAST_MS = int(timedelta(hours=8).total_seconds() * 1000)
"""Shanghai has kept UTC+8 without summer time since 1991."""

_FAULT = " ".join(f"WHEN {rule.finds} THEN {rule.number}" for rule in RULES)

# Of each viewer and day: how much was shown and liked, how regularly, and whether it was one thing.
_HABITS = f"""
CREATE OR REPLACE TEMP VIEW habits AS
WITH signals AS (
    SELECT *, (at_ms + {_EAST_MS}) // {_DAY_MS} AS day_number FROM signals
), pauses AS (
    SELECT *, at_ms - lag(at_ms) OVER (PARTITION BY viewer, day_number ORDER BY at_ms) AS pause
    FROM signals WHERE kind = {Kind.EXPOSURE.value}
), shown AS (
    SELECT viewer, day_number, count(*) AS in_day,
        count(DISTINCT (object_kind, object)) = 1 AND bool_and(surface = {Surface.FEED.value})
            AS alone,
        coalesce(quantile_cont(pause, 0.5), 0) AS pause_ms,
        coalesce(quantile_cont(pause, 0.9) - quantile_cont(pause, 0.1), 0) AS spread_ms
    FROM pauses GROUP BY ALL
), deeds AS (
    SELECT viewer, day_number, count(*) FILTER (kind = {Kind.LIKE.value}) AS likes,
        coalesce(sum("value") FILTER (kind = {Kind.WATCH.value}), 0) AS watched_ms
    FROM signals WHERE kind IN ({Kind.LIKE.value}, {Kind.WATCH.value}) GROUP BY ALL
)
SELECT shown.*, coalesce(likes, 0) AS likes, coalesce(watched_ms, 0) AS watched_ms
FROM shown LEFT JOIN deeds USING (viewer, day_number)
"""  # noqa: S608 - only our own numbers are put in

_JUDGED = f"""
CREATE OR REPLACE TEMP TABLE judged AS
WITH exposures AS (
    SELECT *, (at_ms + {_EAST_MS}) // {_DAY_MS} AS day_number
    FROM signals WHERE kind = {Kind.EXPOSURE.value}
), crowds AS (
    SELECT object_kind, object, day_number, count(DISTINCT viewer) AS watchers,
        count(DISTINCT viewer) FILTER (alone AND slot > 0) AS strangers
    FROM exposures JOIN habits USING (viewer, day_number)
    WHERE surface = {Surface.FEED.value} GROUP BY ALL
), counted AS (
    SELECT exposures.*, likes, watched_ms, in_day, alone, pause_ms, spread_ms,
        coalesce(watchers, 0) AS watchers, coalesce(strangers, 0) AS strangers,
        row_number() OVER (
            PARTITION BY viewer, object_kind, object, day_number ORDER BY at_ms, sheet, slot
        ) AS nth,
        count(*) OVER (PARTITION BY viewer, day_number, at_ms // 60000) AS in_minute
    FROM exposures JOIN habits USING (viewer, day_number)
    LEFT JOIN crowds USING (object_kind, object, day_number)
)
SELECT * EXCLUDE (likes, watched_ms, in_day, alone, pause_ms, spread_ms, watchers, strangers,
    nth, in_minute), CASE {_FAULT} ELSE 0 END AS fault
FROM counted
"""  # noqa: S608 - only our own numbers and rules are put in

# What was done on a slot falls with its exposure, on the same day: days are counted one by one.
_MARKED = f"""
CREATE OR REPLACE TEMP VIEW marked AS
WITH days AS (
    SELECT *, (at_ms + {_EAST_MS}) // {_DAY_MS} AS day_number FROM signals
), faults AS (
    SELECT sheet, slot, day_number, fault FROM judged WHERE fault > 0
)
SELECT days.* EXCLUDE (day_number), coalesce(fault, 0) AS fault
FROM days LEFT JOIN faults USING (sheet, slot, day_number)
"""  # noqa: S608 - only our own numbers are put in


def judge(connection: duckdb.DuckDBPyConnection) -> None:
    """Add to a connection of the log what the rules say.

    `judged`: its exposures, each with `day_number` (days since 1970 in Shanghai) and `fault`, the
    number of the first rule that finds it, or 0. `marked`: all its signals; the fault of one is
    that of the exposure on whose slot it was done, that day.
    Open the log on whole days: a rule sees no further than the connection does.
    """
    for statement in (_HABITS, _JUDGED, _MARKED):
        connection.execute(statement)
