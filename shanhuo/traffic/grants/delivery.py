"""Grants in the feed of one web process: which prices they add to which clips."""

import time
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from shanhuo.traffic import moments
from shanhuo.traffic.board import Scores
from shanhuo.traffic.candidates import Candidates, Rows
from shanhuo.traffic.catalogue import Catalogue
from shanhuo.traffic.chances import Chances
from shanhuo.traffic.counters import Counters
from shanhuo.traffic.grants.control import Controller, CurveController, RehearsedController
from shanhuo.traffic.grants.holding import Holding, Stand
from shanhuo.traffic.grants.samples import Sampler
from shanhuo.traffic.grants.tariff import Reach, reach_of, tariff_of
from shanhuo.traffic.grants.watching import Watch, watch_of
from shanhuo.traffic.models.grants import Placement
from shanhuo.traffic.viewers import Viewer

REACH_EVERY = timedelta(seconds=60)
REACH_REST = 50
"""New posts join their contracts when so many times the CPU time of the last look have passed."""


class Delivery(Holding):
    """The `pricing` of one process' feed; `begin`, `take` and `step` keep it up to date.

    folder: where samples of lists go and rehearsals come from; without it there are neither, and
    contracts are paced by the curve.
    """

    def __init__(self, folder: Path | None = None) -> None:
        super().__init__(Placement.FEED)
        self._controller: Controller = RehearsedController(folder) if folder else CurveController()
        self._sampler = Sampler(folder, self.process) if folder else None
        self._watch: Watch | None = None
        self._reach: Reach | None = None
        self._reached_at: datetime | None = None
        self._reached_size = 0
        self._reach_took = timedelta()

    def offers(self) -> Rows | None:
        """Supported rows, best first; None when no contract asks for anything."""
        tariff = self._stand.tariff
        return tariff.offers if tariff is not None and len(tariff.offers) else None

    def prices(
        self, candidates: Candidates, viewer: Viewer
    ) -> tuple[Scores, NDArray[np.uint32]] | None:
        """What active grants add to each candidate, and the contract that would be charged."""
        stand = self._stand
        if stand.tariff is None or not stand.tariff.layers:
            return None
        usable = stand.hands > 0
        for contract in self._closed_to(viewer):
            usable[stand.places.get(contract, -1)] = False
        price, place = stand.tariff.dearest(candidates, viewer, usable)
        return price, stand.numbers[place]

    def watched(self) -> Rows | None:
        """What a list that was drawn as a sample should be judged for; None for most lists."""
        if self._sampler is None or not self._sampler.draw() or self._watch is None:
            return None
        return self._watch.rows

    def note(self, chances: Chances, viewer: Viewer) -> None:
        """Keep what a sampled list could have shown, for rehearsals."""
        watch = self._watch
        if self._sampler is not None and watch is not None:
            full = frozenset(self._closed_to(viewer))
            self._sampler.add(chances.free, watch.offers(chances, viewer, full), watch.contracts)

    def gave(self, sheet: int, contracts: Iterable[int], *, now_ms: int) -> None:
        given = list(contracts)
        super().gave(sheet, given, now_ms=now_ms)
        if self._sampler is not None:
            self._sampler.count(slots=len(given), supported=sum(one > 0 for one in given))

    def close(self, *, now: datetime) -> None:
        super().close(now=now)
        if self._sampler is not None:
            self._sampler.write()

    def step(
        self, catalogue: Catalogue, counters: Counters, score: Scores, *, now: datetime
    ) -> None:
        """Renew leases when it is time, and set prices."""
        self.renew_when_due(now=now)
        self._set_prices(catalogue, counters, score, now)
        if self._sampler is not None:
            self._sampler.step(now=now)

    def _carry_over(self, before: Stand, stand: Stand) -> None:
        if stand.places == before.places:
            stand.tariff = before.tariff
        else:
            self._reach = None

    def _set_prices(
        self, catalogue: Catalogue, counters: Counters, score: Scores, now: datetime
    ) -> None:
        stand, columns = self._stand, catalogue.columns
        if not stand.contracts:
            stand.tariff = self._watch = None
            return
        if self._reach is None or self._is_stale(now, len(columns)):
            began = time.thread_time()
            self._reach = reach_of(stand.contracts, columns, counters)
            self._watch = watch_of(stand.contracts, self._reach, columns=columns, score=score)
            self._reached_at, self._reached_size = now, len(columns)
            self._reach_took = timedelta(seconds=time.thread_time() - began)
        prices = self._controller.prices(self._standing(), now_ms=moments.to_ms(now))
        stand.tariff = tariff_of(stand.contracts, self._reach, prices, columns=columns, score=score)

    def _is_stale(self, now: datetime, size: int) -> bool:
        """A minute ago: what people finish may have changed. New posts, as often as it is cheap."""
        if self._reached_at is None:
            return True
        rest = REACH_EVERY if size == self._reached_size else REACH_REST * self._reach_took
        return abs(now - self._reached_at) >= min(rest, REACH_EVERY)
