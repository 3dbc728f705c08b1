"""Grants in one web process: what it may give out, at which prices, and what is in the air.

Two sides meet here. A step (a thread, about once a second) takes in the log, renews leases and sets
prices. An answer reads the stand as a whole, and gives out slots under the lock.
"""

import logging
import secrets
import threading
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import ClassVar

import numpy as np
from django.db import DatabaseError
from numpy.typing import NDArray

from shanhuo.kernel import clock
from shanhuo.traffic import moments
from shanhuo.traffic.board import Scores
from shanhuo.traffic.candidates import Candidates, Rows
from shanhuo.traffic.catalogue import Catalogue
from shanhuo.traffic.counters import Counters
from shanhuo.traffic.grants import leases
from shanhuo.traffic.grants.air import Air
from shanhuo.traffic.grants.control import Controller, CurveController, Standing, target_at
from shanhuo.traffic.grants.leases import Report
from shanhuo.traffic.grants.tariff import Reach, Tariff, reach_of, tariff_of
from shanhuo.traffic.kinds import Kind
from shanhuo.traffic.models import Contract
from shanhuo.traffic.models.grants import Placement
from shanhuo.traffic.records import Records
from shanhuo.traffic.viewers import Viewer

RENEW_EVERY = timedelta(seconds=2)
REACH_EVERY = timedelta(seconds=60)
IN_HAND_MS = 15 * 60_000
"""A process keeps in hand what the curve asks for in this time: a little, and never more than a
fiftieth of the contract, so that what dies with a process is small."""
LEAST_IN_HAND = 4
MOST_PART_IN_HAND = 50
MOST_VIEWS = 500_000

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Stand:
    """Deliverable contracts in columns, replaced as a whole by each step but for `hands`, which
    answers count down. `hands` and `numbers` have one place more: -1, "none", is never usable."""

    contracts: Sequence[Contract]
    numbers: NDArray[np.uint32]
    hands: NDArray[np.int64]
    places: dict[int, int]
    tariff: Tariff | None = None

    @classmethod
    def of(cls, contracts: Sequence[Contract], given: dict[int, int]) -> "Stand":
        numbers = [one.pk for one in contracts]
        return cls(
            contracts=contracts,
            numbers=np.array([*numbers, 0], np.uint32),
            hands=np.array([*(given.get(number, 0) for number in numbers), 0], np.int64),
            places={number: place for place, number in enumerate(numbers)},
        )


