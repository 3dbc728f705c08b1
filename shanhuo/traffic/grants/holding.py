"""What one web process holds of contracts: what it may give out, and what is in the air.

Two sides meet here. A step (a thread, about once a second) takes in the log and renews leases. An
answer reads the stand as a whole, and gives out slots under the lock.
"""

import logging
import secrets
import threading
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache

import numpy as np
from django.db import DatabaseError
from numpy.typing import NDArray

from shanhuo.kernel import clock
from shanhuo.traffic import moments
from shanhuo.traffic.grants import leases
from shanhuo.traffic.grants.air import Air
from shanhuo.traffic.grants.control import Standing, target_at
from shanhuo.traffic.grants.gate import Gate
from shanhuo.traffic.grants.leases import PARTS, Report
from shanhuo.traffic.grants.tariff import Tariff
from shanhuo.traffic.kinds import Kind
from shanhuo.traffic.models import Contract
from shanhuo.traffic.models.grants import Placement
from shanhuo.traffic.records import Records
from shanhuo.traffic.viewers import Viewer

RENEW_EVERY = timedelta(seconds=5)
AT_ONCE = 50
"""More than so many contracts are renewed in PARTS, a part every quarter of a second: answers wait
while the thread of the steps works, and five hundred would keep fifty of them waiting."""
IN_HAND_MS = 15 * 60_000
"""A process keeps in hand what the curve asks for in this time: a little, and never more than a
fiftieth of the contract, so that what dies with a process is small."""
LEAST_IN_HAND = 4
MOST_PART_IN_HAND = 50
MOST_VIEWS = 500_000
A_DAY = timedelta(days=1)

Breathe = Callable[[], None]

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Stand:
    """Deliverable contracts in columns, replaced as a whole by each step but for `hands`, which
    answers count down. `hands` and `numbers` have one place more: -1, "none", is never usable.
    `terms`: a line per contract, see `_terms_of`."""

    contracts: Sequence[Contract]
    numbers: NDArray[np.uint32]
    terms: NDArray[np.int64]
    hands: NDArray[np.int64]
    places: dict[int, int]
    tariff: Tariff | None = None

    @classmethod
    def of(
        cls, contracts: Sequence[Contract], terms: NDArray[np.int64], given: Mapping[int, int]
    ) -> "Stand":
        numbers = [one.pk for one in contracts]
        return cls(
            contracts=contracts,
            numbers=np.array([*numbers, 0], np.uint32),
            terms=terms,
            hands=np.array([*(given.get(number, 0) for number in numbers), 0], np.int64),
            places={number: place for place, number in enumerate(numbers)},
        )

    @classmethod
    def empty(cls) -> "Stand":
        return cls.of([], _terms_of([]), {})

    def renewed(
        self,
        contracts: Sequence[Contract],
        terms: NDArray[np.int64],
        given: Mapping[int, int],
        parts: frozenset[int],
    ) -> "Stand":
        """The next one: `contracts` in place of those of these parts, the others as they stand."""
        kept = np.flatnonzero(~self.of_parts(parts))
        every = [*(self.contracts[place] for place in kept.tolist()), *contracts]
        hands = dict(zip(self.numbers[kept].tolist(), self.hands[kept].tolist(), strict=True))
        order = sorted(range(len(every)), key=lambda place: every[place].pk)
        terms = np.concatenate((self.terms[kept], terms))[order]
        return Stand.of([every[place] for place in order], terms, hands | dict(given))

    def of_parts(self, parts: Collection[int]) -> NDArray[np.bool_]:
        """By place, whether the contract is of one of these parts."""
        return np.isin(self.numbers[:-1] % PARTS, [*parts])


