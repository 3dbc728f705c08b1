"""What a process notes of its lists, what the worker makes of it, and who paces by it."""

from collections import Counter
from datetime import timedelta

import numpy as np
import pytest

from shanhuo.traffic import moments
from shanhuo.traffic.chances import Chances
from shanhuo.traffic.grants import rehearsal, samples
from shanhuo.traffic.grants.control import CurveController, RehearsedController, Standing
from shanhuo.traffic.grants.rehearsal import Rehearsal, Traffic
from shanhuo.traffic.grants.samples import Sampler
from shanhuo.traffic.grants.watching import Watch
from shanhuo.traffic.pacing.controller import Plan
from shanhuo.traffic.pacing.offers import Bundles
from shanhuo.traffic.viewers import Viewer
from tests.traffic.conftest import NOON_MS

NOON = moments.from_ms(NOON_MS)
DAY_MS = 86_400_000
MIDNIGHT_MS = NOON_MS - DAY_MS // 2


def test_of_an_hour_a_bounded_sample_is_kept_each_list_with_the_same_chance(tmp_path):
    sampler = Sampler(tmp_path, "a")
    for number in range(2_000):
        sampler.step(now=NOON + timedelta(seconds=number))
        if sampler.draw():
            sampler.add([0.5], [(number / 2_000, (7, 8))], [7, 8])
        sampler.count(slots=10, supported=2)
    sampler.write()
    (hour,) = samples.read(tmp_path, since=NOON, until=NOON + timedelta(hours=1))
    assert (hour.lists, hour.slots, hour.supported) == (2_000, 20_000, 4_000)
    assert (len(hour.samples), hour.groups, hour.watches) == (samples.KEPT, [[7, 8]], [[7, 8]])
    # Early and late lists alike: the mean of 200 of 0…1 is 0.5 within five deviations.
    assert abs(np.mean([one.worth[0] for one in hour.samples]) - 0.5) < 0.1


def test_a_rush_at_the_beginning_of_an_hour_is_not_slowed_by_samples(tmp_path):
    sampler = Sampler(tmp_path, "a")
    sampler.step(now=NOON)
    sampler.step(now=NOON + timedelta(seconds=45))
    assert sum(sampler.draw() for _ in range(1_000)) == samples.DRAWN_AN_HOUR // 80


def test_samples_survive_the_process_and_a_damaged_file_is_left_out(tmp_path):
    for name in ("a", "b"):
        sampler = Sampler(tmp_path, name)
        sampler.step(now=NOON)
        sampler.step(now=NOON + timedelta(seconds=9))
        assert sampler.draw()
        sampler.add([0.5], [(0.4, (7,))], [7])
        sampler.step(now=NOON + timedelta(minutes=6))
    (tmp_path / f"{NOON_MS}-b.offers").write_bytes(b"\x93half")
    assert len(list(samples.read(tmp_path, since=NOON, until=NOON + timedelta(hours=1)))) == 1
    samples.forget(tmp_path, now=NOON + timedelta(days=3))
    assert list(tmp_path.iterdir()) == []


def test_a_contract_is_offered_only_to_those_it_means_and_who_have_not_seen_enough():
    watch = Watch(
        rows=np.array([3, 5], np.int32),
        of_row={3: (0, 1), 5: (2,)},
        counties={3: 500237, 5: 500237},
        contracts=[70, 71, 72],
        audiences=["everyone", "province", "elsewhere"],
    )
    chances = Chances([0.1], [3, 5], [0.9, 0.8])
    near, far = Viewer(1, county=500237), Viewer(2, county=330102)
    assert list(watch.offers(chances, near, frozenset())) == [(0.9, (70, 71))]
    assert list(watch.offers(chances, far, frozenset())) == [(0.9, (70,)), (0.8, (72,))]
    assert list(watch.offers(chances, near, frozenset({70, 71}))) == []


@pytest.fixture
def known(make_day):
    """A rehearsal of 1,000 lists a day for four contracts, 11 to 14."""
    past = make_day(seed=1)
    plan = Plan.rehearse(past, Bundles.one_each(4), np.full(4, 40), requests=1_000)
    traffic = Traffic(np.full(24, 1_000 / 24), MIDNIGHT_MS, level=1.0, seen=1.0, hazard=0.0)
    return Rehearsal(NOON_MS, 600, 2.0, np.arange(11, 15), plan, traffic)


def standing(*, delivered=20, contracts=(10, 11, 12, 13, 14, 15)):
    count = len(contracts)
    return Standing(
        contract=np.array(contracts),
        quota=np.full(count, 40),
        delivered=np.full(count, delivered),
        starts_ms=np.full(count, MIDNIGHT_MS),
        ends_ms=np.full(count, MIDNIGHT_MS + DAY_MS),
    )


def test_the_rehearsal_comes_back_from_disk_as_it_was(known, tmp_path):
    rehearsal.save(known, tmp_path)
    back = rehearsal.load(tmp_path)
    left, ends = np.full(4, 20), np.full(4, MIDNIGHT_MS + DAY_MS)
    assert back.prices(left, ends, now_ms=NOON_MS) == pytest.approx(
        known.prices(left, ends, now_ms=NOON_MS), abs=1e-4
    )


