"""Grants of the simulated season: real contracts, prices and tariffs, without tables and leases.

One process serves the whole city, so there is nothing to lend: an exposure is charged when it was
seen, and never beyond the quota.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime, timedelta

import numpy as np

from shanhuo.console.simulation.city import FIRST_ADCODE, City
from shanhuo.kernel import clock
from shanhuo.traffic import moments
from shanhuo.traffic.board import Scores
from shanhuo.traffic.candidates import Candidates, Rows
from shanhuo.traffic.catalogue import Catalogue
from shanhuo.traffic.counters import Counters
from shanhuo.traffic.feed import Shown
from shanhuo.traffic.grants.control import CurveController, Standing
from shanhuo.traffic.grants.outline import county_contracts
from shanhuo.traffic.grants.tariff import Tariff, reach_of, tariff_of
from shanhuo.traffic.ranking import NoGrants, Priced
from shanhuo.traffic.records import Records
from shanhuo.traffic.viewers import Viewer

VIEWER_CAP = 3


class Support(NoGrants):
    """One contract for each supported county; the `pricing` of the feed. Quota 0: no grants."""

    def __init__(self, city: City, quota: int, *, first_day: date) -> None:
        days = city.options.support_days
        starts_on = first_day + timedelta(days=days.start)
        ends_on = first_day + timedelta(days=days.stop - 1)
        self._contracts = county_contracts(
            (FIRST_ADCODE + np.flatnonzero(city.is_supported)).tolist(),
            quota=quota,
            starts_on=starts_on,
            ends_on=ends_on,
            viewer_cap=VIEWER_CAP,
        )
        self._begin = moments.to_ms(clock.start_of(starts_on))
        self._end = moments.to_ms(clock.start_of(ends_on + timedelta(days=1)))
        self.quota = quota
        self.delivered = np.zeros(len(self._contracts), np.int64)
        self._views: Counter[tuple[int, int]] = Counter()
        self._controller = CurveController()
        self._tariff: Tariff | None = None

    def step(
        self, catalogue: Catalogue, counters: Counters, score: Scores, *, now: datetime
    ) -> None:
        """Set prices anew; outside of the days of the grant there are none."""
        now_ms, columns = moments.to_ms(now), catalogue.columns
        self._tariff = None
        if self.quota and self._begin <= now_ms < self._end:
            reach = reach_of(self._contracts, columns, counters)
            prices = self._controller.prices(self._standing(), now_ms=now_ms)
            self._tariff = tariff_of(self._contracts, reach, prices, columns=columns, score=score)

    def take(self, records: Records) -> None:
        """Nothing: `charge` has counted what was seen."""

    def new_day(self) -> None:
        self._views.clear()

    def offers(self) -> Rows | None:
        return self._tariff.offers if self._tariff and len(self._tariff.offers) else None

    def prices(self, candidates: Candidates, viewer: Viewer) -> Priced | None:
        if self._tariff is None or not self._tariff.layers:
            return None
        usable = np.append(self.delivered < self.quota, False)
        price, place = self._tariff.dearest(candidates, viewer, usable)
        return price, (place + 1).astype(np.uint32)

    def charge(self, seen: Sequence[Shown], viewer: Viewer) -> list[bool]:
        """Which of the slots that were looked at are delivered support."""
        return [bool(one.grant) and self._charge(one.grant, viewer.key) for one in seen]

    def _charge(self, contract: int, viewer: int) -> bool:
        times = self._views[viewer, contract]
        if times >= VIEWER_CAP or self.delivered[contract - 1] >= self.quota:
            return False
        self._views[viewer, contract] = times + 1
        self.delivered[contract - 1] += 1
        return True

    def _standing(self) -> Standing:
        def column(value: int) -> "np.ndarray[tuple[int], np.dtype[np.int64]]":
            return np.full(len(self._contracts), value, np.int64)

        return Standing(
            contract=np.arange(1, len(self._contracts) + 1),
            quota=column(self.quota),
            delivered=self.delivered,
            starts_ms=column(self._begin),
            ends_ms=column(self._end),
        )
