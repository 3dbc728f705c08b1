"""How a grant goes at this moment, from the log: faster than the ledger, which is booked every few
minutes, and counted in the same way."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from shanhuo.kernel import clock
from shanhuo.traffic import moments
from shanhuo.traffic.fakes import judge
from shanhuo.traffic.kinds import Kind
from shanhuo.traffic.log import SignalLog
from shanhuo.traffic.models import Grant
from shanhuo.traffic.models.grants import Placement

HOUR_MS = 3_600_000


@dataclass(frozen=True, slots=True)
class Cost:
    """What support in the feed cost viewers: how many supported exposures were watched to the end,
    and how many of the others on the same days. Observed, not causal."""

    supported: int
    supported_finished: int
    others: int
    others_finished: int

    @property
    def expected_finished(self) -> float:
        """What so many exposures would have brought at the rate of the others."""
        return self.supported * self.others_finished / self.others if self.others else 0.0


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
WITH ends AS (SELECT DISTINCT sheet, slot FROM signals WHERE kind = {Kind.FINISH.value})
SELECT "grant" IN (SELECT unnest(?)) AS mine, "grant" = 0 AS free, count(*), count(ends.sheet)
FROM judged LEFT JOIN ends ON ends.sheet = judged.sheet AND ends.slot = judged.slot
WHERE fault = 0 GROUP BY ALL
"""  # noqa: S608 - only our own number is put in


def pace_of(log: SignalLog, grant: Grant, *, now: datetime) -> Pace:
    """One pass over the days of the grant."""
    starts_at = clock.start_of(grant.starts_on)
    ends_at = clock.start_of(grant.ends_on + timedelta(days=1))
    contracts = list(grant.contracts.values_list("pk", flat=True))
    in_feed = list(grant.contracts.filter(placement=Placement.FEED).values_list("pk", flat=True))
    with log.open(since=starts_at, until=max(now, starts_at) + timedelta(hours=2)) as connection:
        judge(connection)
        hours = connection.execute(_HOURS, [contracts]).fetchall()
        cost = connection.execute(_COST, [in_feed]).fetchall()
    delivered, so_far = 0, []
    for hour, count in hours:
        delivered += count
        so_far.append((moments.from_ms(hour * HOUR_MS), delivered))
    share = (now - grant.begins_at) / (ends_at - grant.begins_at)
    return Pace(
        starts_at=starts_at,
        begins_at=grant.begins_at,
        ends_at=ends_at,
        granted=grant.asked_count,
        delivered=delivered,
        target=grant.asked_count * min(1.0, max(0.0, share)),
        hours=so_far,
        cost=_cost(cost),
    )


def _cost(rows: list[tuple[bool, bool, int, int]]) -> Cost:
    supported = [row for row in rows if row[0]]
    others = [row for row in rows if row[1]]
    return Cost(
        supported=sum(row[2] for row in supported),
        supported_finished=sum(row[3] for row in supported),
        others=sum(row[2] for row in others),
        others_finished=sum(row[3] for row in others),
    )