class Delivery:
    """The `pricing` of one process' feed; `begin`, `take` and `step` keep it up to date."""

    placements: ClassVar[tuple[Placement, ...]] = (Placement.FEED,)

    def __init__(self, controller: Controller | None = None) -> None:
        self.process = secrets.token_hex(16)
        self._controller: Controller = controller or CurveController()
        self._lock = threading.Lock()
        self._air = Air()
        self._seen: Counter[int] = Counter()
        self._seen_on: Counter[tuple[int, date]] = Counter()
        self._views = Views()
        self._lent: set[int] = set()
        self._stand = Stand.of([], {})
        self._reach: Reach | None = None
        self._renewed_at: datetime | None = None
        self._reached_at: datetime | None = None
        self._reached_size = 0

    # The side of answers.

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

    def charge(self, contracts: Sequence[int], viewer: Viewer) -> list[bool]:
        """Give out an exposure for each slot (contract 0: nothing to charge), as far as the lease
        and the viewer's cap go. What is not charged is shown all the same."""
        with self._lock:
            return [bool(contract) and self._charge(contract, viewer.key) for contract in contracts]

    def _charge(self, contract: int, viewer: int) -> bool:
        stand = self._stand
        place = stand.places.get(contract, -1)
        if stand.hands[place] < 1:
            return False
        if not self._views.add(viewer, contract, cap=stand.contracts[place].viewer_cap):
            return False
        stand.hands[place] -= 1
        self._air.out[contract] += 1
        return True

    def gave(self, sheet: int, contracts: Iterable[int], *, now_ms: int) -> None:
        """The charged slots (0: not charged) of a sealed sheet are in the air from now on."""
        with self._lock:
            for slot, contract in enumerate(contracts):
                if contract:
                    self._air.give(sheet, slot, contract, now_ms=now_ms)

    # The side of steps.

    def begin(self, counted: Iterable[tuple[int, date, int]]) -> None:
        """After a start: (contract, day, exposures) of all that `take` will not be given."""
        for contract, day, count in counted:
            self._seen[contract] += count
            self._seen_on[contract, day] += count

    def take(self, records: Records) -> None:
        """Let exposures of the log count, whichever process gave them out."""
        seen = records[(records["kind"] == Kind.EXPOSURE) & (records["grant"] > 0)]
        if not len(seen):
            return
        columns = (seen["grant"].tolist(), seen["viewer"].tolist(), seen["at_ms"].tolist())
        with self._lock:
            ours = self._air.seen(seen)
            for contract, viewer, at_ms, mine in zip(*columns, ours, strict=True):
                self._seen[contract] += 1
                self._seen_on[contract, clock.day_of(moments.from_ms(at_ms))] += 1
                if not mine:
                    place = self._stand.places.get(contract)
                    if place is not None:
                        cap = self._stand.contracts[place].viewer_cap
                        self._views.add(viewer, contract, cap=cap)

    def step(
        self, catalogue: Catalogue, counters: Counters, score: Scores, *, now: datetime
    ) -> None:
        """Renew leases when it is time, and set prices. Without the database nothing is given out
        beyond what is in hand."""
        if self._renewed_at is None or abs(now - self._renewed_at) >= RENEW_EVERY:
            self._renewed_at = now
            try:
                self._renew(now)
            except DatabaseError:
                _log.exception("leases could not be renewed")
        self._set_prices(catalogue, counters, score, now)

    def close(self, *, now: datetime) -> None:
        """The process ends: give back what is in hand."""
        with self._lock:
            self._stand = Stand.of([], {})
            out = +self._air.out
        leases.resign(self.process, out, now=now)

    def _renew(self, now: datetime) -> None:
        """Tell the database what was seen and is out, and take up what it lends. Meanwhile nothing
        is given out: what was reported must stay true until the new stand is in place."""
        mine = leases.deliverable(now=now).filter(placement__in=self.placements)
        contracts = list(mine.select_related("grant").order_by("pk"))
        with self._lock:
            self._stand.hands[:] = 0
            self._views.turn(clock.day_of(now))
            self._air.let_go(now_ms=moments.to_ms(now))
            reports = self._reports(contracts, now)
        given = leases.renew(self.process, reports, now=now) if reports else {}
        self._lent = {number for number in given if given[number] + reports[number].out}
        tariff, before = self._stand.tariff, self._stand.places
        stand = Stand.of(contracts, given)
        if stand.places == before:
            stand.tariff = tariff
        else:
            self._reach = None
        self._stand = stand

    def _reports(self, contracts: Sequence[Contract], now: datetime) -> dict[int, Report]:
        """On every deliverable contract, and on those of which we have, or had, something."""
        wanted = dict(zip((one.pk for one in contracts), self._wanted(contracts, now), strict=True))
        today = clock.day_of(now)
        return {
            number: Report(
                seen=self._seen[number],
                seen_on_day=self._seen_on[number, today],
                out=self._air.out[number],
                wanted=wanted.get(number, 0),
            )
            for number in wanted.keys() | (+self._air.out).keys() | self._lent
        }

    def _wanted(self, contracts: Sequence[Contract], now: datetime) -> list[int]:
        standing = self._standing_of(contracts)
        due = target_at(standing, now_ms=moments.to_ms(now) + IN_HAND_MS) - standing.delivered
        most = LEAST_IN_HAND + standing.quota // MOST_PART_IN_HAND
        return [int(one) for one in np.clip(np.ceil(due), LEAST_IN_HAND, most)]

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

    def _standing_of(self, contracts: Sequence[Contract]) -> Standing:
        day = timedelta(days=1)

        def column(values: Iterable[int]) -> NDArray[np.int64]:
            return np.fromiter(values, np.int64, len(contracts))

        return Standing(
            contract=column(one.pk for one in contracts),
            quota=column(one.quota_count for one in contracts),
            delivered=column(self._seen[one.pk] - one.excluded_count for one in contracts),
            starts_ms=column(_start_ms(one.grant.starts_on) for one in contracts),
            ends_ms=column(_start_ms(one.grant.ends_on + day) for one in contracts),
        )


def _start_ms(day: date) -> int:
    return moments.to_ms(clock.start_of(day))


class Views:
    """How often each viewer was given each contract today, while the cap of the viewer counts.

    Bounded: when too many are remembered, all are forgotten, and caps begin anew.
    """

    def __init__(self) -> None:
        self._day: date | None = None
        self._times: Counter[tuple[int, int]] = Counter()
        self._full: dict[int, set[int]] = {}

    def turn(self, day: date) -> None:
        """A new day begins with nobody having seen anything."""
        if day != self._day or len(self._times) > MOST_VIEWS:
            self._day = day
            self._times.clear()
            self._full.clear()

    def full_of(self, viewer: int) -> Iterable[int]:
        """Contracts that this viewer was shown as often as they may be today."""
        return tuple(self._full.get(viewer, ()))

    def add(self, viewer: int, contract: int, *, cap: int) -> bool:
        """Count one more, if the cap allows it."""
        times = self._times[viewer, contract]
        if times >= cap:
            return False
        self._times[viewer, contract] = times + 1
        if times + 1 >= cap:
            self._full.setdefault(viewer, set()).add(contract)
        return True
