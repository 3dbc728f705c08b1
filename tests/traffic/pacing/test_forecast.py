import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shanhuo.traffic.pacing.forecast import RESERVE, Forecast, Survival

DAY = np.array([0.0, 12, 24])
ARRIVED = np.array([0.0, 4000, 10_000])


def test_what_is_left_follows_the_curve_of_the_day_and_keeps_a_reserve():
    forecast = Forecast(DAY, ARRIVED)
    assert forecast.remaining(0) == pytest.approx(10_000 * (1 - RESERVE))
    assert forecast.remaining(12) == pytest.approx(6000 - 100)
    assert forecast.remaining(24) == 0


def test_a_busy_morning_promises_a_busy_evening():
    forecast = Forecast(DAY, ARRIVED)
    assert forecast.remaining(12, arrived=4000) == pytest.approx(5900)
    assert forecast.remaining(12, arrived=8000) == pytest.approx(5900 * 8500 / 4500)


def test_a_day_that_has_not_begun_is_taken_for_a_usual_one():
    assert Forecast(DAY, ARRIVED).level(0, 0) == 1


def test_supply_that_may_vanish_is_counted_on_by_its_chance():
    survival = Survival.observed([12.0] * 50, stayed=50)
    forecast = Forecast(DAY, ARRIVED, survival)
    # Of the morning, the last hundred requests are the reserve.
    assert forecast.remaining(0) == pytest.approx(3900 + 100 / 2 + 5900 / 2)
    # Who is still there at noon is there for good.
    assert forecast.remaining(12) == pytest.approx(5900)


def test_caution_counts_on_less():
    survival = Survival.observed([12.0] * 50, stayed=50, caution=3)
    assert Forecast(DAY, ARRIVED, survival).remaining(0) == pytest.approx(3900 + 100 / 8 + 5900 / 8)


def test_a_past_day_is_its_own_forecast():
    moments = np.sort(np.random.default_rng(3).uniform(0, 24, 5000))
    forecast = Forecast.of_day(moments)
    for hour in (0, 6, 12, 23):
        left = (moments > hour).sum() - 5000 * RESERVE
        assert forecast.remaining(hour) == pytest.approx(left, abs=30)


@given(
    times=st.lists(st.floats(0, 24), min_size=2, max_size=40).map(sorted),
    ended=st.lists(st.floats(0, 24), max_size=10),
    stayed=st.integers(1, 20),
)
def test_what_is_left_is_never_negative_and_nothing_is_left_at_the_end(times, ended, stayed):
    survival = Survival.observed(ended, stayed=stayed)
    forecast = Forecast(DAY, ARRIVED, survival)
    left = [forecast.remaining(time) for time in times]
    assert all(0 <= one <= 10_000 for one in left)
    assert forecast.remaining(24) == 0
