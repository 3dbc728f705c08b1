"""Trials of grants: who is held out, what each half may spend, and whether an effect is found.

People here ask the feed and report what they saw through the same doors as everybody's phones.
"""

from datetime import date, timedelta
from random import Random

import numpy as np
import pytest

from shanhuo.kernel import clock
from shanhuo.kernel.models import AuditEntry
from shanhuo.traffic import moments, viewers
from shanhuo.traffic.experiments.assignment import arms_of_cells, cell_of
from shanhuo.traffic.grants import services as grants
from shanhuo.traffic.grants.arms import SUPPORTED, experiment_of
from shanhuo.traffic.grants.gate import Gate
from shanhuo.traffic.grants.pace import pace_of
from shanhuo.traffic.intake import Batch, Received
from shanhuo.traffic.kinds import Kind
from shanhuo.traffic.log import SignalLog
from shanhuo.traffic.models import Trial
from shanhuo.traffic.recorder import Recorder
from shanhuo.traffic.trials import queries, services
from shanhuo.traffic.trials.looking import look_when_due
from tests.traffic import grants_kit as kit

pytestmark = pytest.mark.django_db
DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
PEOPLE, TOGETHER = 300, 15


class Generous:
    """Pays for every clip what lifts it, so that a day of few people suffices."""

    def prices(self, standing, *, now_ms):
        return np.full(len(standing.contract), 2.0)


@pytest.fixture
def root(settings, tmp_path):
    settings.SECRET_KEY = "which cells are held out hangs on it"
    settings.SIGNALS_DIR = tmp_path / "signals"
    return settings.SIGNALS_DIR


@pytest.fixture
def clip(op, make_user, make_organisation, make_post, noon):
    """A clip in the shadow of nine others that are newer."""
    post = make_post("要扶持的短视频")
    for number in range(9):
        other = make_user(f"别人{number}")
        make_organisation("creator", name=f"别人{number}", members=(other,))
        with clock.at(noon + (number + 1) * MINUTE):
            make_post(f"别的 {number}", author=other)
    return post


@pytest.fixture
def promise(root, op, wang, make_county, clip, noon, monkeypatch):
    """A grant that begins tomorrow and lasts a day, with a trial of its plays."""

    monkeypatch.setattr(services.ids, "new_public_id", lambda: "TR1A00000000001")

    def make(quota=400, metric="plays", looks=1):
        tomorrow = date(2026, 7, 2)
        asked = kit.terms(kit.wish_for(clip, quota), starts_on=tomorrow, ends_on=tomorrow)
        grant = kit.approved(op, wang, make_county(), asked, now=noon)
        log = SignalLog(root)
        trial = services.register_trial(
            log, operator=op, grant_id=grant.pk, metric=metric, look_count=looks, now=noon
        )
        return grant, trial

    return make


def arm_of(viewer, trial):
    experiment = experiment_of(trial.public_id)
    return int(arms_of_cells(experiment)[cell_of(viewer.key, experiment)])


def people(count=PEOPLE, seed=1):
    draw = Random(seed)
    return [viewers.Viewer(draw.getrandbits(62) | 1) for _ in range(count)]


def live_through(root, grant, crowd, *, now, interested, length=4):
    """Everybody asks for a list and sees it, and likes whatever is not the clip; of those
    who see the clip the `interested` share plays it. Returns (viewer, whether it came under the
    grant) of all who saw it."""
    grants.turn(now=now)
    house = kit.house_of(root)
    house.delivery._controller = Generous()
    clip = grant.contracts.get().target_public_id
    recorder, draw, saw = Recorder(root, now_ms=moments.to_ms(now)), Random(7), []
    for first in range(0, len(crowd), TOGETHER):
        moment = now + first * timedelta(seconds=20)
        house.live.step(now=moment)
        batches = []
        for viewer in crowd[first : first + TOGETHER]:
            answer = house.answer(viewer, now=moment, length=length)
            signals = []
            for slot, item in enumerate(answer.as_data()):
                signals.append((0, slot, Kind.EXPOSURE.value, 0, 0))
                is_it = item["id"] == clip
                if is_it:
                    saw.append((viewer, item["why"] == "grant"))
                if not is_it or draw.random() < interested:
                    signals.append((0, slot, Kind.PLAY.value, 0, 0))
                if not is_it:
                    signals.append((0, slot, Kind.LIKE.value, 0, 0))
            batch = Batch([answer.sheet], signals)
            batches.append(Received(batch, viewer.key, moments.to_ms(moment)))
        recorder.record(batches)
    recorder.close()
    return saw


def test_who_is_held_out_is_never_given_the_grant(root, promise):
    grant, trial = promise()
    morning = clock.start_of(date(2026, 7, 2)) + 9 * HOUR
    saw = live_through(root, grant, people(90), now=morning, interested=0.0)
    supported = [viewer for viewer, by_grant in saw if by_grant]
    assert len(supported) == 15
    assert {arm_of(viewer, trial) for viewer in supported} == {SUPPORTED}


def test_a_true_effect_is_found_between_bounds(root, promise):
    grant, _trial = promise()
    day = clock.start_of(date(2026, 7, 2))
    live_through(root, grant, people(), now=day + 9 * HOUR, interested=0.9)
    log = SignalLog(root)
    assert look_when_due(log, now=day + DAY) == 0, "signals may still come for two hours"
    assert look_when_due(log, now=day + DAY + 3 * HOUR) == 1
    sheet = queries.trial_of(grant)
    (plays, *others) = sheet.uplifts
    assert (plays.metric, plays.is_promised, plays.verdict) == ("plays", True, "more")
    assert 5 < plays.low < plays.effect < plays.high < 60
    assert [one.effect for one in others] == [0, 0, 0]
    assert [equal for _look, equal in queries.recounted(log, grant.public_id)] == [True]


