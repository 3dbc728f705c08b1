"""Makers for the traffic room: sheets, claims, recorders in a folder of their own."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, settings

from shanhuo.traffic import sheets
from shanhuo.traffic.intake import Batch, Received
from shanhuo.traffic.kinds import ObjectKind, Source, Surface
from shanhuo.traffic.log import SignalLog
from shanhuo.traffic.pacing.offers import Offers
from shanhuo.traffic.recorder import Recorder
from shanhuo.traffic.records import Records
from shanhuo.traffic.serving import Serving
from shanhuo.traffic.sheets import Slot
from tests.live.conftest import make_session as make_session  # a fixture

# A busy machine is no reason to fail: how fast things are is measured in bench/.
settings.register_profile(
    "house", deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("house")

NOON_MS = 1_782_878_400_000  # 2026-07-01 12:00 in Shanghai
MEI, STRANGER = 11, 99


def slot_of(post: int, *, county: int = 500237, source: Source = Source.FRESH) -> Slot:
    return Slot(ObjectKind.POST, post, county, source, policy=3, price=0.5, propensity=0.25)


def token_for(
    *posts: int, viewer: int = MEI, at_ms: int = NOON_MS, surface: Surface = Surface.FEED
) -> str:
    """A sheet that showed these posts."""
    slots = [slot_of(post) for post in posts]
    return sheets.seal(slots, viewer=viewer, surface=surface, now_ms=at_ms)[1]


def received(
    token: str, *claims: tuple[int, int, int], viewer: int = MEI, at_ms: int = NOON_MS + 60_000
) -> Received:
    """A request with one sheet; a claim is (slot, kind, age_ms)."""
    signals = [(0, slot, kind, age_ms, 0) for slot, kind, age_ms in claims]
    return Received(Batch([token], signals), viewer, at_ms)


@pytest.fixture
def log(tmp_path: Path) -> SignalLog:
    return SignalLog(tmp_path / "signals")


@pytest.fixture
def make_recorder(tmp_path: Path) -> Callable[[], Recorder]:
    return lambda: Recorder(tmp_path / "signals", now_ms=NOON_MS)


@pytest.fixture
def recorder(make_recorder: Callable[[], Recorder]) -> Recorder:
    return make_recorder()


@pytest.fixture
def write(make_recorder: Callable[[], Recorder]) -> Callable[..., None]:
    """Write records as one process of a platform would, in one go."""

    def write(*records: Records) -> None:
        recorder = make_recorder()
        recorder.write(np.concatenate(records), now_ms=NOON_MS)
        recorder.close()

    return write


def steady(root: Path) -> Serving:
    """A feed that leaves nothing to chance: what a test expects must not depend on a draw."""
    house = Serving(root)
    house.feed.explore = 0.0
    return house


@pytest.fixture(scope="session")
def make_day():
    """A small day: requests that could show one thing without a contract, or something supported;
    requests × contracts offers; each contract has a chance in a third of the requests."""

    def make(*, requests=600, contracts=4, seed=1, slots=1):
        rng = np.random.default_rng(seed)
        counts, worth, bundle = [], [], []
        for _ in range(requests):
            here = np.flatnonzero(rng.random(contracts) < 1 / 3)
            counts.append(slots + len(here))
            worth += [*rng.uniform(0.5, 0.9, slots), *rng.uniform(0.1, 0.7, len(here))]
            bundle += [0] * slots + (here + 1).tolist()
        starts = np.concatenate(([0], np.cumsum(counts)))
        return Offers(starts, np.array(worth), np.array(bundle), slots)

    return make
