import numpy as np
import pytest

from shanhuo.traffic.pacing.controller import Plan, needed
from shanhuo.traffic.pacing.offers import Bundles
from shanhuo.traffic.pacing.shadow import HIGHEST_PRICE

QUOTAS = np.array([20, 40, 60, 80])
ALL = Bundles.one_each(4)


@pytest.fixture(scope="module")
def plan(make_day):
    return Plan.rehearse(make_day(seed=1), ALL, QUOTAS, requests=600)


def prices(plan, left, remaining):
    left = np.asarray(left)
    return plan.prices(left, remaining, level=plan.level(left, remaining))


def test_every_promise_is_kept_to_the_unit(plan, make_day):
    day, left = make_day(seed=2), QUOTAS.copy()
    for request in range(len(day)):
        # The last hundredth is not counted on.
        asked = ALL.prices(prices(plan, left, max(594 - request, 0)))
        first, end = day.starts[request], day.starts[request + 1]
        best = first + (day.worth[first:end] + asked[day.bundle[first:end]]).argmax()
        if day.bundle[best]:
            left[day.bundle[best] - 1] -= 1
    assert (left <= 0).all()
    assert left.sum() > -4


def test_who_is_behind_pays_more_than_who_is_ahead(plan):
    assert prices(plan, [5, 40, 60, 80], 300)[0] < prices(plan, QUOTAS, 300)[0]


def test_who_is_very_late_is_shown_wherever_possible_the_latest_first(plan):
    asked = prices(plan, QUOTAS, 2)
    assert (asked >= HIGHEST_PRICE).all()
    assert (np.diff(asked) > 0).all()


def test_who_needs_nothing_more_pays_nothing(plan):
    asked = prices(plan, [20, 40, 0, 80], 300)
    assert asked[2] == 0
    assert (asked[[0, 1, 3]] > 0).all()


def test_each_contract_has_an_end_of_its_own(plan):
    asked = prices(plan, QUOTAS, np.array([100.0, 590, 590, 590]))
    usual = prices(plan, QUOTAS, 590)
    assert asked[0] > usual[0] + 0.1
    assert plan.prices(QUOTAS[[1]], 590, level=1.0, of=np.array([1])) == pytest.approx(
        plan.prices(QUOTAS, 590, level=1.0)[1]
    )


def test_a_newcomer_is_judged_by_the_requests_that_it_could_have_been_offered_in(make_day):
    day = make_day(seed=1)
    late = day.where((day.bundle != 1) | (day.request >= 300))
    heard = np.array([300.0, 600, 600, 600])
    new = Plan.rehearse(late, ALL, QUOTAS, requests=600, heard=heard)
    old = Plan.rehearse(day, ALL, QUOTAS, requests=600)
    assert new.chances == pytest.approx(old.chances, abs=0.03)
    assert prices(new, QUOTAS, 600) == pytest.approx(prices(old, QUOTAS, 600), abs=0.03)


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