def test_a_damaged_rehearsal_is_none(known, tmp_path):
    rehearsal.save(known, tmp_path)
    file = tmp_path / rehearsal.FILE
    whole = file.read_bytes()
    for size in (0, 2, 40, len(whole) // 2, len(whole) - 1):
        file.write_bytes(whole[:size])
        assert rehearsal.load(tmp_path) is None
    file.write_bytes(b"half a file")
    assert rehearsal.load(tmp_path) is None


def test_a_rehearsal_with_tables_for_other_levels_is_none(known, tmp_path):
    rehearsal.save(known, tmp_path)
    with np.load(tmp_path / rehearsal.FILE) as kept:
        columns = dict(kept)
    fewer = columns["plan_margins"][1:]
    with (tmp_path / rehearsal.FILE).open("wb") as file:
        np.savez(file, **{**columns, "plan_margins": fewer})
    assert rehearsal.load(tmp_path) is None


def test_prices_are_in_the_unit_of_the_rankers_scores(known):
    left, ends = np.full(4, 20), np.full(4, MIDNIGHT_MS + DAY_MS)
    lists = rehearsal.COUNTED_ON * 490.0
    in_points = known.plan.prices(left, lists, level=known.plan.level(left, lists))
    assert known.prices(left, ends, now_ms=NOON_MS) == pytest.approx(2 * in_points, rel=0.05)


def test_half_the_day_is_left_at_noon_and_what_may_vanish_counts_less():
    traffic = Traffic(np.full(24, 1_000 / 24), MIDNIGHT_MS, level=1.2, seen=1.0, hazard=0.0)
    ends = np.array([1, 2]) * DAY_MS + MIDNIGHT_MS
    assert traffic.remaining(NOON_MS, ends) == pytest.approx([1.2 * 490, 1.2 * 1480], rel=0.01)
    hazardous = Traffic(traffic.curve, MIDNIGHT_MS, level=1.2, seen=1.0, hazard=0.2)
    assert hazardous.remaining(NOON_MS, ends)[1] == pytest.approx(1.2 * (490 + 990 * 0.8), rel=0.02)


def test_known_contracts_are_paced_by_the_rehearsal_and_new_ones_by_the_curve(known, tmp_path):
    rehearsal.save(known, tmp_path)
    both = RehearsedController(tmp_path).prices(standing(), now_ms=NOON_MS)
    curve = CurveController().prices(standing(), now_ms=NOON_MS)
    assert both[[0, 5]] == pytest.approx(curve[[0, 5]])
    assert (both[1:5] != curve[1:5]).all()


def test_a_stale_or_missing_rehearsal_leaves_everything_to_the_curve(known, tmp_path):
    late = NOON_MS + 3 * 3_600_000
    curve = CurveController().prices(standing(), now_ms=late)
    assert RehearsedController(tmp_path).prices(standing(), now_ms=late).tolist() == curve.tolist()
    rehearsal.save(known, tmp_path)
    assert RehearsedController(tmp_path).prices(standing(), now_ms=late).tolist() == curve.tolist()


@pytest.mark.parametrize(
    ("hour", "price"), [(22, 0.096), (23, 0.192), (23.5, 0.384), (23.75, 0.384)]
)
def test_the_curve_asks_more_for_the_last_of_thirty_the_less_time_is_left(hour, price):
    begin, end = (np.array([MIDNIGHT_MS + days * DAY_MS]) for days in (0, 1))
    lacking = Standing(np.array([1]), np.array([30]), np.array([29]), begin, end)
    found = CurveController().prices(lacking, now_ms=int(MIDNIGHT_MS + hour * 3_600_000))
    assert found == pytest.approx([price])


def test_what_was_delivered_or_ended_costs_nothing(known, tmp_path):
    rehearsal.save(known, tmp_path)
    controller = RehearsedController(tmp_path)
    done = controller.prices(standing(delivered=40, contracts=(11, 13)), now_ms=NOON_MS)
    assert done.tolist() == [0, 0]


def test_the_sample_of_a_day_has_of_each_hour_as_many_lists_as_the_hour_had():
    def hour(number, lists, kept):
        sample = samples.Sample([0.5], [0.4], [0], 0)
        one = samples.Hour(number * samples.HOUR_MS, lists=lists, samples=[sample] * kept)
        one.groups, one.watches = [[7]], [[7]]
        return one

    chosen = rehearsal._chosen([hour(1, 1_000, 200), hour(2, 500, 200), hour(3, 100, 100)])
    found = Counter(one.from_ms // samples.HOUR_MS for one, _ in chosen)
    assert found == {1: 200, 2: 100, 3: 20}


def test_an_hour_that_was_hardly_sampled_does_not_thin_out_the_day():
    def hour(number, lists, kept):
        sample = samples.Sample([0.5], [0.4], [0], 0)
        return samples.Hour(number * samples.HOUR_MS, lists=lists, samples=[sample] * kept)

    chosen = rehearsal._chosen([hour(1, 1_000, 200), hour(2, 2_000, 3), hour(3, 500, 200)])
    found = Counter(one.from_ms // samples.HOUR_MS for one, _ in chosen)
    assert found == {1: 200, 2: 3, 3: 100}