def test_no_effect_is_found_where_there_is_none(root, promise):
    """In a list of ten the clip stands anyway: the grant changes nothing, and none is told."""
    grant, _trial = promise()
    day = clock.start_of(date(2026, 7, 2))
    live_through(root, grant, people(), now=day + 9 * HOUR, interested=0.5, length=10)
    look_when_due(SignalLog(root), now=day + DAY + 3 * HOUR)
    assert {one.verdict for one in queries.trial_of(grant).uplifts} == {"unclear"}


def test_each_cell_has_its_own_slice_until_the_last_tenth(root, promise):
    grant, trial = promise(quota=200)
    experiment = experiment_of(trial.public_id)
    contract = grant.contracts.select_related("grant__trial").get()
    gate, day = Gate(), clock.start_of(date(2026, 7, 2))
    gate.renew([contract], now=day)
    viewer = next(one for one in people() if arm_of(one, trial) == SUPPORTED)
    same = [
        one for one in people() if cell_of(one.key, experiment) == cell_of(viewer.key, experiment)
    ]
    for _ in range(20):
        assert gate.admits(contract.pk, viewer.key)
        gate.count(contract.pk, viewer.key)
    assert {gate.admits(contract.pk, one.key) for one in same} == {False}
    gate.renew([contract], now=day + 22 * HOUR)
    assert gate.admits(contract.pk, viewer.key)


def test_a_trial_is_registered_before_the_start_by_an_operator_and_never_again(
    root, promise, op, wang, noon
):
    grant, trial = promise(looks=2)
    log = SignalLog(root)
    asked = {"grant_id": grant.pk, "metric": "orders", "now": noon}
    with pytest.raises(services.TrialExists):
        services.register_trial(log, operator=op, **asked)
    with pytest.raises(grants.NotOperator):
        services.register_trial(log, operator=wang, **asked)
    with pytest.raises(services.TrialTooLate):
        services.register_trial(log, operator=op, **{**asked, "now": noon + DAY})
    kept = AuditEntry.objects.get(verb="trial.register").detail
    assert kept == {"metric": "plays", "looks": [0.5, 1.0], "fingerprint": trial.fingerprint}
    assert services.is_as_promised(trial)
    Trial.objects.update(metric="orders")
    assert not queries.trial_of(grant).is_as_promised, "the page says so"


def test_contracts_too_small_to_be_cut_are_not_tried(root, promise):
    with pytest.raises(services.TrialTooSmall):
        promise(quota=199)
    assert not Trial.objects.exists()


def test_a_stopped_trial_lets_everybody_in_and_is_read_no_more(root, promise, op, noon):
    grant, _trial = promise(looks=2)
    day = clock.start_of(date(2026, 7, 2))
    services.stop_trial(operator=op, grant_id=grant.pk, reason="县里急需", now=day + 13 * HOUR)
    log = SignalLog(root)
    assert look_when_due(log, now=day + 2 * DAY) == 1, "the first look was before the stop"
    gate, contract = Gate(), grant.contracts.select_related("grant__trial").get()
    gate.renew([contract], now=day + 14 * HOUR)
    assert all(gate.admits(contract.pk, one.key) for one in people(40))


def test_pages_and_api_say_causal_only_where_it_was_promised(
    root, op, wang, make_county, clip, noon, client
):
    tomorrow = date(2026, 7, 2)
    asked = kit.terms(kit.wish_for(clip, 400), starts_on=tomorrow, ends_on=tomorrow)
    grant = kit.approved(op, wang, make_county(), asked, now=noon)
    address, english = f"/grants/{grant.public_id}", {"accept-language": "en"}
    assert "not causal" in client.get(address, headers=english).content.decode()
    assert client.get(f"/api{address}/trial").status_code == 404
    assert client.post(f"{address}/trial").status_code in (302, 404), "strangers promise nothing"
    assert not Trial.objects.exists()
    client.force_login(op)
    assert "Register an experiment" in client.get(address, headers=english).content.decode()
    client.post(f"{address}/trial", {"metric": "orders", "look_count": 2})
    trial = Trial.objects.get()
    page = client.get(address, headers=english).content.decode()
    assert trial.fingerprint in page
    assert "not causal" not in page
    told = client.get(f"/api{address}/trial").json()
    assert (told["metric"], told["as_promised"], len(told["looks"])) == ("orders", True, 2)
    assert client.get(f"{address}/trial/export").content.startswith(b"PK")
    client.post(f"{address}/trial/stop", {"reason": "县里急需"})
    assert "县里急需" in client.get(address).content.decode()


def test_the_pacing_page_says_what_a_grant_costs_in_long_views(root, promise):
    grant, _trial = promise()
    morning = clock.start_of(date(2026, 7, 2)) + 9 * HOUR
    saw = live_through(root, grant, people(90), now=morning, interested=0.0)
    cost = pace_of(SignalLog(root), grant, now=morning + HOUR).cost
    assert cost.supported == sum(by_grant for _viewer, by_grant in saw) == 15
    assert (cost.supported_long, cost.ranked_long, cost.expected_long) == (0, 0, 0.0)
    assert cost.price > 0
