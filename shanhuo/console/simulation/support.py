"""Grants of the simulated season: real contracts, samples, rehearsals, prices and tariffs, without
tables and leases.

One process serves the whole city, so there is nothing to lend: an exposure is charged when it was
seen, and never beyond the quota.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random

import numpy as np

from shanhuo.console.simulation.city import FIRST_ADCODE, City
from shanhuo.kernel import clock
from shanhuo.traffic import moments
from shanhuo.traffic.board import Scores
from shanhuo.traffic.candidates import Candidates, Rows
from shanhuo.traffic.catalogue import Catalogue
from shanhuo.traffic.chances import Chances
from shanhuo.traffic.counters import Counters
from shanhuo.traffic.feed import Shown
from shanhuo.traffic.grants import rehearsal, samples
from shanhuo.traffic.grants.control import RehearsedController, Standing
from shanhuo.traffic.grants.outline import county_contracts
from shanhuo.traffic.grants.rehearsal import TooLittle
from shanhuo.traffic.grants.samples import Sampler
from shanhuo.traffic.grants.tariff import Tariff, reach_of, tariff_of
from shanhuo.traffic.grants.watching import Watch, watch_of
from shanhuo.traffic.log import SignalLog
from shanhuo.traffic.ranking import NoGrants, Priced
from shanhuo.traffic.records import Records
from shanhuo.traffic.viewers import Viewer

REHEARSED_EVERY_HOURS = 2
"""As long as a rehearsal counts; the worker of a platform rehearses every ten minutes."""

VIEWER_CAP = 3


class Support(NoGrants):
    """One contract for each supported county; the `pricing` of the feed. Quota 0: no grants.

    folder: where samples of lists and rehearsals lie, as beside the log of a platform.
    """

    def __init__(self, city: City, quota: int, *, first_day: date, folder: Path) -> None:
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
        self.rehearsals, self.rehearsals_due = 0, 0
        self._views: dict[int, Counter[int]] = defaultdict(Counter)
        self._folder = folder
        self._sampler = Sampler(folder, "city", Random(city.seed))  # noqa: S311 - a model
        self._controller = RehearsedController(folder)
        self._tariff: Tariff | None = None
        self._watch: Watch | None = None

    def step(
        self,
        catalogue: Catalogue,
        counters: Counters,
        score: Scores,
        log: SignalLog,
        *,
        now: datetime,
    ) -> None:
        """Set prices anew; outside of the days of the grant there are none."""
        now_ms, columns = moments.to_ms(now), catalogue.columns
        self._tariff = self._watch = None
        if not self.quota or not self._begin <= now_ms < self._end:
            return
        self._sampler.step(now=now)
        if now.hour % REHEARSED_EVERY_HOURS == 0:
            self._rehearse(log, now)
        reach = reach_of(self._contracts, columns, counters)
        prices = self._controller.prices(self._standing(), now_ms=now_ms)
        self._tariff = tariff_of(self._contracts, reach, prices, columns=columns, score=score)
        self._watch = watch_of(self._contracts, reach, columns=columns, score=score)

    def _rehearse(self, log: SignalLog, now: datetime) -> None:
        """What the worker does; objects of the city never vanish."""
        for contract, seen in zip(self._contracts, self.delivered.tolist(), strict=True):
            contract.seen_count = seen
        samples.forget(self._folder, now=now)
        self.rehearsals_due += 1
        try:
            made = rehearsal.rehearse_for(self._contracts, log, self._folder, hazard=0.0, now=now)
        except TooLittle:
            return
        rehearsal.save(made, self._folder)
        self.rehearsals += 1

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
        usable[[contract - 1 for contract in self._full(viewer)]] = False
        price, place = self._tariff.dearest(candidates, viewer, usable)
        return price, (place + 1).astype(np.uint32)

    def watched(self) -> Rows | None:
        if self._watch is None or not self._sampler.draw():
            return None
        return self._watch.rows

    def note(self, chances: Chances, viewer: Viewer) -> None:
        if self._watch is not None:
            offers = self._watch.offers(chances, viewer, self._full(viewer))
            self._sampler.add(chances.free, offers, self._watch.contracts)

    def charge(self, shown: Sequence[Shown], looked_at: int, viewer: Viewer) -> list[int]:
        """Contracts that the first `looked_at` slots of a list are charged to, 0 for none."""
        if self._watch is not None:
            supported = sum(one.grant > 0 for one in shown)
            self._sampler.count(slots=len(shown), supported=supported)
        return [self._charge(one.grant, viewer) for one in shown[:looked_at]]

    def _charge(self, contract: int, viewer: Viewer) -> int:
        if not contract or contract in self._full(viewer):
            return 0
        if self.delivered[contract - 1] >= self.quota:
            return 0
        self._views[viewer.key][contract] += 1
        self.delivered[contract - 1] += 1
        return contract

    def _full(self, viewer: Viewer) -> frozenset[int]:
        """Contracts of which this viewer has seen enough today."""
        views = self._views[viewer.key].items()
        return frozenset(contract for contract, times in views if times >= VIEWER_CAP)

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
