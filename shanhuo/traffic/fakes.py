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

from shanhuo.traffic.kinds import Kind

MOST_OF_ONE_THING = 3
MOST_IN_A_MINUTE = 90
MOST_IN_A_DAY = 1500
MOST_LIKES_UNWATCHED = 40


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
        _("More than 40 likes in a day by a viewer who watched nothing: all of that day."),
        f"likes > {MOST_LIKES_UNWATCHED} AND watched_ms = 0",
    ),
)

_DAY_MS = int(timedelta(days=1).total_seconds() * 1000)
_EAST_MS = int(timedelta(hours=8).total_seconds() * 1000)
"""Shanghai has kept UTC+8 without summer time since 1991."""

_FAULT = " ".join(f"WHEN {rule.finds} THEN {rule.number}" for rule in RULES)

_JUDGED = f"""
CREATE OR REPLACE TEMP VIEW judged AS
WITH days AS (
    SELECT *, (at_ms + {_EAST_MS}) // {_DAY_MS} AS day_number FROM signals
), habits AS (
    SELECT viewer, day_number,
        count(*) FILTER (kind = {Kind.LIKE.value}) AS likes,
        coalesce(sum("value") FILTER (kind = {Kind.WATCH.value}), 0) AS watched_ms
    FROM days WHERE kind IN ({Kind.LIKE.value}, {Kind.WATCH.value}) GROUP BY ALL
), exposures AS (
    SELECT days.*, coalesce(likes, 0) AS likes, coalesce(watched_ms, 0) AS watched_ms,
        row_number() OVER (
            PARTITION BY viewer, object_kind, object, day_number ORDER BY at_ms, sheet, slot
        ) AS nth,
        count(*) OVER (PARTITION BY viewer, day_number, at_ms // 60000) AS in_minute,
        count(*) OVER (PARTITION BY viewer, day_number) AS in_day
    FROM days LEFT JOIN habits USING (viewer, day_number)
    WHERE kind = {Kind.EXPOSURE.value}
)
SELECT * EXCLUDE (nth, in_minute, in_day, likes, watched_ms), CASE {_FAULT} ELSE 0 END AS fault
FROM exposures
"""  # noqa: S608 - only our own numbers and rules are put in


def judge(connection: duckdb.DuckDBPyConnection) -> None:
    """Add the view `judged` to a connection of the log: its exposures, each with `day_number`
    (days since 1970 in Shanghai) and `fault`, the number of the first rule that finds it, or 0.

    Open the log on whole days: a rule sees no further than the connection does.
    """
    connection.execute(_JUDGED)
