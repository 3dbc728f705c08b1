"""Banners and opening cards (横幅、开屏) in one web process: what they show, and whose turn it is.

They are under the same leases as the feed, but there is nothing to outbid: where no grant asks, the
place stays empty. So a contract has its turn while it is behind its straight line, the furthest
behind first, and everything shown is support. Nothing here is chosen by what a viewer did.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np

from shanhuo.kernel import clock
from shanhuo.traffic import moments
from shanhuo.traffic.catalogue import Catalogue
from shanhuo.traffic.grants.control import target_at
from shanhuo.traffic.grants.drawing import Placard, draw
from shanhuo.traffic.grants.holding import MOST_VIEWS, Holding, Stand
from shanhuo.traffic.kinds import Kind, Source, Surface
from shanhuo.traffic.models import Contract, Grant
from shanhuo.traffic.models.grants import Placement
from shanhuo.traffic.records import Records
from shanhuo.traffic.sheets import Slot, seal
from shanhuo.traffic.viewers import Viewer

SURFACES = {Placement.BANNER: Surface.BANNER, Placement.SPLASH: Surface.SPLASH}
_PLACEMENTS = {surface.value: placement for placement, surface in SURFACES.items()}
LOOK_AHEAD_MS = 30 * 60_000
DRAWN_EVERY = timedelta(seconds=10)
A_PROVINCE = 10_000


@dataclass(frozen=True, slots=True)
class Placed:
    """A placard given out to one viewer: its sheet has this one slot, number 0."""

    placard: Placard
    placement: Placement
    sheet: str


class Placards(Holding):
    """`begin`, `take` and `step` keep it up to date; `place` answers."""

    def __init__(self) -> None:
        super().__init__(*SURFACES)
        self._habits = Habits()
        self._placards: dict[int, Placard] = {}
        self._turns: dict[Placement, list[Contract]] = {}
        self._drawn_at: datetime | None = None

    def place(
        self, placement: Placement, viewer: Viewer, *, county: int = 0, now: datetime
    ) -> Placed | None:
        """The placard whose turn it is, charged to its contract; None where nothing may be shown.

        county: only what belongs to this county, but not the county itself: for its own page.
        """
        if viewer.youth:
            return None
        contract = self._take_turn(placement, viewer, county, clock.day_of(now))
        if contract is None:
            return None
        placard, now_ms = self._placards[contract.pk], moments.to_ms(now)
        slot = Slot(
            placard.object_kind, placard.object, placard.county, Source.GRANT, grant=contract.pk
        )
        surface = SURFACES[placement]
        sheet, token = seal(
            [slot], viewer=viewer.key, surface=surface, flags=viewer.flags, now_ms=now_ms
        )
        self.gave(sheet, [contract.pk], now_ms=now_ms)
        return Placed(placard, placement, token)

    def _take_turn(
        self, placement: Placement, viewer: Viewer, county: int, day: date
    ) -> Contract | None:
        """Charge the first contract that may be shown to this viewer here."""
        with self._lock:
            self._habits.turn(day)
            for contract in self._turns.get(placement, ()):
                placard = self._placards.get(contract.pk)
                fits = placard is not None and _fits(contract, placard, viewer, county)
                if fits and self._charge(contract.pk, viewer.key):
                    return contract
        return None

    def _admit(self, viewer: int, contract: Contract) -> bool:
        """The cap counts everything in this placement, whichever grant it was of."""
        placement = Placement(contract.placement)
        return self._habits.admit(viewer, placement, cap=contract.viewer_cap)

    def take(self, records: Records) -> None:
        """Let exposures count, and skips be obeyed, whichever process gave the placards out."""
        ours = records[np.isin(records["surface"], [*_PLACEMENTS])]
        if not len(ours):
            return
        with self._lock:
            for record in ours:
                self._learn_habit(record)
        super().take(ours)

    def _learn_habit(self, record: Records) -> None:
        viewer, day = int(record["viewer"]), clock.day_of(moments.from_ms(int(record["at_ms"])))
        placement = _PLACEMENTS[int(record["surface"])]
        if record["kind"] == Kind.SKIP:
            self._habits.end(viewer, placement, day=day)
        elif record["kind"] == Kind.EXPOSURE and not self._air.holds(record):
            self._habits.count(viewer, placement, day=day)

    def step(self, catalogue: Catalogue, *, now: datetime) -> None:
        """Renew leases when it is time, draw the placards anew, and say whose turn it is."""
        self.renew_when_due(now=now)
        contracts = self._stand.contracts
        if self._drawn_at is None or abs(now - self._drawn_at) >= DRAWN_EVERY:
            self._placards = draw(contracts, catalogue, now=now)
            self._drawn_at = now
        self._turns = self._next_turns(contracts, now)

    def _carry_over(self, before: Stand, stand: Stand) -> None:
        if stand.places != before.places:
            self._drawn_at = None

    def _next_turns(
        self, contracts: Sequence[Contract], now: datetime
    ) -> dict[Placement, list[Contract]]:
        """Contracts that are behind, those first that lack the greatest part of what they ask."""
        standing = self._standing()
        due = target_at(standing, now_ms=moments.to_ms(now) + LOOK_AHEAD_MS) - standing.delivered
        lacking = due / np.maximum(1, standing.quota)
        behind = [
            contracts[place] for place in np.argsort(-lacking, kind="stable") if due[place] > 0
        ]
        return {
            placement: [one for one in behind if one.placement == placement]
            for placement in SURFACES
        }


class Habits:
    """How many placards each viewer had today in each placement, and who wants none any more.

    Of one day: what is older is forgotten. Bounded: when too many are remembered, all are.
    """

    def __init__(self) -> None:
        self._day = date.min
        self._times: Counter[tuple[int, Placement]] = Counter()
        self._ended: set[tuple[int, Placement]] = set()

    def turn(self, day: date) -> None:
        """A new day begins with nobody having seen anything."""
        if day > self._day or len(self._times) + len(self._ended) > MOST_VIEWS:
            self._day = day
            self._times.clear()
            self._ended.clear()

    def admit(self, viewer: int, placement: Placement, *, cap: int) -> bool:
        """Count one more, if the cap allows it and the viewer did not skip."""
        key = (viewer, placement)
        if key in self._ended or self._times[key] >= cap:
            return False
        self._times[key] += 1
        return True

    def count(self, viewer: int, placement: Placement, *, day: date) -> None:
        """An exposure that another process gave out."""
        self.turn(day)
        self._times[viewer, placement] += day == self._day

    def end(self, viewer: int, placement: Placement, *, day: date) -> None:
        """The viewer skipped: nothing more of this today."""
        self.turn(day)
        if day == self._day:
            self._ended.add((viewer, placement))


def _fits(contract: Contract, placard: Placard, viewer: Viewer, county: int) -> bool:
    """Whether the viewer belongs to the audience, and the placard onto a page of this county."""
    if county and (placard.county != county or placard.kind == Contract.Kind.COUNTY):
        return False
    audience = Grant.Audience(contract.grant.audience)
    if audience is Grant.Audience.PROVINCE:
        return viewer.county // A_PROVINCE == placard.county // A_PROVINCE
    return audience is Grant.Audience.EVERYONE or viewer.county != placard.county
