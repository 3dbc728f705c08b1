"""How a grant goes at this moment, from the log: faster than the ledger, which is booked every few
minutes, and counted in the same way."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from shanhuo.kernel import clock
from shanhuo.traffic import moments
from shanhuo.traffic.fakes import judge
from shanhuo.traffic.kinds import FLOORS, Kind, ObjectKind, Source, Surface
from shanhuo.traffic.learning.lessons import LONG_VIEW_MS
from shanhuo.traffic.log import SignalLog
from shanhuo.traffic.models import Contract, Grant
from shanhuo.traffic.models.grants import Placement

HOUR_MS = 3_600_000
NOT_RANKED = (Source.FRESH, Source.RANDOM, Source.CHOSEN, *FLOORS)


@dataclass(frozen=True, slots=True)
class Cost:
    """What support in the feed cost viewers: long views (finished, or 18 s) of supported exposures,
    and of those the ranker alone chose on the same days. Observed, not causal.

    `price`: points of the ranker's score that the grant added in all. What it displaced was worth
    at most so much more; once a model ranks, a point is an expected long view."""

    supported: int
    supported_long: int
    ranked: int
    ranked_long: int
    price: float

    @property
    def expected_long(self) -> float:
        """What so many exposures would have brought at the rate of the ranked ones."""
        return self.supported * self.ranked_long / self.ranked if self.ranked else 0.0


@dataclass(frozen=True, slots=True)
class Pace:
    """`begins_at`: from when it may be delivered. `hours`: (hour begins at, delivered until its
    end), hours without any left out."""

    starts_at: datetime
    begins_at: datetime
    ends_at: datetime
    granted: int
    delivered: int
    target: float
    hours: list[tuple[datetime, int]]
    cost: Cost


_HOURS = """
SELECT at_ms // 3600000 AS hour, count(*) FROM judged
WHERE fault = 0 AND "grant" IN (SELECT unnest(?)) GROUP BY hour ORDER BY hour
"""
_COST = f"""
WITH long_views AS (
    SELECT DISTINCT sheet, slot FROM signals WHERE kind = {Kind.FINISH.value}
        OR (kind = {Kind.WATCH.value} AND "value" >= {LONG_VIEW_MS})
)
SELECT "grant" > 0 AS mine, count(*), count(long_views.sheet), sum(price)
FROM judged LEFT JOIN long_views USING (sheet, slot)
WHERE fault = 0 AND surface = {Surface.FEED.value}
    AND object_kind IN ({ObjectKind.POST.value}, {ObjectKind.SESSION.value})
    AND ("grant" IN (SELECT unnest(?)) OR ("grant" = 0
        AND source NOT IN ({", ".join(str(source.value) for source in NOT_RANKED)})))
GROUP BY ALL
"""  # noqa: S608 - only our own numbers are put in


def pace_of(log: SignalLog, grant: Grant, *, now: datetime) -> Pace:
    """One pass over the days of the grant."""
    starts_at = clock.start_of(grant.starts_on)
    ends_at = clock.start_of(grant.ends_on + timedelta(days=1))
    found = list(grant.contracts.select_related("grant"))
    contracts = [one.pk for one in found]
    in_feed = [one.pk for one in found if one.placement == Placement.FEED]
    with log.open(since=starts_at, until=max(now, starts_at) + timedelta(hours=2)) as connection:
        judge(connection)
        hours = connection.execute(_HOURS, [contracts]).fetchall()
        cost = connection.execute(_COST, [in_feed]).fetchall()
    delivered, so_far = 0, []
    for hour, count in hours:
        delivered += count
        so_far.append((moments.from_ms(hour * HOUR_MS), delivered))
    return Pace(
        starts_at=starts_at,
        begins_at=grant.begins_at,
        ends_at=ends_at,
        granted=grant.asked_count,
        delivered=delivered,
        target=sum(due_of(one, now=now) for one in found),
        hours=so_far,
        cost=_cost(cost),
    )


def due_of(contract: Contract, *, now: datetime) -> float:
    """What should have been delivered of it by now: a straight line."""
    share = (now - contract.begins_at) / max(
        contract.due_at - contract.begins_at, timedelta(seconds=1)
    )
    return contract.promised_count * min(1.0, max(0.0, share))


def _cost(rows: list[tuple[bool, int, int, float]]) -> Cost:
    by_lane = {mine: counts for mine, *counts in rows}
    supported, supported_long, price = by_lane.get(True, (0, 0, 0.0))
    ranked, ranked_long, _none = by_lane.get(False, (0, 0, 0.0))
    return Cost(int(supported), int(supported_long), int(ranked), int(ranked_long), float(price))