class Holding:
    """The contracts of some placements in one process."""

    def __init__(self, *placements: Placement) -> None:
        self.process = secrets.token_hex(16)
        self._placements = placements
        self._lock = threading.Lock()
        self._air = Air()
        self._seen: Counter[int] = Counter()
        self._seen_on: Counter[tuple[int, date]] = Counter()
        self._views = Views()
        self._gate = Gate()
        self._lent: set[int] = set()
        self._stand = Stand.empty()
        self._renewed_at: list[datetime | None] = [None] * PARTS

    # The side of answers.

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
        if not self._gate.admits(contract, viewer):
            return False
        if not self._admit(viewer, stand.contracts[place]):
            return False
        stand.hands[place] -= 1
        self._air.out[contract] += 1
        self._gate.count(contract, viewer)
        return True

    def _admit(self, viewer: int, contract: Contract) -> bool:
        """Count one more for the viewer, if the cap allows it."""
        return self._views.add(viewer, contract.pk, cap=contract.viewer_cap)

    def _closed_to(self, viewer: Viewer) -> Iterable[int]:
        """Contracts that this viewer has seen enough of today, or is held out of by a trial."""
        return (*self._views.full_of(viewer.key), *self._gate.closed_to(viewer.key))

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

    def at_least(self, told: Iterable[tuple[int, int, date, int]]) -> None:
        """`leases.seen_counts` as they were before the log was read. Where the log holds less, it
        lost something that was delivered all the same."""
        for contract, seen, day, on_day in told:
            self._seen[contract] = max(self._seen[contract], seen)
            self._seen_on[contract, day] = max(self._seen_on[contract, day], on_day)

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
                    self._gate.count(contract, viewer)
                    place = self._stand.places.get(contract)
                    if place is not None:
                        cap = self._stand.contracts[place].viewer_cap
                        self._views.add(viewer, contract, cap=cap)

    def renew_when_due(self, *, now: datetime, breathe: Breathe = lambda: None) -> None:
        """Without the database nothing is given out beyond what is in hand. `breathe` is called
        before each of several parts."""
        due = [
            part
            for part, at in enumerate(self._renewed_at)
            if at is None or abs(now - at) >= RENEW_EVERY
        ]
        for parts in self._at_once(due):
            breathe()
            for part in parts:
                self._renewed_at[part] = now
            try:
                self._renew(frozenset(parts), now)
            except DatabaseError:
                _log.exception("leases could not be renewed")
        if len(due) == PARTS and len(self._stand.contracts) > AT_ONCE:
            # As after a start. From here on they take turns.
            turns = (RENEW_EVERY * (part + 0.5) / PARTS for part in range(PARTS))
            self._renewed_at = [now - early for early in turns]

    def _at_once(self, due: list[int]) -> list[list[int]]:
        """The parts that are due, each for itself if there is much to renew."""
        if len(self._stand.contracts) > AT_ONCE:
            return [[part] for part in due]
        return [due] if due else []

    def close(self, *, now: datetime) -> None:
        """The process ends: give back what is in hand."""
        with self._lock:
            self._stand = Stand.empty()
            out = +self._air.out
        leases.resign(self.process, out, now=now)

    def _renew(self, parts: frozenset[int], now: datetime) -> None:
        """Tell the database what was seen and is out of these parts, and take up what it lends.
        Meanwhile nothing is given out of them: what was reported must stay true until the new stand
        is in place."""
        contracts = self._deliverable(parts, now)
        terms = _terms_of(contracts)
        with self._lock:
            self._stand.hands[:-1][self._stand.of_parts(parts)] = 0
            self._views.turn(clock.day_of(now))
            self._air.let_go(now_ms=moments.to_ms(now))
            reports = self._reports(contracts, terms, parts, now)
        given = leases.renew(self.process, reports, now=now) if reports else {}
        others = {number for number in self._lent if number % PARTS not in parts}
        self._lent = others | {number for number in given if given[number] + reports[number].out}
        with self._lock:
            stand = self._stand.renewed(contracts, terms, given, parts)
            self._carry_over(self._stand, stand)
            self._stand = stand
        beside = [number for number in stand.places if number % PARTS not in parts]
        self._gate.renew(contracts, beside, now=now)

    def _deliverable(self, parts: frozenset[int], now: datetime) -> list[Contract]:
        """Contracts of these parts that may be shown now, with their grants and trials."""
        return leases.deliverable_of(
            day=clock.day_of(now),
            placements=[placement.value for placement in self._placements],
            parts=sorted(parts),
        )

    def _carry_over(self, before: Stand, stand: Stand) -> None:
        """What the next stand keeps of the one before: for those who put more into it."""

    def _reports(
        self,
        contracts: Sequence[Contract],
        terms: NDArray[np.int64],
        parts: frozenset[int],
        now: datetime,
    ) -> dict[int, Report]:
        """On the deliverable contracts of these parts, and on those of which we have, or had,
        something."""
        numbers = [one.pk for one in contracts]
        wanted = dict(zip(numbers, self._wanted(numbers, terms, now), strict=True))
        held = {*+self._air.out, *self._lent}
        today = clock.day_of(now)
        return {
            number: Report(
                seen=self._seen[number],
                seen_on_day=self._seen_on[number, today],
                out=self._air.out[number],
                wanted=wanted.get(number, 0),
            )
            for number in wanted.keys() | {one for one in held if one % PARTS in parts}
        }

    def _wanted(self, numbers: Sequence[int], terms: NDArray[np.int64], now: datetime) -> list[int]:
        standing = self._standing_of(numbers, terms)
        due = target_at(standing, now_ms=moments.to_ms(now) + IN_HAND_MS) - standing.delivered
        most = LEAST_IN_HAND + standing.quota // MOST_PART_IN_HAND
        return [int(one) for one in np.clip(np.ceil(due), LEAST_IN_HAND, most)]

    def _standing(self) -> Standing:
        """Of all contracts, as they stand."""
        return self._standing_of(self._stand.numbers[:-1].tolist(), self._stand.terms)

    def _standing_of(self, numbers: Sequence[int], terms: NDArray[np.int64]) -> Standing:
        seen = np.fromiter((self._seen[number] for number in numbers), np.int64, len(numbers))
        quota, excluded, starts_ms, ends_ms = terms.T
        return Standing(np.array(numbers, np.int64), quota, seen - excluded, starts_ms, ends_ms)


def _terms_of(contracts: Sequence[Contract]) -> NDArray[np.int64]:
    """Of each contract: what is promised, excluded, first moment, and that at which all is due."""
    lines = [
        (one.promised_count, one.excluded_count, moments.to_ms(one.begins_at), _due_ms(one))
        for one in contracts
    ]
    return np.array(lines, np.int64).reshape(-1, 4)


def _due_ms(contract: Contract) -> int:
    if contract.airs_at is not None:
        return moments.to_ms(contract.due_at)
    return _start_ms(contract.grant.ends_on + A_DAY)


@lru_cache(maxsize=1_000)
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
