"""Grants in the feed of one web process: which prices they add to which clips."""

from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from shanhuo.traffic import moments
from shanhuo.traffic.board import Scores
from shanhuo.traffic.candidates import Candidates, Rows
from shanhuo.traffic.catalogue import Catalogue
from shanhuo.traffic.counters import Counters
from shanhuo.traffic.grants.control import Controller, CurveController
from shanhuo.traffic.grants.holding import Holding, Stand
from shanhuo.traffic.grants.tariff import Reach, reach_of, tariff_of
from shanhuo.traffic.models.grants import Placement
from shanhuo.traffic.viewers import Viewer

REACH_EVERY = timedelta(seconds=60)


class Delivery(Holding):
    """The `pricing` of one process' feed; `begin`, `take` and `step` keep it up to date."""

    def __init__(self, controller: Controller | None = None) -> None:
        super().__init__(Placement.FEED)
        self._controller: Controller = controller or CurveController()
        self._reach: Reach | None = None
        self._reached_at: datetime | None = None
        self._reached_size = 0

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
        for contract in self._views.full_of(viewer.key):
            usable[stand.places.get(contract, -1)] = False
        price, place = stand.tariff.dearest(candidates, viewer, usable)
        return price, stand.numbers[place]

    def step(
        self, catalogue: Catalogue, counters: Counters, score: Scores, *, now: datetime
    ) -> None:
        """Renew leases when it is time, and set prices."""
        self.renew_when_due(now=now)
        self._set_prices(catalogue, counters, score, now)

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
            stand.tariff = None
            return
        if self._reach is None or self._is_stale(now, len(columns)):
            self._reach = reach_of(stand.contracts, columns, counters)
            self._reached_at, self._reached_size = now, len(columns)
        standing = self._standing_of(stand.contracts)
        prices = self._controller.prices(standing, now_ms=moments.to_ms(now))
        stand.tariff = tariff_of(stand.contracts, self._reach, prices, columns=columns, score=score)

    def _is_stale(self, now: datetime, size: int) -> bool:
        """New posts, or a minute ago: what people finish may have changed."""
        reached_at = self._reached_at
        old = reached_at is None or abs(now - reached_at) >= REACH_EVERY
        return old or size != self._reached_size
