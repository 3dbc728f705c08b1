import numpy as np
import pytest

from shanhuo.traffic.experiments.assignment import Experiment
from shanhuo.traffic.experiments.estimates import detectable, difference
from shanhuo.traffic.experiments.registration import Registration

KEY = b"sixteen bytes or more"


def registered(**changes):
    experiment = Experiment(name="plums", key=changes.pop("key", KEY))
    return Registration(
        **{"experiment": experiment, "metric": "long_views", "spread": 0.4, **changes}
    )


def test_one_look_finds_what_a_plain_interval_finds():
    assert registered().detectable == pytest.approx(detectable(0.4, rows_per_arm=10))
    assert registered(looks=(0.5, 1.0)).detectable > registered().detectable


def test_an_early_look_publishes_wider_bounds_around_the_same_effect():
    told = difference(np.arange(20.0), np.tile([0.0, 1], 10))
    early, late = (registered(looks=(0.5, 1.0)).read(look, told) for look in (0, 1))
    assert early.effect == late.effect == told.effect
    assert early.low < late.low < told.low


def test_a_changed_promise_is_another_promise_and_the_key_stays_secret():
    prints = {
        registered().fingerprint,
        registered(metric="paid_gmv").fingerprint,
        registered(power=0.9).fingerprint,
        registered(looks=(0.5, 1.0)).fingerprint,
    }
    assert len(prints) == 4
    assert registered(key=b"another sixteen bytes").fingerprint == registered().fingerprint


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"looks": ()}, "looks rise"),
        ({"looks": (0.5,)}, "looks rise"),
        ({"looks": (0.5, 0.5, 1.0)}, "looks rise"),
        ({"looks": (0.0, 1.0)}, "looks rise"),
        ({"spread": 0.0}, "spread"),
        ({"spread": float("nan")}, "spread"),
        ({"level": 1.0}, "level"),
        ({"power": 0.2}, "power"),
    ],
)
def test_a_promise_without_meaning_is_refused(changes, why):
    with pytest.raises(ValueError, match=why):
        registered(**changes)
