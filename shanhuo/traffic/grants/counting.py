"""What the signal log says was delivered: the truth that the ledger is held against."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from shanhuo.kernel import clock
from shanhuo.traffic.fakes import judge
from shanhuo.traffic.log import SignalLog, Snapshot

_EPOCH = date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class DayCount:
    """Exposures of one contract on one day: all that were shown, and those excluded by a rule."""

    contract: int
    day: date
    shown: int
    excluded: int

    @property
    def delivered(self) -> int:
        return self.shown - self.excluded


def count(
    log: SignalLog, *, since: date, until: date, snapshot: Snapshot | None = None
) -> Iterator[DayCount]:
    """Every contract and day with an exposure, both days included, oldest first; as of now, or as
    of a snapshot."""
    begin, end = clock.start_of(since), clock.start_of(until + timedelta(days=1))
    with log.open(since=begin, until=end, snapshot=snapshot) as connection:
        judge(connection)
        rows = connection.execute(
            'SELECT "grant", day_number, count(*), count(*) FILTER (fault > 0)'
            ' FROM judged WHERE "grant" > 0 GROUP BY ALL ORDER BY day_number, "grant"'
        ).fetchall()
    for contract, day, shown, excluded in rows:
        yield DayCount(contract, _EPOCH + timedelta(days=day), shown, excluded)


def excluded_by_rule(
    log: SignalLog, contracts: list[int], *, since: date, until: date
) -> Counter[int]:
    """How many exposures of these contracts each rule found."""
    begin, end = clock.start_of(since), clock.start_of(until + timedelta(days=1))
    with log.open(since=begin, until=end) as connection:
        judge(connection)
        rows = connection.execute(
            'SELECT fault, count(*) FROM judged WHERE fault > 0 AND "grant" IN (SELECT unnest(?))'
            " GROUP BY fault",
            [contracts],
        ).fetchall()
    return Counter(dict(rows))
