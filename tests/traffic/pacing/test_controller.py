import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shanhuo.traffic.pacing.controller import Controller, Plan, needed
from shanhuo.traffic.pacing.forecast import Forecast
from shanhuo.traffic.pacing.offers import Bundles
from shanhuo.traffic.pacing.shadow import HIGHEST_PRICE

QUOTAS = np.array([20, 40, 60, 80])


@pytest.fixture
def make_controller(make_day):
    past = make_day(seed=1)
    plan = Plan.rehearse(past, Bundles.one_each(4), QUOTAS, requests=600)

    def make(quotas=QUOTAS, plan=plan):
        controller = Controller(plan, Forecast(np.array([0.0, 600]), np.array([0.0, 600])), quotas)
        controller.refresh(0)
        return controller

    return make


def play(controller, day):
    """Show the best offer of each request; returns exposures charged per contract."""
    charged = np.zeros(len(controller.left), int)
    for request in range(len(day)):
        if request % 10 == 0:
            controller.refresh(request)
        first, end = day.starts[request], day.starts[request + 1]
        priced = day.worth[first:end] + controller.bundle_prices[day.bundle[first:end]]
        for contract in controller.charge(int(day.bundle[first + priced.argmax()])):
            charged[contract] += 1
    return charged


def test_every_promise_is_kept_to_the_unit(make_controller, make_day):
    controller = make_controller()
    assert play(controller, make_day(seed=2)).tolist() == QUOTAS.tolist()
    assert controller.left.tolist() == [0, 0, 0, 0]


def test_who_is_behind_pays_more_than_who_is_ahead(make_controller):
    behind, ahead = make_controller(), make_controller()
    ahead.left[0] = 5
    for one in (behind, ahead):
        one.refresh(300)
    assert ahead.prices[0] < behind.prices[0]


def test_who_is_very_late_is_shown_wherever_possible_the_latest_first(make_controller):
    controller = make_controller()
    controller.refresh(598)
    assert (controller.prices >= HIGHEST_PRICE).all()
    assert (np.diff(controller.prices) > 0).all()


def test_a_stopped_contract_is_worth_nothing_from_the_next_request_on(make_controller):
    controller = make_controller()
    controller.stop([2])
    assert controller.prices[2] == controller.bundle_prices[3] == 0
    assert controller.charge(3) == ()
    assert controller.prices[1] > 0


def test_without_a_lease_nothing_is_given(make_controller):
    controller = make_controller()
    controller.may_charge[1] = 1
    assert controller.charge(2) == (1,)
    assert controller.charge(2) == ()
    assert (controller.prices[1], controller.left[1]) == (0, 39)


def test_a_viewer_who_has_seen_enough_is_not_counted_and_not_priced(make_controller):
    controller = make_controller()
    prices = controller.prices_without({1})
    assert prices[2] == 0
    assert prices[1] == controller.bundle_prices[1] > 0
    assert controller.charge(2, capped={1}) == ()
    assert controller.charge(2) == (1,)


@given(bundles=st.lists(st.integers(0, 5), max_size=80))
def test_nothing_is_ever_given_beyond_a_promise(make_overlapping, bundles):
    controller, quotas = make_overlapping()
    charged = np.zeros(3, int)
    for bundle in bundles:
        for contract in controller.charge(bundle):
            charged[contract] += 1
    assert (charged <= quotas).all()
    assert (charged + controller.left == quotas).all()
    assert (controller.prices[controller.left == 0] == 0).all()


@pytest.fixture(scope="module")
def make_overlapping():
    bundles = Bundles([(0,), (1,), (0, 1), (0, 1, 2), ()], 3)
    plan = Plan(bundles, np.full(3, 0.3), np.full(3, 0.02), np.ones(3), np.full((6, 3, 513), 0.1))
    quotas = np.array([9, 5, 3])

    def make():
        controller = Controller(plan, Forecast(np.array([0.0, 99]), np.array([0.0, 99])), quotas)
        controller.refresh(0)
        return controller, quotas

    return make


def test_the_rank_to_accept_solves_the_stopping_problem():
    # With `left` choices to make among chances of uniform cost, the expected cost c[left] / n
    # obeys c' = (c' - c)² / 2, and the last acceptable chance has rank c' - c.
    cost, ranks = 0.0, []
    for _ in range(50):
        after = cost + 1 + np.sqrt(1 + 2 * cost)
        ranks.append(after - cost)
        cost = after
    assert needed(np.arange(1, 51)) == pytest.approx(np.array(ranks), rel=0.02)
    assert needed(np.array([0])).tolist() == [0]
