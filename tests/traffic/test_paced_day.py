"""A whole day of a county's grant through the real feed: two processes, one database, one log."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import pairwise
from math import pi, sin
from pathlib import Path
from random import Random
from typing import Any

import pytest

from shanhuo.kernel import clock
from shanhuo.traffic import moments, viewers
from shanhuo.traffic.grants import booking, holding, services
from shanhuo.traffic.grants.recount import recount
from shanhuo.traffic.intake import Batch, Received
from shanhuo.traffic.kinds import Kind
from shanhuo.traffic.log import SignalLog
from shanhuo.traffic.recorder import Recorder
from shanhuo.traffic.serving import Serving
from tests.traffic import grants_kit as kit

pytestmark = pytest.mark.django_db
QUOTA, PEOPLE, LENGTH = 2_000, 1_800, 7
DAY = date(2026, 7, 2)
HOUR, MS = timedelta(hours=1), timedelta(milliseconds=1)


@dataclass
class Town:
    """Made-up people who come by the hours of a day, see a list from above and stop somewhere."""

    root: Path
    luck: Random = field(default_factory=lambda: Random(7))
    watched: list[tuple[str, int, int, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.houses = [kit.house_of(self.root, seed=seed) for seed in (1, 2)]
        self.recorder = Recorder(self.root, now_ms=0)

    def live_through(self, begin: datetime, end: datetime) -> None:
        """The processes look once, then people come and watch, then the log is written."""
        for house in self.houses:
            house.step(now=begin)
        for _ in range(lists_until(end) - lists_until(begin)):
            self._watch(self.luck.choice(self.houses), begin + self.luck.random() * (end - begin))
        self._report()

    def _watch(self, house: Serving, now: datetime) -> None:
        viewer = viewers.new_viewer()
        answer = house.answer(viewer, now=now, length=LENGTH)
        for slot in range(len(answer.items)):
            at_ms = moments.to_ms(now) + 9_000 * slot + self.luck.randrange(8_000)
            self.watched.append((answer.sheet, viewer.key, slot, at_ms))
            if self.luck.random() < 0.05:
                break

    def _report(self) -> None:
        exposure = Kind.EXPOSURE.value
        self.recorder.record(
            [
                Received(Batch([token], [(0, slot, exposure, 0, 0)]), viewer, at_ms)
                for token, viewer, slot, at_ms in self.watched
            ]
        )
        self.watched.clear()


def lists_until(moment: datetime) -> int:
    """Of all lists, those asked for by then: few at four in the morning, most in the afternoon."""
    hour = (moment - clock.start_of(DAY)) / HOUR
    return round(PEOPLE / 24 * (hour - 0.7 * 12 / pi * (sin((hour - 4) * pi / 12) + sin(pi / 3))))


def looks() -> Iterator[datetime]:
    """When the processes look at log and leases: every twenty minutes here, every second where
    they live."""
    begin = clock.start_of(DAY)
    yield from (begin + number * HOUR / 3 for number in range(24 * 3 + 1))


@pytest.fixture
def grant(
    op: Any, wang: Any, make_user: Any, make_organisation: Any, make_county: Any, make_post: Any
) -> Any:
    """2,000 exposures for Wushan in one day. It has two clips; ten of other counties are newer and
    fill every list without them."""
    eve = clock.start_of(DAY) - 12 * HOUR
    with clock.at(eve - 30 * 24 * HOUR):
        for number in range(2):
            make_post(f"脆李 {number}")
    for number in range(10):
        author, other = make_user(f"别人{number}"), make_county(f"别县{number}", f"51020{number}")
        make_organisation("creator", name=f"别人{number}", members=(author,), county=other)
        with clock.at(eve - HOUR):
            make_post(f"别的 {number}", author=author)
    asked = kit.terms(kit.county_wish(QUOTA), starts_on=DAY, ends_on=DAY)
    return kit.approved(op, wang, make_county(), asked, now=eve)


def test_2000_exposures_follow_their_curve_through_a_day_and_end_on_the_last_one(
    grant: Any, tmp_path: Path, monkeypatch: Any
) -> None:
    # Leases last until the next look: here that is not five seconds.
    monkeypatch.setattr(holding, "IN_HAND_MS", 3 * HOUR / MS)
    town, log, midnight = (
        Town(tmp_path / "signals"),
        SignalLog(tmp_path / "signals"),
        clock.start_of(DAY),
    )
    for begin, end in pairwise(looks()):
        town.live_through(begin, end)
        passed = (end - midnight) / timedelta(days=1)
        contract = grant.contracts.get()
        assert abs(contract.seen_count - passed * QUOTA) < 0.15 * QUOTA, f"after {24 * passed} h"
        if end - midnight == 12 * HOUR:
            booking.book_recent(log, now=end)
    after = midnight + 27 * HOUR
    booking.book_recent(log, now=after)
    services.turn(now=after)
    found = recount(log, grant, now=after)
    (one,) = found.contracts
    assert (one.shown, one.excluded, one.left) == (QUOTA, 0, 0)
    assert (one.ledger_shown, one.ledger_excluded, one.ledger_left) == (QUOTA, 0, 0)
    assert found.agrees
    contract.refresh_from_db()
    assert (contract.end_reason, contract.grant.status) == ("delivered", "ended")
